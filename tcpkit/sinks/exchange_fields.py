"""An exchange's fields by name, as the contract has them: for the JSON line, and for scripts."""

from typing import Final

from mypy_extensions import i64

from tcpkit.protocols.message import NO_TIME, Exchange, flag_names
from tcpkit.sinks.reason import reason_of

_NO_FLAGS: Final[list[str]] = []

# Every field that there may be, in the order in which a script's hook takes them (hooks.lua).
FIELD_NAMES: Final = (
    "time_ns", "protocol", "transport", "client", "server", "command", "key", "request",
    "latency_ns", "request_first_ns", "request_last_ns", "reply_first_ns", "reply_last_ns",
    "request_bytes", "reply_bytes", "status", "code", "hits", "quality", "depth", "flags",
    "id", "attempts", "answers",
    "upload_ns", "wait_ns", "queue_ns", "service_ns", "download_ns", "reason",
)  # fmt: skip


def _or_none(number: i64) -> int | None:
    return None if number == NO_TIME else number


def _span(first_ns: i64, last_ns: i64) -> int | None:
    return None if NO_TIME in (first_ns, last_ns) else last_ns - first_ns


def fields_of(exchange: Exchange, explains: bool) -> dict[str, object]:
    """The fields in their order: numbers, texts, a list of flags, None.

    `reason` is there with --explain only: `explains`.
    A time between two others is None where either of them is not known.
    """
    flags = exchange.flags
    wait_ns = None
    if NO_TIME not in (exchange.reply_first_ns, exchange.request_last_ns):
        wait_ns = int(exchange.latency_ns)
    queue_ns = _or_none(exchange.queue_ns)
    fields: dict[str, object] = {
        "time_ns": exchange.time_ns,
        "protocol": exchange.protocol,
        "transport": exchange.transport,
        "client": exchange.client,
        "server": exchange.server,
        "command": exchange.command,
        "key": exchange.key,
        "request": exchange.request,
        "latency_ns": wait_ns,
        "request_first_ns": _or_none(exchange.request_first_ns),
        "request_last_ns": _or_none(exchange.request_last_ns),
        "reply_first_ns": _or_none(exchange.reply_first_ns),
        "reply_last_ns": _or_none(exchange.reply_last_ns),
        "request_bytes": exchange.request_bytes,
        "reply_bytes": exchange.reply_bytes,
        "status": exchange.status,
        "code": exchange.code,
        "hits": exchange.hits if exchange.hits >= 0 else None,
        "quality": "exact" if exchange.exact else "inferred",
        "depth": exchange.depth,
        "flags": flag_names(flags) if flags else _NO_FLAGS,
    }
    if exchange.protocol == "dns":
        fields["id"] = exchange.dns_id
        fields["attempts"] = exchange.attempts
        fields["answers"] = exchange.answers
    fields["upload_ns"] = _span(exchange.request_first_ns, exchange.request_last_ns)
    fields["wait_ns"] = wait_ns
    fields["queue_ns"] = queue_ns
    fields["service_ns"] = None if wait_ns is None or queue_ns is None else wait_ns - queue_ns
    fields["download_ns"] = _span(exchange.reply_first_ns, exchange.reply_last_ns)
    if explains:
        fields["reason"] = reason_of(exchange) or None
    return fields
