"""What is known of one server port, and which of its exchanges the log gets.

Counting costs no Exchange: a session tells the latency and makes an Exchange only
where this says that it is wanted. Where the port's numbers are divided, each server has a
recorder of its own, which counts for its server and for the command.
"""

from collections.abc import Sequence
from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.metrics.histogram import Histogram, bucket_index
from tcpkit.metrics.port_rows import BY_COMMAND, BY_SERVER, PortRows
from tcpkit.metrics.row import Row
from tcpkit.metrics.series import MAX_SERVERS, ServerSeries, status_of
from tcpkit.metrics.slowest import Slowest
from tcpkit.protocols.message import ABORTED, BLOCKING, TIMEOUT, Exchange, Recorder, Wanted
from tcpkit.wire.segment import IPV6_BIT

_NEVER: Final = (1 << 63) - 1  # no latency is at or over this
_ALWAYS: Final = -(1 << 63)
_ALL_SERVERS: Final = -1  # the key of all that is not divided by server
_MASK_32: Final = 0xFFFFFFFF
_MASK_64: Final = 0xFFFFFFFFFFFFFFFF

Numbers = dict[str, int | list[int]]


@final
class PortStats(Recorder):
    """Counts one server port and forwards what is logged to `sinks`, in their order.

    `threshold_ns` is -t, None without it; `hearers` get every exchange whatever it is.
    Without either (no log at all) no exchange is wanted, but for those that `slowest` takes.
    Each exchange is told once: to `answered` when it has a reply and does not block, to `wants`
    otherwise. `rows` divide the port's numbers. With `hears` off the hearers get what is made
    for others only, until `hear` turns it on.
    """

    __slots__ = (
        "port", "rows", "threshold_ns", "_hearers", "_hears", "_histogram", "_own", "_recorders",
        "_sinks", "_slow_from", "_slowest", "_switch", "_want_from",
    )  # fmt: skip

    def __init__(
        self,
        port: i64,
        threshold_ns: int | None,
        sinks: Sequence[ExchangeSink],
        hearers: Sequence[ExchangeSink] = (),
        rows: PortRows | None = None,
        slowest: Slowest | None = None,
        hears: bool = True,
    ) -> None:
        self.port: i64 = port
        self.threshold_ns: int | None = threshold_ns
        self.rows = rows
        self.divides = rows is not None
        self._recorders: dict[int, RowRecorder] = {}
        self._own = Row(str(port))  # of what is told to this recorder itself
        self._histogram: Histogram = self._own.histogram
        self._sinks = list(sinks)
        self._hearers = list(hearers)
        self._slow_from: i64 = _NEVER if threshold_ns is None else threshold_ns
        self._want_from: i64 = _ALWAYS if threshold_ns is None else threshold_ns
        if not self._sinks:
            self._want_from = _NEVER
        self._hears = hears
        self._slowest = slowest
        self._switch = Wanted(self._want_from, hears and len(self._hearers) > 0)
        self.wanted = self._switch
        self._heed_slowest()
        if len(self._hearers) == 1:
            self.tally = self._hearers[0].tally()
        for hearer in self._hearers:
            self.keeps_keys = self.keeps_keys or hearer.takes_keys

    def hear(self, everything: bool) -> None:
        """Whether the hearers get every exchange from now on, who did not from the start."""
        if not self._hears:
            self._switch.everything = everything and len(self._hearers) > 0

    def _heed_slowest(self) -> None:
        slowest = self._slowest
        from_ns = self._want_from
        if slowest is not None and slowest.floor_ns < from_ns:
            from_ns = slowest.floor_ns
        self._switch.from_ns = from_ns

    def total(self) -> Row:
        """All numbers of the port; the row that is counted in, where they are not divided."""
        rows = self.rows
        if rows is None:
            return self._own
        total = Row(self._own.name)
        total.merge(self._own)
        rows.add_to(total)
        return total

    def of_server(self, ends: Endpoints) -> Recorder:
        rows = self.rows
        if rows is None:
            return self
        key = _server_key(ends) if rows.by_server else _ALL_SERVERS
        recorder = self._recorders.get(key)
        if recorder is None:
            recorder = RowRecorder(self, rows, key, ends.server)
            if not rows.by_server:
                self._recorders[key] = recorder
        return recorder

    def answered(self, latency_ns: i64) -> bool:
        self._histogram.add(latency_ns)
        if latency_ns >= self._slow_from:
            self._own.slow_reqs += 1
        return latency_ns >= self._switch.from_ns or self._switch.everything

    def wants(self, status: str, blocking: bool) -> bool:
        """Count an exchange that `answered` is not told of; True if the log gets it.

        With -t that is each `timeout` and `aborted`, blocking or not, and nothing else.
        """
        self._own.count(status, blocking)
        return self.takes(status)

    def takes(self, status: str) -> bool:
        """Whether somebody wants an exchange that `answered` does not count."""
        given_up = status == TIMEOUT or status == ABORTED
        if given_up and self._slowest is not None:
            return True
        return self._switch.everything or self._logs(status)

    def _logs(self, status: str) -> bool:
        given_up = status == TIMEOUT or status == ABORTED
        return bool(self._sinks) and (given_up or self.threshold_ns is None)

    def report(self, exchange: Exchange) -> None:
        if self._switch.everything:
            for hearer in self._hearers:
                hearer.exchange(exchange)
        slowest = self._slowest
        if slowest is not None:
            slowest.take(exchange)
            self._heed_slowest()
        if self._is_logged(exchange):
            for sink in self._sinks:
                sink.exchange(exchange)

    def _is_logged(self, exchange: Exchange) -> bool:
        if exchange.answered and not exchange.flags & BLOCKING:
            return exchange.latency_ns >= self._want_from
        return self._logs(exchange.status)

    def snapshot(self) -> dict[str, object]:
        """The port's numbers in the words and the order of the stats server."""
        shown: dict[str, object] = {**self.total().contract_numbers()}
        rows = self.rows
        if rows is not None and rows.numbers is not None and BY_COMMAND in rows.shown:
            shown["commands"] = {row.name: row.numbers() for row in rows.commands()}
        if rows is not None and rows.by_server and BY_SERVER in rows.shown:
            shown["servers"] = {row.name: row.numbers() for row in rows.servers()}
        return shown


