"""One connection that speaks the binary protocol.

A reply repeats its request's opaque. Where a client counts its requests in it, that is a
proof after a loss: a number that no other request ever had. Clients that always send the
same number, or begin again with each batch, prove nothing; they are told by what they do
over several round trips.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.sequence import MASK
from tcpkit.protocols.command_numbers import NOT_KNOWN, CommandNumbers
from tcpkit.protocols.memcached.binary_header import (
    HEADER_SIZE,
    REQUEST_MAGIC,
    begins_reply,
    begins_request,
    body_size,
    tag_of,
)
from tcpkit.protocols.memcached.binary_opaque import Climb
from tcpkit.protocols.memcached.binary_opcode import (
    KINDS,
    NAMES_KEY,
    NOT_FOUND_STATUS,
    OK_STATUS,
    QUIET,
    QUITQ,
    RETRIEVES,
    SASL_LIST,
    SASL_STEP,
    STAT,
    UNKNOWN_COMMAND_STATUS,
    code_of,
    is_error,
    word_of,
)
from tcpkit.protocols.memcached.binary_reply import BinaryReplyReader
from tcpkit.protocols.memcached.binary_request import describe, kept_size, key_of
from tcpkit.protocols.message import ERROR, OK, OUT_OF_ORDER, Exchange, PairingCounts, Recorder
from tcpkit.protocols.ordered import DEAF, INSIDE, OrderedSession
from tcpkit.protocols.pairing import Request, RequestPool

_WITHOUT_END: Final = b"sizes_"  # the reply to stat sizes_enable has no last packet

CLIMBS_NEEDED: Final = 8  # round trips after which a client is believed to count its requests


@final
class BinarySession(OrderedSession):
    """Pairs by opcode and opaque, in order."""

    __slots__ = ("_reader", "_kept", "_wanted", "_left", "_opaques", "_quiet_opaques", "_climbs")

    def __init__(
        self,
        ends: Endpoints,
        recorder: Recorder,
        counts: PairingCounts,
        pool: RequestPool,
        timeout_ns: i64,
        client_start: bool,
        server_start: bool,
    ) -> None:
        self._reader = BinaryReplyReader()
        self._kept = b""  # of the request that comes in parts: header, extras, key
        self._wanted: i64 = HEADER_SIZE  # so many bytes of it are to be kept
        self._left: i64 = 0  # bytes of its value still to come
        self._opaques = Climb()
        self._quiet_opaques = Climb()  # of quiet requests only
        self._climbs: i64 = 0  # round trips through which the opaques have climbed
        super().__init__(
            ends, recorder, counts, pool, timeout_ns, client_start, server_start, self._reader
        )

    def protocol_name(self) -> str:
        return "memcached"

    def read_request(self, data: bytes, pos: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> i64:
        if self.request_state == INSIDE or end - pos < HEADER_SIZE:
            return self._read_part(data, pos, end, ts_ns, seq, ack)
        if data[pos] != REQUEST_MAGIC:
            raise ProtocolError("a request does not begin with 0x80")
        stop = pos + HEADER_SIZE + body_size(data, pos)
        if stop > end:
            return self._read_part(data, pos, end, ts_ns, seq, ack)
        request = self.pool.take()
        request.raw = data[pos : pos + kept_size(data, pos)]
        request.tag = tag_of(data, pos)
        request.size = stop - pos
        request.first_ns = ts_ns
        request.flags = OUT_OF_ORDER if self.notes else 0
        opcode: i64 = data[pos + 1]
        self._tell(request, opcode, seq, (seq + stop - pos) & MASK, ts_ns, ack)
        return stop if self.request_state != DEAF else end

    def _tell(
        self, request: Request, opcode: i64, seq: i64, end: i64, ts_ns: i64, ack: i64
    ) -> None:
        climbs = self._count_climbs(request.tag & MASK, ack != self.previous_anchor)
        request.count = climbs if self.unbroken else 0
        if opcode == STAT and key_of(request.raw).startswith(_WITHOUT_END):
            self.counts.drop("unclear what is replied", 1)
            self.pool.put(request)
            self.miss_replies(0)
        elif not KINDS[opcode] & QUIET:
            self.arrived(request, seq, end, ts_ns, ack)
        elif opcode == QUITQ and end == (seq + HEADER_SIZE) & MASK:
            self.silent(request, seq, ts_ns, ack)
            self.request_state = DEAF  # the server closes
        else:
            self._quiet_opaques.goes_on(request.tag & MASK)
            self.asked_quietly(request, seq, end, ts_ns, ack)

    def _count_climbs(self, opaque: i64, leads: bool) -> i64:
        """Round trips in a row through which the client's opaques have climbed."""
        if not self._opaques.goes_on(opaque):
            self._climbs = 0
        elif leads:
            self._climbs += 1
        return self._climbs

    def may_be_proven(self, request: Request) -> bool:
        return request.count >= CLIMBS_NEEDED

    def proves(self, request: Request) -> bool:
        return request.count >= CLIMBS_NEEDED

    def tells_success(self, request: Request) -> bool:
        return KINDS[request.tag >> 32] & RETRIEVES != 0

    def all_differ(self) -> bool:
        return self._quiet_opaques.length >= self.queue.optional

    def told_apart(self) -> bool:
        tags: set[int] = set()
        request = self.queue.head
        while request is not None:
            tags.add(int(request.tag))
            request = request.next
        return len(tags) == self.queue.size

    def proven_owner(self, data: bytes, start: i64, end: i64) -> Request | None:
        if not begins_reply(data, start, end):
            return None
        tag = tag_of(data, start)
        request = self.queue.head
        while request is not None:
            if request.tag == tag and request.count >= CLIMBS_NEEDED:
                return request
            request = request.next
        return None

    def _read_part(self, data: bytes, pos: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> i64:
        """Go on with a request that comes in parts, or begin one."""
        begin = pos
        if self.request_state != INSIDE:
            self.begin_request(ts_ns, seq)
            self._kept = b""
            self._wanted = HEADER_SIZE
            self._left = 0
        if self._left == 0:
            pos = self._keep(data, pos, end)
        size = min(self._left, end - pos)
        self._left -= size
        pos += size
        self.request_part(pos - begin)
        self.complete_request(ts_ns, (seq + pos - begin) & MASK, ack)
        return pos

    def _keep(self, data: bytes, pos: i64, end: i64) -> i64:
        """Keep the header, extras and key; then `_left` is what remains."""
        while pos < end and len(self._kept) < self._wanted:
            size = min(self._wanted - len(self._kept), end - pos)
            self._kept += data[pos : pos + size]
            pos += size
            kept = self._kept
            if kept[0] != REQUEST_MAGIC:
                raise ProtocolError("a request does not begin with 0x80")
            if len(kept) == HEADER_SIZE:
                self._wanted = kept_size(kept, 0)
            if len(kept) == self._wanted:
                self._left = HEADER_SIZE + body_size(kept, 0) - self._wanted
        return pos

    def complete_request(self, ts_ns: i64, seq: i64, ack: i64) -> bool:
        kept = self._kept
        if len(kept) < self._wanted or self._left > 0:
            return False
        request = self.pool.take()
        self.end_request(request)
        request.raw = kept
        request.tag = tag_of(kept, 0)
        opcode: i64 = kept[1]
        self._kept = b""
        self._tell(request, opcode, self.request_seq, seq, ts_ns, ack)
        return True

    def begins_request(self, data: bytes, start: i64, end: i64) -> bool:
        return begins_request(data, start, end)

    def request_countdown(self) -> i64:
        return self._left

    def skip_request(self, size: i64) -> bool:
        if size > self._left:
            return False
        self._left -= size
        return True

    def forget_request(self) -> None:
        self._kept = b""
        self._wanted = HEADER_SIZE
        self._left = 0
        self._climbs = 0

    def matches(self, request: Request) -> bool:
        reader = self._reader
        if request.tag != reader.tag:
            return False
        kinds: i64 = KINDS[request.tag >> 32]
        if kinds & QUIET:
            # a quiet request is silent on its ordinary end
            silent_on = NOT_FOUND_STATUS if kinds & RETRIEVES else OK_STATUS
            if reader.status == silent_on:
                return False
        return not kinds & NAMES_KEY or not reader.key or reader.key == key_of(request.raw)

    def breaks(self, request: Request) -> bool:
        # memcached 1.6 passes over the body of a command unknown to it twice
        unknown = self._reader.status == UNKNOWN_COMMAND_STATUS
        sasl = SASL_LIST <= request.tag >> 32 <= SASL_STEP  # known where it is turned off, too
        return unknown and request.size > HEADER_SIZE and not sasl

    def reply_kind(self) -> i64:
        return self._reader.tag

    def command_name(self, request: Request) -> bytes:
        return str(int(request.tag)).encode()

    def may_answer(self, name: bytes, kind: int) -> bool:
        return name == str(kind).encode()

    def command_number(self, request: Request, commands: CommandNumbers, replied: bool) -> i64:
        opcode: i64 = request.raw[1]
        number = commands.of_code(opcode)
        if number == NOT_KNOWN:
            served = replied and not is_error(self._reader.status)
            number = commands.learn_code(opcode, commands.number(word_of(opcode), served))
        return number

    def is_error_reply(self) -> bool:
        return is_error(self._reader.status)

    def describe_request(self, request: Request, exchange: Exchange) -> None:
        describe(request.raw, exchange)
        if self.recorder.keeps_keys and exchange.key is not None:
            exchange.keys = [key_of(request.raw)]

    def describe_reply(self, request: Request, exchange: Exchange) -> None:
        status = self._reader.status
        exchange.code = code_of(status)
        exchange.status = ERROR if is_error(status) else OK
        if KINDS[request.tag >> 32] & RETRIEVES:
            exchange.hits = 1 if status == OK_STATUS else 0
