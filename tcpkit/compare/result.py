"""A whole comparison: what the text, the JSON object and the page are made of."""

from dataclasses import dataclass

from tcpkit.compare.bootstrap import LEVEL, RESAMPLES, SEED
from tcpkit.compare.changes import Change, Estimate, changes_of
from tcpkit.compare.doubts import doubts_of
from tcpkit.compare.names import (
    ErrorChange,
    HitRate,
    OnlyIn,
    errors_of,
    hit_rates,
    new_and_gone,
)
from tcpkit.compare.side import Side


@dataclass(frozen=True)
class Comparison:
    """`changes` begins with all commands together; then the most changed first."""

    mode: str
    ports: tuple[int, ...]
    a: Side
    b: Side
    changes: list[Change]
    new_keys: OnlyIn
    gone_keys: OnlyIn
    errors: list[ErrorChange]
    hit_rates: list[HitRate]
    doubts: list[str]
    resamples: int
    seed: int

    @property
    def total(self) -> Change:
        return self.changes[0]

    @property
    def commands(self) -> list[Change]:
        return self.changes[1:]

    @property
    def intervals(self) -> int:
        """Intervals of latencies that were looked at."""
        return sum(each.low is not None for one in self.changes for each in (one.p50, one.p99))


def compare(
    mode: str,
    ports: tuple[int, ...],
    a: Side,
    b: Side,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Comparison:
    new_keys, gone_keys = new_and_gone(a, b)
    return Comparison(
        mode,
        ports,
        a,
        b,
        changes_of(a, b, resamples, seed),
        new_keys,
        gone_keys,
        errors_of(a, b),
        hit_rates(a, b),
        doubts_of(a, b),
        resamples,
        seed,
    )


def as_object(comparison: Comparison, version: str) -> dict[str, object]:
    """The JSON object; see docs/compare.md."""
    return {
        "tcpkit": version,
        "mode": comparison.mode,
        "ports": list(comparison.ports),
        "a": _side(comparison.a),
        "b": _side(comparison.b),
        "bootstrap": {
            "resamples": comparison.resamples,
            "seed": comparison.seed,
            "level": LEVEL,
            "intervals": comparison.intervals,
        },
        "total": _change(comparison.total),
        "commands": [_change(each) for each in comparison.commands],
        "keys": {"new": _only(comparison.new_keys), "gone": _only(comparison.gone_keys)},
        "errors": [_error(each) for each in comparison.errors],
        "errors_not_listed": {
            "a": int(comparison.a.recorder.errors_left),
            "b": int(comparison.b.recorder.errors_left),
        },
        "hit_rates": [_hit_rate(each) for each in comparison.hit_rates],
        "doubts": comparison.doubts,
    }


def _side(side: Side) -> dict[str, object]:
    return {
        "name": side.name,
        "problem": side.problem or None,
        "begin_ns": side.begin_ns,
        "end_ns": side.end_ns,
        "requests": side.requests,
        "slices": side.slices,
        "slice_ns": int(side.recorder.sliced.width_ns),
        "accuracy": side.accuracy(),
        "keys": side.key_bounds(),
        "counters": dict(side.counters),
    }


def _change(change: Change) -> dict[str, object]:
    return {
        "command": change.name,
        "verdict": change.verdict,
        "requests": _pair(change.requests),
        "timed": _pair(change.timed),
        "rate": _estimate(change.rate),
        "p50_ns": _estimate(change.p50),
        "p99_ns": _estimate(change.p99),
        "block_slices": _pair(change.blocks),
    }


def _pair(values: tuple[object, object]) -> dict[str, object]:
    return {"a": values[0], "b": values[1]}


def _estimate(estimate: Estimate) -> dict[str, object]:
    interval = None if estimate.low is None else [estimate.low, estimate.high]
    return {"a": estimate.a, "b": estimate.b, "change": estimate.change, "interval": interval}


def _only(only: OnlyIn) -> dict[str, object]:
    return {
        "count": only.proven,
        "doubtful": only.doubtful,
        "requests": only.requests,
        "listed": [{"key": key, "requests": requests} for key, requests in only.listed],
    }


def _error(change: ErrorChange) -> dict[str, object]:
    return {
        "command": change.command,
        "code": change.code,
        "change": change.verdict or None,
        "count": _pair(change.counts),
        "requests": _pair(change.requests),
    }


def _hit_rate(rate: HitRate) -> dict[str, object]:
    return {"command": rate.command, "hits": _pair(rate.hits), "lookups": _pair(rate.lookups)}
