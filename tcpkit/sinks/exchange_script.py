"""Hands every exchange to a script's `exchange`."""

from typing import final

from mypy_extensions import i64

from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.protocols.message import NO_TIME, Exchange, flag_names
from tcpkit.script.script import Script, read_report


def _or_none(number: i64) -> int | None:
    return None if number == NO_TIME else number


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "backslashreplace")


@final
class ExchangeScript(ExchangeSink):
    """The fields are those of the JSON line; what is null there is nil."""

    __slots__ = ("_script",)

    def __init__(self, script: Script) -> None:
        self._script = script

    def exchange(self, exchange: Exchange) -> None:
        script = self._script
        if script.is_given_up("exchange"):
            script.counts.left_out += 1
            return
        script.counts.exchanges += 1
        is_dns = exchange.protocol == "dns"
        replied = NO_TIME not in (exchange.reply_first_ns, exchange.request_last_ns)
        outcome: object = None
        try:
            outcome = script.exchange(
                exchange.time_ns, exchange.protocol.encode(), exchange.transport.encode(),
                exchange.client.encode(), exchange.server.encode(),
                _bytes(exchange.command), _bytes(exchange.key), _bytes(exchange.request),
                exchange.latency_ns if replied else None,
                _or_none(exchange.request_first_ns), _or_none(exchange.request_last_ns),
                _or_none(exchange.reply_first_ns), _or_none(exchange.reply_last_ns),
                exchange.request_bytes, exchange.reply_bytes,
                exchange.status.encode(), _bytes(exchange.code),
                exchange.hits if exchange.hits >= 0 else None,
                b"exact" if exchange.exact else b"inferred", exchange.depth,
                "\1".join(flag_names(exchange.flags)).encode(),
                exchange.dns_id if is_dns else None, exchange.attempts if is_dns else None,
                exchange.answers if is_dns else None,
            )  # fmt: skip
        except script.vm.errors as error:
            outcome = error
        if outcome is not None or script.vm.failure is not None:
            script.settle("exchange", int(script.counts.exchanges), read_report(outcome))
