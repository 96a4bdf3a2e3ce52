"""A trace as one reads a conversation: a line for each request, its reply beside it."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.connection import Connection
from tcpkit.protocols.message import (
    ABORTED,
    BLOCKING,
    DUPLICATE,
    ERROR,
    GAP,
    LATE,
    OUT_OF_ORDER,
    RETRANSMISSION,
    TIMEOUT,
    TRUNCATED,
    Exchange,
    flag_names,
)
from tcpkit.sinks.local_time import LocalTime, milliseconds
from tcpkit.sinks.log_file import LogFile
from tcpkit.sinks.reason import reason_of
from tcpkit.sinks.trace.colours import CLIENTS, RESET, Colours
from tcpkit.sinks.trace.health_sum import HealthSum
from tcpkit.sinks.trace.health_text import handshake_text, hurt_text, labelled, table
from tcpkit.sinks.trace.talk import Talk
from tcpkit.sinks.trace.teller import Teller
from tcpkit.sinks.trace.words import counted, end_text, health_of, start_text

SLOW_NS: Final = 10_000_000  # stands out
VERY_SLOW_NS: Final = 100_000_000

_TIME_AT: Final = 11  # in the local time's text, behind the date and a blank
_TOTAL_WIDTH: Final = 6
_INDENT: Final = 8  # as the times stand
_LATENCY_WIDTH: Final = 12
_NUMBER_WIDTH: Final = 5
_CLIENT_WIDTH: Final = 15  # at first; it grows with the longest that was shown

# Flags that say how the exchange was seen, or why it took long.
_TOLD: Final = RETRANSMISSION | OUT_OF_ORDER | GAP | TRUNCATED | DUPLICATE | LATE | BLOCKING

_DIM: Final = "2"
_BOLD: Final = "1"
_BAD: Final = "1;31"
_WARNING: Final = "33"


@final
class TraceText(Teller):
    """The date stands on a line of its own, where another day begins. `tcp`: health is told;
    `explains`: why an exchange took its time.

    `     3  09:10:15.967034  10.0.0.1:36846  #3        0.043 ms  GET key -> "value"`
    """

    def __init__(self, out: LogFile, colours: Colours, tcp: bool, explains: bool) -> None:
        self._tcp = tcp
        self._explains = explains
        self._out = out
        self._colours = colours
        self._local_time = LocalTime()
        self._date = ""
        self._width: i64 = _CLIENT_WIDTH

    def exchange(
        self, exchange: Exchange, reply: str, talk: Talk | None, number: i64, total: i64
    ) -> None:
        took = exchange.status
        if exchange.answered:
            took = milliseconds(exchange.latency_ns) + " ms"
        who = exchange.client
        place = " " * _NUMBER_WIDTH
        if talk is None:
            who = f"{who} => {exchange.server}"
        else:
            place = f"#{number}".ljust(_NUMBER_WIDTH)
        line = self._begun(str(total), exchange.time_ns, who, talk)
        took = took.rjust(_LATENCY_WIDTH)
        notes = self._notes(exchange)
        if not self._colours.on:
            tail = f" -> {reply}" if reply else ""
            text = f"{line}  {place}{took}  {exchange.request}{tail}{notes}\n"
        else:
            text = f"{line}  {self._painted(exchange, place, took, reply, notes)}\n"
        self._out.write(text.encode())

    def _painted(self, exchange: Exchange, place: str, took: str, reply: str, notes: str) -> str:
        paint = self._colours.paint
        code = _took_code(exchange)
        text = f"{paint(_DIM, place)}{paint(code, took) if code else took}"
        text += f"  {paint(_BOLD, exchange.request)}"
        if reply:
            arrow = paint(_DIM, " -> ")
            text += arrow + (paint(_BAD, reply) if exchange.status == ERROR else reply)
        return text + paint(_WARNING, notes)

    def _notes(self, exchange: Exchange) -> str:
        """What is to be known of an exchange beside its numbers: `  [late, inferred]`."""
        flags = exchange.flags & _TOLD
        reason = reason_of(exchange) if self._explains else ""
        if flags & RETRANSMISSION and ("sent again" in reason or "retransmitted" in reason):
            flags -= RETRANSMISSION
        words: list[str] = flag_names(flags) if flags else []
        if not exchange.exact and exchange.status != TIMEOUT:
            words.append("inferred")
        if reason:
            words.append(reason)
        return f"  [{', '.join(words)}]" if words else ""

    def start(self, conn: Connection, talk: Talk) -> None:
        self._tell(conn, talk, talk.started_ns, start_text(conn))

    def end(self, conn: Connection, talk: Talk, time_ns: i64) -> None:
        self._tell(conn, talk, time_ns, end_text(conn, talk, time_ns))
        if not self._tcp:
            return
        health = health_of(conn)
        lines: list[str] = []
        handshake = handshake_text(health)
        if handshake:
            lines.append(labelled("handshake", handshake))
        lines += table(health.client.numbers(health.last_ns), health.server.numbers(health.last_ns))
        if talk.hurt:
            lines.append(labelled("hurt by that", hurt_text(talk)))
        self._block(lines)

    def total(self, sums: HealthSum) -> None:
        if sums.connections:
            title = (
                f"{counted(sums.connections, 'connection')}, {counted(sums.requests, 'request')}"
            )
            self._out.write(f"\n{' ' * _INDENT}{self._colours.paint(_BOLD, title)}\n".encode())
            self._block(table(sums.client.numbers, sums.server.numbers))

    def _block(self, lines: list[str]) -> None:
        for line in lines:
            self._out.write(f"{' ' * (_INDENT + 2)}{line}\n".encode())

    def _tell(self, conn: Connection, talk: Talk, time_ns: i64, text: str) -> None:
        """Write a line of a connection."""
        line = self._begun("", time_ns, conn.client, talk)
        self._out.write(f"{line}  {self._colours.paint(_DIM, text)}\n".encode())

    def _begun(self, total: str, time_ns: i64, who: str, talk: Talk | None) -> str:
        """Number, time and client; before them the date, where another day begins."""
        when = self._local_time.text(time_ns)
        if len(who) > self._width:
            self._width = len(who)
        who = who.ljust(self._width)
        head = ""
        if not when.startswith(self._date) or not self._date:
            self._date = when[: _TIME_AT - 1]
            head = f"{' ' * _TOTAL_WIDTH}  {self._colours.paint(_BOLD, self._date)}\n"
        total = total.rjust(_TOTAL_WIDTH)
        clock = when[_TIME_AT:]
        if not self._colours.on:
            return f"{head}{total}  {clock}  {who}"
        code = CLIENTS[(0 if talk is None else talk.place) % len(CLIENTS)]
        return f"{head}\x1b[{_DIM}m{total}  {clock}{RESET}  \x1b[{code}m{who}{RESET}"


def _took_code(exchange: Exchange) -> str:
    """The colour of a latency, or of what stands in its place."""
    status = exchange.status
    if status == TIMEOUT or status == ABORTED:
        return _BAD
    if not exchange.answered:
        return _DIM
    if exchange.flags & BLOCKING or exchange.latency_ns < SLOW_NS:
        return ""
    return _BAD if exchange.latency_ns >= VERY_SLOW_NS else _WARNING
