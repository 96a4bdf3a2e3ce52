"""Hands every exchange to a script's `exchange`."""

from typing import final

from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.protocols.message import Exchange
from tcpkit.script.script import BETWEEN, Script, read_report
from tcpkit.sinks.exchange_fields import FIELD_NAMES, fields_of


def _handed_over(value: object) -> object:
    """Texts are bytes in Lua; a list is one text."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace")
    if isinstance(value, list):
        return BETWEEN.join([word.encode() for word in value])
    return value


@final
class ExchangeScript(ExchangeSink):
    """The fields are those of the JSON line; what is null there is nil."""

    __slots__ = ("_explains", "_script")

    def __init__(self, script: Script, explains: bool = False) -> None:
        self._script = script
        self._explains = explains

    def exchange(self, exchange: Exchange) -> None:
        script = self._script
        if script.is_given_up("exchange"):
            script.counts.left_out += 1
            return
        script.counts.exchanges += 1
        outcome: object = None
        try:
            fields = fields_of(exchange, self._explains)
            values = [_handed_over(fields.get(name)) for name in FIELD_NAMES]
            outcome = script.exchange(*values)
        except script.vm.errors as error:
            outcome = error
        if outcome is not None or script.vm.failure is not None:
            script.settle("exchange", int(script.counts.exchanges), read_report(outcome))
