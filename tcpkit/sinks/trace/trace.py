"""What `tcpkit trace` writes: the exchanges that are chosen, and the ends of connections."""

import os
from typing import final

from tcpkit.config import TraceOptions
from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.protocols.message import Exchange
from tcpkit.protocols.protocol import Protocol
from tcpkit.sinks.exchange_fields import fields_of
from tcpkit.sinks.json_line import JsonLine
from tcpkit.sinks.log_file import STDOUT, LogFile
from tcpkit.sinks.trace.choice import Choice
from tcpkit.sinks.trace.colours import Colours, are_wanted
from tcpkit.sinks.trace.numbers import Numbers
from tcpkit.sinks.trace.text import TraceText


@final
class Trace(ExchangeSink):
    """`numbers` has to hear of each exchange before this."""

    __slots__ = ("numbers", "_out", "_protocol", "_choice", "_text", "_json")

    def __init__(
        self, out: LogFile, protocol: Protocol, options: TraceOptions, is_json: bool, colours: bool
    ) -> None:
        self.numbers = Numbers()
        self._out = out
        self._protocol = protocol
        self._choice = Choice(options, protocol.name == "dns")
        self._text = TraceText(Colours(colours))
        self._json: JsonLine | None = JsonLine() if is_json else None

    def exchange(self, exchange: Exchange) -> None:
        ends = exchange.ends
        assert ends is not None
        if not self._choice.has_client(ends) or not self._choice.has(exchange):
            return
        numbers = self.numbers
        talk = None if exchange.transport == "udp" else numbers.talk
        reply = self._protocol.reply_text(exchange) if exchange.answered else ""
        if self._json is None:
            line = self._text.exchange(exchange, reply, talk, numbers.number, numbers.total)
            self._out.write(f"{line}\n".encode())
            return
        fields: dict[str, object] = {"event": "exchange"}
        fields.update(fields_of(exchange))
        fields["number"] = None if talk is None else numbers.number
        fields["total_number"] = numbers.total
        fields["reply"] = reply if exchange.answered else None
        self._out.write(self._json.encode(fields))


def has_colours(output: str | None) -> bool:
    """Whether what is logged to `output`, None being standard output, is to have colours."""
    return output is None and are_wanted(os.environ, STDOUT)
