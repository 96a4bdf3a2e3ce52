"""An exchange's fields by name, as the contract has them: for the JSON line, and for scripts."""

from typing import Final

from mypy_extensions import i64

from tcpkit.protocols.message import NO_TIME, Exchange, flag_names

_NO_FLAGS: Final[list[str]] = []


def _or_none(number: i64) -> int | None:
    return None if number == NO_TIME else number


def fields_of(exchange: Exchange) -> dict[str, object]:
    """The fields in their order: numbers, texts, a list of flags, None.

    `latency_ns` is None where either of its two times is not known.
    """
    flags = exchange.flags
    replied = NO_TIME not in (exchange.reply_first_ns, exchange.request_last_ns)
    fields: dict[str, object] = {
        "time_ns": exchange.time_ns,
        "protocol": exchange.protocol,
        "transport": exchange.transport,
        "client": exchange.client,
        "server": exchange.server,
        "command": exchange.command,
        "key": exchange.key,
        "request": exchange.request,
        "latency_ns": exchange.latency_ns if replied else None,
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
    return fields
