"""UDP for a protocol in Lua: one message a datagram, paired by addresses, ports and id.

Without ids the oldest request of a client gets the reply, and no pair is exact. Nor is one
whose id is remembered from before, or waits twice, or that was sent again. That nobody
answered is never certain: the capture may have lost the reply.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.flow.datagrams import CANNOT_TELL, REPLY, REQUEST, DatagramReader, Ends, ends_of
from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.command_numbers import NOT_KNOWN
from tcpkit.protocols.lua.asked import Asked
from tcpkit.protocols.lua.copies import Copies
from tcpkit.protocols.lua.exchange import (
    describe_reply,
    flags_of,
    known_number,
    learned_number,
)
from tcpkit.protocols.lua.parser import is_message, number, text
from tcpkit.protocols.message import (
    BLOCKING,
    OK,
    RETRANSMISSION,
    SILENT,
    TIMEOUT,
    TRUNCATED,
    Exchange,
    PairingCounts,
    Recorder,
)
from tcpkit.protocols.pairing import Request
from tcpkit.script.driver import BEGINNING, BROKEN, NOTHING, PUSH, SKIP, Driver
from tcpkit.wire.segment import Datagram

MAX_WAITING: Final = 32_768  # requests in all; each has a coroutine of its own
MAX_OF_CLIENT: Final = 1_024  # of one address and port: each is compared with the next one
MAX_DONE: Final = 8_192  # answered or given up, remembered for what comes late
GIVEN_UP: Final = -1  # in _done
NO_REPLY: Final = -1  # no connection has this number

_Key = tuple[Ends, bytes]


@final
class LuaDatagrams(DatagramReader):
    __slots__ = (
        "_copies", "_counts", "_done", "_driver", "_recorders", "_timeout_ns", "_waiting",
        "_order",
    )  # fmt: skip

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
        self._copies = Copies()
        self._waiting: dict[Ends, list[Asked]] = {}  # the oldest first
        self._order: dict[Asked, bool] = {}  # of all clients, the oldest first
        self._done: dict[_Key, i64] = {}  # how many replies are still to come, or GIVEN_UP

    def direction(self, datagram: Datagram) -> i64:
        if not self._driver.definition.has_starts:
            return CANNOT_TELL
        begin, end = datagram.start, datagram.end
        beginning = datagram.data[begin : end if end - begin < BEGINNING else begin + BEGINNING]
        of_client = self._driver.starts(beginning, True)
        if of_client == self._driver.starts(beginning, False):
            return CANNOT_TELL
        return REQUEST if of_client else REPLY

    def request(self, datagram: Datagram) -> None:
        payload = datagram.data[datagram.start : datagram.end]
        payload_hash = hash(payload)
        if self._copies.is_copy(datagram, True, payload_hash):
            return
        ends = ends_of(datagram)
        if self._is_again(ends, datagram, payload_hash):
            return
        connection = self._driver.open(True)
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

    def _is_again(self, ends: Ends, datagram: Datagram, payload_hash: int) -> bool:
        """Whether a datagram is another attempt of a request that waits."""
        waiting = self._waiting.get(ends)
        if waiting is None:
            return False
        for asked in waiting:
            if asked.is_same(datagram, payload_hash):
                if asked.is_over(datagram.ts_ns, self._timeout_ns):
                    self._time_out(asked)
                    return False
                self._counts.retries += 1
                asked.exact = False
                asked.request.flags = asked.request.flags | RETRANSMISSION
                asked.request.resent_ns = datagram.last_ns
                return True
        return False

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
        ends: Ends,
        outcome: object,
        connection: int,
        payload_hash: int,
    ) -> None:
        special = outcome if isinstance(outcome, tuple) else ()
        request = _request_of(datagram, special)
        endpoints = Endpoints(ends[0], ends[1], ends[2], ends[3], ends[4])
        recorder = self._recorders[int(endpoints.server_port)].of_server(endpoints)
        words = self._driver.request_text(connection, 1)
        id_ = text(special[3]) if len(special) > 3 else b""
        asked = Asked(endpoints, recorder, request, words, connection, id_)
        asked.hash = payload_hash
        if len(special) > 1:
            asked.replies = number(special[1])
        waiting = self._waiting.get(ends)
        request.depth = 0 if waiting is None else len(waiting)
        if asked.replies == 0:
            self._be_silent(asked)
        else:
            self._wait(ends, asked)

    def _wait(self, ends: Ends, asked: Asked) -> None:
        waiting = self._waiting.get(ends)
        if waiting is None:
            waiting = self._waiting[ends] = []
        asked.exact = asked.id != b"" and (ends, asked.id) not in self._done
        for other in waiting:
            if other.id == asked.id:
                other.exact = asked.exact = False
        waiting.append(asked)
        self._order[asked] = True
        if len(waiting) > MAX_OF_CLIENT:
            self._counts.drop("too many waiting", 1)
            self._end(waiting[0], GIVEN_UP)
        elif len(self._order) > MAX_WAITING:
            self._counts.drop("too many waiting", 1)
            self._end(next(iter(self._order)), GIVEN_UP)

    def _be_silent(self, asked: Asked) -> None:
        self._counts.silent += 1
        self._driver.close(asked.connection)
        self._tell_command(asked, NO_REPLY)
        if asked.recorder.wants(SILENT, False):
            exchange = asked.exchange(self._driver.definition.name)
            exchange.status = SILENT
            exchange.exact = True
            exchange.time_ns = asked.request.last_ns
            asked.recorder.report(exchange)

    def reply(self, datagram: Datagram) -> None:
        payload = datagram.data[datagram.start : datagram.end]
        if self._copies.is_copy(datagram, False, hash(payload)):
            return
        ends = ends_of(datagram)
        waiting = self._waiting.get(ends)
        asked = waiting[0] if waiting else None
        connection = self._driver.open(True) if asked is None else asked.connection
        outcome: object = None
        try:
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
        ends: Ends,
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
        if asked is not None and asked.is_over(datagram.ts_ns, self._timeout_ns):
            self._time_out(asked)
            asked = None
        if asked is None:
            self._count_stray((ends, id_))
        elif not self._fits(asked, connection):
            self._counts.drop("contradiction", 1)
        else:
            self._answer(asked, datagram, connection)

    def _fits(self, asked: Asked, reader: int) -> bool:
        try:
            return self._driver.matches(asked.connection, 1, reader)
        except ProtocolError:
            return False

    def _answer(self, asked: Asked, datagram: Datagram, connection: int) -> None:
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
        self._tell_command(asked, connection)
        if recorder.wants(OK, True) if blocking else recorder.answered(latency_ns):
            recorder.report(self._answered(asked, datagram, connection, latency_ns))
        self._end(asked, asked.replies - 1)

    def _tell_command(self, asked: Asked, reader: int) -> None:
        """Before the recorder is told of `asked`, whose reply `reader` has just read."""
        commands = asked.recorder.commands
        if commands is None:
            return
        command = asked.words[0]
        number = known_number(command, commands)
        if number == NOT_KNOWN:
            served = reader != NO_REPLY and not self._driver.reply_text(reader)[0]
            number = learned_number(command, commands, served)
        commands.current = number
        if commands.tells_errors:
            commands.failed = reader != NO_REPLY and self._driver.reply_text(reader)[0]

    def _answered(
        self, asked: Asked, datagram: Datagram, connection: int, latency_ns: i64
    ) -> Exchange:
        exchange = asked.exchange(self._driver.definition.name)
        words = self._driver.reply_text(connection)
        describe_reply(words, asked.recorder.keeps_replies, exchange)
        exchange.exact = asked.exact
        exchange.time_ns = datagram.first_ns
        exchange.latency_ns = latency_ns
        exchange.queue_ns = 0
        exchange.reply_first_ns = datagram.first_ns
        exchange.reply_last_ns = datagram.last_ns
        exchange.reply_bytes = datagram.size
        if datagram.size > datagram.end - datagram.start:
            exchange.flags = exchange.flags | TRUNCATED
        return exchange

    def _count_stray(self, key: _Key) -> None:
        """A reply that nobody waits for."""
        done = self._done.get(key)
        if done is None:
            self._counts.drop("reply without request", 1)
        elif done == GIVEN_UP:
            self._counts.late += 1
        elif done == 0:
            self._counts.duplicates += 1
        else:
            self._done[key] = done - 1

    def _time_out(self, asked: Asked) -> None:
        self._counts.timeouts += 1
        self._tell_command(asked, NO_REPLY)
        if asked.recorder.wants(TIMEOUT, False):
            exchange = asked.exchange(self._driver.definition.name)
            exchange.status = TIMEOUT
            exchange.time_ns = asked.request.last_ns + self._timeout_ns
            asked.recorder.report(exchange)
        self._end(asked, GIVEN_UP)

    def _end(self, asked: Asked, done: i64) -> None:
        """It waits no more; `done` is for `_done`."""
        ends = asked.ends
        key = ends.a0, ends.a1, ends.a2, ends.a3, ends.ports
        waiting = self._waiting[key]
        waiting.remove(asked)
        if not waiting:
            del self._waiting[key]
        self._order.pop(asked, None)
        self._driver.close(asked.connection)
        self._done.pop((key, asked.id), None)
        self._done[(key, asked.id)] = done
        if len(self._done) > MAX_DONE:
            del self._done[next(iter(self._done))]

    def expire(self, now_ns: i64) -> None:
        old: list[Asked] = []
        for asked in self._order:
            if now_ns - asked.request.last_ns < self._timeout_ns:
                break
            if asked.is_over(now_ns, self._timeout_ns):
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
    request.seq = -1  # there is no stream
    if len(special) > 2 and special[2] is not None:
        request.flags = flags_of(text(special[2]))
    if datagram.size > datagram.end - datagram.start:
        request.flags = request.flags | TRUNCATED
    request.first_ns = datagram.first_ns
    request.last_ns = datagram.last_ns
    request.size = datagram.size
    return request
