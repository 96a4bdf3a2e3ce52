"""The log as JSON: an object on a line for each exchange."""

from typing import final

from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.protocols.message import Exchange
from tcpkit.sinks.exchange_fields import fields_of
from tcpkit.sinks.json_line import JsonLine
from tcpkit.sinks.log_file import LogFile


@final
class JsonLog(ExchangeSink):
    """The fields of the contract, in its order; every text must be valid Unicode.

    `explains`: and the reason.
    """

    __slots__ = ("_explains", "_json", "_out")

    def __init__(self, out: LogFile, explains: bool = False) -> None:
        self._out = out
        self._explains = explains
        self._json = JsonLine()

    def exchange(self, exchange: Exchange) -> None:
        self._out.write(self._json.encode(fields_of(exchange, self._explains)))
