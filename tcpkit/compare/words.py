"""Numbers of a comparison as texts, the same for the terminal and the page."""

from typing import Final, NamedTuple

from tcpkit.compare.changes import Change, Estimate
from tcpkit.compare.side import Side
from tcpkit.sinks.local_time import LocalTime
from tcpkit.sinks.quantity import per_second
from tcpkit.sinks.summary import percent
from tcpkit.sinks.units import duration

NONE: Final = "-"


class Cells(NamedTuple):
    """One line of a command's table."""

    label: str
    a: str
    b: str
    change: str
    interval: str  # "" where there is none
    clear: int  # 1: more, -1: less, 0: not clear


def cells_of(change: Change) -> list[Cells]:
    """Rate, p50 and p99; the latencies only where there are some."""
    found = [_rate(change.rate)]
    if change.timed[0] or change.timed[1]:
        found += [_latency("p50", change.p50), _latency("p99", change.p99)]
    return found


def _rate(rate: Estimate) -> Cells:
    a = NONE if rate.a is None else per_second(rate.a)
    b = NONE if rate.b is None else per_second(rate.b)
    if rate.change is None or not rate.a:
        return Cells("per second", a, b, NONE, "", 0)
    interval = ""
    if rate.low is not None and rate.high is not None:
        interval = f"{_share(rate.low / rate.a)} to {_share(rate.high / rate.a)}"
    return Cells("per second", a, b, _share(rate.change / rate.a), interval, rate.clear)


def _share(ratio: float) -> str:
    """
    >>> _share(0.5), _share(-0.0001), _share(12.3)
    ('+50.0 %', '0.0 %', '+1,230 %')
    """
    value = ratio * 100
    if abs(value) < 0.05:
        return "0.0 %"
    return f"{value:+,.0f} %" if abs(value) >= 999.5 else f"{value:+.1f} %"


def _latency(label: str, latency: Estimate) -> Cells:
    a = NONE if latency.a is None else duration(round(latency.a))
    b = NONE if latency.b is None else duration(round(latency.b))
    if latency.change is None:
        return Cells(label, a, b, NONE, "", 0)
    interval = ""
    if latency.low is not None and latency.high is not None:
        interval = f"{_signed(latency.low)} to {_signed(latency.high)}"
    return Cells(label, a, b, _signed(latency.change), interval, latency.clear)


def _signed(ns: float) -> str:
    return ("+" if ns > 0 else "") + duration(round(ns))


def share_text(share: float | None) -> str:
    """
    >>> share_text(0.1234), share_text(0.00001), share_text(None)
    ('12.34 %', '<0.01 %', '-')
    """
    if share is None:
        return NONE
    return percent(round(share * 1_000_000), 1_000_000) if share else "0"


def about(side: Side) -> str:
    """When the capture was, and how far it can be believed."""
    if side.begin_ns is None:
        return f"nothing was counted, {side.unpaired:,} unpaired"
    begin = LocalTime().text(side.begin_ns)[:19]
    total = int(side.pairing.exact + side.pairing.inferred)
    exact = percent(int(side.pairing.exact), total) if total else "none"
    return (
        f"{begin} for {duration(side.span_ns)}, {side.requests:,} requests,"
        f" {exact} exact, {side.unpaired:,} unpaired"
    )