@final
class RowRecorder(Recorder):
    """Counts what one server of a port does, or all of them where these are not told apart.

    It gets its row, and is known to the port by `key`, with the first thing that it counts:
    who only knocks takes no place.
    """

    __slots__ = (
        "_key", "_name", "_port", "_rows", "_series", "_server", "_slow_from", "_switch",
    )  # fmt: skip

    def __init__(self, port: PortStats, rows: PortRows, key: int, name: str) -> None:
        self.commands = rows.numbers
        self.keeps_replies = port.keeps_replies
        self.explains = port.explains
        self.keeps_keys = port.keeps_keys
        self.tally = port.tally
        self._switch = port._switch
        self.wanted = port._switch
        self._key = key
        self._name = name
        self._port = port
        self._rows = rows
        self._server: Row | None = None
        self._series: ServerSeries | None = None
        self._slow_from: i64 = port._slow_from

    def _begin(self) -> Row:
        recorders = self._port._recorders
        if self._key not in recorders and len(recorders) < MAX_SERVERS:
            recorders[self._key] = self
        self._server = server = self._rows.server(self._name)
        if self._rows.series is not None:
            self._series = self._rows.series.server(server.name)
        return server

    def answered(self, latency_ns: i64) -> bool:
        index = bucket_index(latency_ns)
        slow = latency_ns >= self._slow_from
        server, rows, commands = self._server, self._rows, self.commands
        if server is None and rows.by_server:
            server = self._begin()
        failed = False
        if commands is not None:
            failed = commands.failed
            number = commands.take()
            rows.command(number).add(index, latency_ns, slow, failed)
            if self._series is not None:
                self._series.add(number, failed, index, latency_ns)
        if server is not None:
            server.add(index, latency_ns, slow, failed)
        return latency_ns >= self._switch.from_ns or self._switch.everything

    def wants(self, status: str, blocking: bool) -> bool:
        server, rows, commands = self._server, self._rows, self.commands
        if server is None and rows.by_server:
            server = self._begin()
        if server is not None:
            server.count(status, blocking)
        if commands is not None:
            number = commands.take()
            rows.command(number).count(status, blocking)
            if self._series is not None:
                self._series.count(number, status_of(status, blocking))
        return self._port.takes(status)

    def report(self, exchange: Exchange) -> None:
        self._port.report(exchange)


def _server_key(ends: Endpoints) -> int:
    """Another one for each address, of either family."""
    if not ends.ports & IPV6_BIT:
        return int(ends.a0 & _MASK_32)
    return (1 << 128) | (int(ends.a2) & _MASK_64) << 64 | int(ends.a3) & _MASK_64


def stats_snapshot(ports: Sequence[PortStats]) -> list[dict[str, dict[str, object]]]:
    """What the stats server shows: an object a port, in the order given."""
    return [{str(port.port): port.snapshot()} for port in ports]
