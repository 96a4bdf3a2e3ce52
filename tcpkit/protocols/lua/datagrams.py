"""UDP for a protocol in Lua: one message a datagram, paired by addresses, ports and id.

Without ids the oldest request of a client gets the reply, and no pair is exact.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.flow.datagrams import DatagramReader
from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.lua.asked import Asked
from tcpkit.protocols.lua.exchange import CODE_LIMIT, flags_of
from tcpkit.protocols.lua.parser import is_message, number, text
from tcpkit.protocols.message import (
    BLOCKING,
    ERROR,
    OK,
    RETRANSMISSION,
    SILENT,
    TIMEOUT,
    Exchange,
    PairingCounts,
    Recorder,
)
from tcpkit.protocols.pairing import Request
from tcpkit.script.driver import BROKEN, NOTHING, PUSH, SKIP, Driver
from tcpkit.wire.printable import printable
from tcpkit.wire.segment import Datagram

MAX_WAITING: Final = 32_768  # requests in all; each has a coroutine of its own
MAX_DONE: Final = 8_192  # answered or given up, remembered for what comes late

_Ends = tuple[i64, i64, i64, i64, i64]
_Key = tuple[_Ends, bytes]
_PLAIN: Final[tuple[object, ...]] = (0, 1, None, None)  # of a request without special facts


@final
class LuaDatagrams(DatagramReader):
    __slots__ = ("_counts", "_done", "_driver", "_recorders", "_timeout_ns", "_waiting", "_order")

    def __init__(
        self,
        driver: Driver,
        recorders: dict[int, Recorder],
        counts: PairingCounts,
        timeout_ns: i64,
    ) -> None:
        self._driver = driver
        self._recorders = recorders
        self._counts = counts
        self._timeout_ns = timeout_ns
        self._waiting: dict[_Ends, list[Asked]] = {}  # the oldest first
        self._order: dict[Asked, bool] = {}  # of all clients, the oldest first
        self._done: dict[_Key, bool] = {}  # whether it was given up

    def request(self, datagram: Datagram) -> None:
        ends = _ends_of(datagram)
        payload = datagram.data[datagram.start : datagram.end]
        payload_hash = hash(payload)
        waiting = self._waiting.get(ends)
        if waiting is not None:
            for asked in waiting:
                if asked.is_copy(datagram, payload_hash):
                    return
                if asked.hash == payload_hash:
                    self._counts.retries += 1
                    asked.attempts += 1
                    asked.exact = False
                    asked.request.flags = asked.request.flags | RETRANSMISSION
                    return
        connection = self._driver.open()
        outcome: object = None
        try:
            outcome = self._driver.feed_request(connection, payload)
        except ProtocolError:
            outcome = None
        if is_message(outcome):
            self._ask(datagram, ends, outcome, connection, payload_hash)
            return
        self._driver.close(connection)
        self._pass(datagram, outcome)

    def _pass(self, datagram: Datagram, outcome: object) -> None:
        """Count what is no request and no reply: a script that fails, or wants more bytes."""
        state: i64 = SKIP if outcome is None else number(outcome) & 15
        if state == PUSH:
            self._counts.pushes += 1
        elif state != NOTHING:
            self._unread(datagram)
            if state == BROKEN:
                self._driver.report(outcome)

    def _unread(self, datagram: Datagram) -> None:
        """The script wants more than there is, or something else."""
        if datagram.size > datagram.end - datagram.start:
            self._counts.drop("cut off", 1)
        else:
            self._counts.not_protocol += 1

    def _ask(
        self,
        datagram: Datagram,
        ends: _Ends,
        outcome: object,
        connection: int,
        payload_hash: int,
    ) -> None:
        special = outcome if isinstance(outcome, tuple) else _PLAIN
        request = _request_of(datagram, special)
        id_ = text(special[3])
        endpoints = Endpoints(ends[0], ends[1], ends[2], ends[3], ends[4])
        recorder = self._recorders[int(endpoints.server_port)]
        asked = Asked(
            endpoints,
            recorder,
            request,
            self._driver.request_text(connection, 1),
            connection,
            id_,
        )
        asked.hash = payload_hash
        asked.mark = datagram.mark
        waiting = self._waiting.get(ends)
        if waiting is None:
            waiting = self._waiting[ends] = []
        request.depth = len(waiting)
        if number(special[1]) == 0:
            self._be_silent(asked)
            if not waiting:
                del self._waiting[ends]
            return
        asked.exact = id_ != b"" and (ends, id_) not in self._done
        for other in waiting:
            if other.id == id_:
                other.exact = asked.exact = False
        waiting.append(asked)
        self._order[asked] = True
        if len(self._order) > MAX_WAITING:
            self._counts.drop("too many waiting", 1)
            self._end(next(iter(self._order)), True)

    def _be_silent(self, asked: Asked) -> None:
        self._counts.silent += 1
        self._driver.close(asked.connection)
        if asked.recorder.wants(SILENT, False):
            exchange = asked.exchange(self._driver.definition.name)
            exchange.status = SILENT
            exchange.exact = True
            exchange.time_ns = asked.request.last_ns
            asked.recorder.report(exchange)

    def reply(self, datagram: Datagram) -> None:
        ends = _ends_of(datagram)
        waiting = self._waiting.get(ends)
        asked = waiting[0] if waiting else None
        connection = self._driver.open() if asked is None else asked.connection
        outcome: object = None
        try:
            payload = datagram.data[datagram.start : datagram.end]
            # A connection's only request has the number 1.
            outcome = self._driver.feed_reply(connection, payload, -1 if asked is None else 1)
        except ProtocolError:
            outcome = None
        if is_message(outcome):
            self._pair(datagram, ends, waiting, connection, outcome)
        else:
            self._driver.reset(connection, False)
            self._pass(datagram, outcome)
        if asked is None:
            self._driver.close(connection)

    def _pair(
        self,
        datagram: Datagram,
        ends: _Ends,
        waiting: list[Asked] | None,
        connection: int,
        outcome: object,
    ) -> None:
        id_ = text(outcome[1]) if isinstance(outcome, tuple) else b""
        asked: Asked | None = None
        for each in waiting or []:
            if each.id == id_:
                asked = each
                break
        if asked is not None and datagram.ts_ns - asked.request.last_ns >= self._timeout_ns:
            self._time_out(asked)
            asked = None
        if asked is None:
            self._count_stray((ends, id_))
            return
        if self._driver.definition.has_matches and not self._fits(asked):
            self._counts.drop("contradiction", 1)
            return
        counts = self._counts
        if asked.exact:
            counts.exact += 1
        else:
            counts.inferred += 1
        request = asked.request
        latency_ns = datagram.first_ns - request.last_ns
        blocking = bool(request.flags & BLOCKING)
        if blocking:
            counts.blocking += 1
        recorder = asked.recorder
        if recorder.wants(OK, True) if blocking else recorder.answered(latency_ns):
            recorder.report(self._answered(asked, datagram, connection, latency_ns))
        self._end(asked, False)

    def _fits(self, asked: Asked) -> bool:
        try:
            return self._driver.matches(asked.connection, 1)
        except ProtocolError:
            return False

    def _answered(
        self, asked: Asked, datagram: Datagram, connection: int, latency_ns: i64
    ) -> Exchange:
        exchange = asked.exchange(self._driver.definition.name)
        is_error, code = self._driver.reply_text(connection)
        exchange.status = ERROR if is_error else OK
        if code is not None:
            exchange.code = printable(code, CODE_LIMIT)
        exchange.exact = asked.exact
        exchange.time_ns = datagram.first_ns
        exchange.latency_ns = latency_ns
        exchange.reply_first_ns = datagram.first_ns
        exchange.reply_last_ns = datagram.last_ns
        exchange.reply_bytes = datagram.size
        return exchange

    def _count_stray(self, key: _Key) -> None:
        """A reply that nobody waits for."""
        given_up = self._done.get(key)
        if given_up is None:
            self._counts.drop("reply without request", 1)
        elif given_up:
            self._counts.late += 1
        else:
            self._counts.duplicates += 1

    def _time_out(self, asked: Asked) -> None:
        self._counts.timeouts += 1
        if asked.recorder.wants(TIMEOUT, False):
            exchange = asked.exchange(self._driver.definition.name)
            exchange.status = TIMEOUT
            exchange.time_ns = asked.request.last_ns + self._timeout_ns
            asked.recorder.report(exchange)
        self._end(asked, True)

    def _end(self, asked: Asked, given_up: bool) -> None:
        """It waits no more."""
        ends = asked.ends
        key = ends.a0, ends.a1, ends.a2, ends.a3, ends.ports
        waiting = self._waiting[key]
        waiting.remove(asked)
        if not waiting:
            del self._waiting[key]
        self._order.pop(asked, None)
        self._driver.close(asked.connection)
        self._done.pop((key, asked.id), None)
        self._done[(key, asked.id)] = given_up
        if len(self._done) > MAX_DONE:
            del self._done[next(iter(self._done))]

    def expire(self, now_ns: i64) -> None:
        old: list[Asked] = []
        for asked in self._order:
            if now_ns - asked.request.last_ns < self._timeout_ns:
                break
            if not asked.request.flags & BLOCKING:
                old.append(asked)
        for asked in old:
            self._time_out(asked)

    def finish(self, now_ns: i64) -> None:
        self._counts.unanswered += len(self._order)
        for asked in self._order:
            self._driver.close(asked.connection)
        self._order.clear()
        self._waiting.clear()


def _request_of(datagram: Datagram, special: tuple[object, ...]) -> Request:
    request = Request()
    if special[2] is not None:
        request.flags = flags_of(text(special[2]))
    request.first_ns = datagram.first_ns
    request.last_ns = datagram.last_ns
    request.size = datagram.size
    return request


def _ends_of(datagram: Datagram) -> _Ends:
    return datagram.a0, datagram.a1, datagram.a2, datagram.a3, datagram.ports
