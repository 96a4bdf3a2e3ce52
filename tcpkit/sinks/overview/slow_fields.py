"""The slowest requests, as the JSON log would have them."""

from typing import final

from tcpkit.metrics.slowest import Slowest
from tcpkit.protocols.message import Exchange
from tcpkit.sinks.exchange_fields import fields_of

Fields = dict[str, object]


@final
class SlowFields(Slowest):
    """What is told of an exchange is what is known when it is decided, as in the log."""

    def kept(self, exchange: Exchange) -> Fields:
        return fields_of(exchange, True)
