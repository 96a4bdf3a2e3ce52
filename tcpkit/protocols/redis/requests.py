"""The request stream of a Redis connection: whole requests at once, others in parts."""

from typing import Final, final

from librt.strings import read_i64_be
from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.sequence import MASK
from tcpkit.protocols.message import OUT_OF_ORDER, PairingCounts, Recorder
from tcpkit.protocols.pairing import EXACT, Request, RequestPool
from tcpkit.protocols.redis.exchange import arguments_of, begins_request, take_apart
from tcpkit.protocols.redis.mode import (
    BREAKS,
    ORDINARY,
    REPLICATES,
    SPECIAL,
    Mode,
    name_slot,
)
from tcpkit.protocols.redis.outline import Outline
from tcpkit.protocols.redis.reply import ReplyScanner
from tcpkit.protocols.redis.request import RequestParser, RequestScanner
from tcpkit.protocols.session import PairedSession

RAW_BYTES: Final = 1024  # of a request kept as it was captured; longer ones are taken apart
MAX_NONSENSE: Final = 16  # pieces that are no RESP before a connection is let go

FITTING: Final = 64  # beginnings of requests that are remembered
WORD_AT: Final = 4
WORD_END: Final = 12

# how the request stream is read
IN_STEP: Final = 0  # the next byte begins a request
INSIDE: Final = 1  # a request has begun
SEARCHING: Final = 2  # bytes are missing: a piece that begins with a request is looked for
FRESH: Final = 3  # the next byte is the connection's first
DEAF: Final = 4  # a request was no RESP: the server will close
LET_GO: Final = 5  # not Redis, or nothing that can be followed


@final
class FittingReplies:
    """Remembers which kinds of reply were found to fit to which requests' beginnings.

    The 8 bytes behind `*3\\r\\n` hold the length of a command's name and its first letters.
    """

    __slots__ = ("_words", "_kinds")

    def __init__(self) -> None:
        self._words = vec[i64]([0] * FITTING)
        self._kinds = vec[i64]([0] * FITTING)

    def knows(self, raw: bytes, kind: i64) -> bool:
        """`raw` is at least WORD_END bytes long."""
        word: i64 = read_i64_be(raw, WORD_AT)
        at = ((word >> 24) ^ (word >> 8) ^ word) & (FITTING - 1)
        return self._words[at] == word and self._kinds[at] == kind

    def remember(self, raw: bytes, kind: i64) -> None:
        word: i64 = read_i64_be(raw, WORD_AT)
        at = ((word >> 24) ^ (word >> 8) ^ word) & (FITTING - 1)
        self._words[at] = word
        self._kinds[at] = kind


@final
class Scanners:
    """What the connections of a run share: between two packets, few are inside a message."""

    __slots__ = ("requests", "fitting", "outline", "_replies")

    def __init__(self) -> None:
        self.requests = RequestScanner()
        self.fitting = FittingReplies()
        self.outline = Outline()
        self._replies: ReplyScanner | None = None

    def take(self) -> ReplyScanner:
        """A scanner whose next byte is a message's first."""
        scanner = self._replies
        if scanner is None:
            return ReplyScanner()
        self._replies = None
        return scanner

    def put(self, scanner: ReplyScanner) -> None:
        self._replies = scanner


class RequestSide(PairedSession):
    """Cuts the request stream into requests and lets them wait."""

    __slots__ = (
        "mode", "scanners", "_parser", "_request_state", "_nonsense", "_silent_since",
        "_silence_proven", "_keeps_heads", "_intercepts", "_syncing",
    )  # fmt: skip

    def __init__(
        self,
        ends: Endpoints,
        recorder: Recorder,
        counts: PairingCounts,
        pool: RequestPool,
        scanners: Scanners,
        timeout_ns: i64,
        client_start: bool,
        server_start: bool,
    ) -> None:
        super().__init__(ends, recorder, counts, pool, timeout_ns, client_start, server_start)
        certain = client_start and server_start
        self.mode: Mode | None = None if certain else Mode(False)  # made when there is need
        self.scanners = scanners
        self._parser: RequestParser | None = None
        self._request_state: i64 = FRESH if client_start else SEARCHING
        self._nonsense: i64 = 0
        self._silent_since = False  # a request without a reply came since the last reply
        self._silence_proven = False  # such a request was not refused: NOAUTH, NOPERM
        self._keeps_heads = False  # a command came whose reply has to be looked at
        self._intercepts = False  # what came before may change what any request gets
        self._syncing = False  # a PSYNC or SYNC may be waiting

    def request_data(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64
    ) -> None:
        if self._request_state == LET_GO:
            return
        try:
            self._read_requests(data, start, end, ts_ns, seq, ack)
        except ProtocolError:
            self._bad_request()

    def _read_requests(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64
    ) -> None:
        pos = start
        if self._request_state != IN_STEP:
            pos = self._resume_request(data, start, end, ts_ns, seq, ack)
        scanner = self.scanners.requests
        notes = OUT_OF_ORDER if self.notes else 0
        while pos < end:
            stop = scanner.whole(data, pos, end)
            if stop < 0:
                self._begin_parser(ts_ns, (seq + pos - start) & MASK, notes)
                pos = self._feed_parser(data, pos, end, ts_ns, (seq + pos - start) & MASK, ack)
                continue
            size = stop - pos
            if scanner.count == 0:
                self.unbroken = True
                pos = stop  # the server says nothing to an empty request
                continue
            request = self.pool.take()
            if size <= RAW_BYTES:
                request.raw = data[pos:stop]
            else:
                request.arguments = take_apart(data, pos, stop)
            request.count = scanner.count
            request.size = size
            request.first_ns = ts_ns
            request.flags = notes
            name = scanner.name
            interest = SPECIAL[name_slot(scanner.name_size, data[name], data[name + 1])]
            at = (seq + pos - start) & MASK
            pos = stop
            if self._intercepts or interest == 1 or (interest and scanner.count > 1):
                self._special_request(request, at, ts_ns, ack)
            else:
                self.arrived(request, at, (at + size) & MASK, ts_ns, ack)

    def _special_request(self, request: Request, seq: i64, ts_ns: i64, ack: i64) -> None:
        mode = self._mode_made()
        mode.request(request, arguments_of(request))
        self._intercepts = mode.in_transaction or mode.hides or mode.replicating
        if request.kind != ORDINARY:
            self._keeps_heads = True
            self._syncing = self._syncing or request.kind == REPLICATES
            self.refresh()
        if request.expected != 0:
            self.arrived(request, seq, (seq + request.size) & MASK, ts_ns, ack)
            return
        self._silent_since = True
        self.plain = False
        if request.kind == BREAKS:
            self.lose(0)
            mode.reply_unknown = mode.reply_off
        if mode.reply_unknown or request.kind == BREAKS:
            self.counts.drop("unknown whether replied", 1)
            self.pool.put(request)
            return
        proven = self._silence_proven or mode.replicating
        self.silent(request, seq, ts_ns, ack, proven)

    def _mode_made(self) -> Mode:
        mode = self.mode
        if mode is None:
            mode = self.mode = Mode(True)
        return mode

    def _begin_parser(self, ts_ns: i64, seq: i64, flags: i64) -> None:
        parser = self._parser = RequestParser(self.trust != EXACT)
        parser.first_ns = ts_ns
        parser.seq = seq
        parser.flags = flags
        self._request_state = INSIDE

    def _feed_parser(self, data: bytes, pos: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> i64:
        """Go on with a request that comes in parts; the position behind what was read."""
        parser = self._parser
        assert parser is not None
        stop = parser.feed(data, pos, end)
        parser.size += stop - pos
        if self.notes:
            parser.flags = parser.flags | OUT_OF_ORDER
        if parser.done:
            self._end_parser(parser, ts_ns, ack)
        return stop

    def _end_parser(self, parser: RequestParser, ts_ns: i64, ack: i64) -> None:
        self._parser = None
        self._request_state = IN_STEP
        if not parser.arguments:
            self.unbroken = True
            return
        request = self.pool.take()
        request.arguments = parser.arguments
        request.count = parser.count
        request.size = parser.size
        request.first_ns = parser.first_ns
        request.flags = parser.flags
        self._special_request(request, parser.seq, ts_ns, ack)

    def _resume_request(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64
    ) -> i64:
        """The position in the piece where a request begins, or `end`."""
        state = self._request_state
        if state == INSIDE:
            return self._feed_parser(data, start, end, ts_ns, seq, ack)
        if state == DEAF:
            return end
        first = state == FRESH or self.first_seen
        if first and end - start > 2 and data[start + 1] == 3 and 0x14 <= data[start] <= 0x17:
            self.counts.encrypted += 1
            self._request_state = LET_GO
            self.drop_waiting("encrypted")
            return end
        if state == SEARCHING and not begins_request(data, start, end):
            self.first_seen = False
            return end
        self._request_state = IN_STEP
        return start

    def _bad_request(self) -> None:
        """The request stream is no RESP."""
        if self.trust == EXACT:
            self.counts.not_protocol += 1
            self._request_state = DEAF
            self._parser = None
            return
        self._nonsense += 1
        self._break_requests()
        self.lose(0)
        if self._nonsense >= MAX_NONSENSE:
            self._let_go()

    def _break_requests(self) -> None:
        """Where the next request begins is not known."""
        self._parser = None
        self._request_state = SEARCHING
        self.unbroken = False

    def _let_go(self) -> None:
        if self._request_state != DEAF:  # it was counted then
            self.counts.not_protocol += 1
        self.lose(0)
        self.drop_waiting("not the protocol")
        self._request_state = LET_GO
        self._parser = None
