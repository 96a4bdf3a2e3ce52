"""One connection that speaks the text protocol, with classic and meta commands."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.sequence import MASK
from tcpkit.protocols.memcached.meta_flags import MetaFlags, repeats, reply_flags, request_flags
from tcpkit.protocols.memcached.session import INSIDE, MemcachedSession
from tcpkit.protocols.memcached.text_exchange import (
    command_word,
    describe_answer,
    describe_command,
    hidden,
    key_of,
)
from tcpkit.protocols.memcached.text_line import CommandLine, line_end, without_cr
from tcpkit.protocols.memcached.text_proof import KeyProof
from tcpkit.protocols.memcached.text_reply import TextReply
from tcpkit.protocols.memcached.text_request import LINE_BYTES, RequestParser, RequestScanner
from tcpkit.protocols.memcached.text_words import (
    ANSWERS,
    CAS,
    FORMS,
    KINDS,
    META_COUNTER,
    META_DELETE,
    META_GET,
    META_SET,
    QUIT,
    R_CLIENT_ERROR,
    R_EN,
    R_HD,
    R_LOG,
    R_OK,
    R_STORED,
    R_VA,
    R_VALUES,
    RETRIEVAL,
    STATS,
    STORAGE,
    UNKNOWN,
    is_error,
    may_answer,
)
from tcpkit.protocols.message import NO_TIME, OUT_OF_ORDER, Exchange, PairingCounts, Recorder
from tcpkit.protocols.pairing import EXACT, INFERRED, PERHAPS, Request, RequestPool
from tcpkit.protocols.session import CHECKS_AFTER_ANCHOR

# Request.count: what is to be considered before a reply is believed, as bits
_BEHIND_SILENT: Final = 1  # requests without a reply came since the request before
_TAGGED: Final = 2  # the reply repeats the key or an opaque text
_NEW_KEY: Final = 4  # the first time that the connection asked for the key
_MAY_LOG_IN: Final = 8  # a silent one, which is answered if it is the login

_ANSWERED_IN_BULK: Final = b"unauthenticated"  # one error for all that came in one read
_WITHOUT_END: Final = b"sizes_"  # stats sizes_enable: STAT and no END
_PRINTABLE: Final = range(0x20, 0x7F)


def begins_command(data: bytes, start: i64, end: i64) -> bool:
    """Whether a piece begins with a text command, by all appearances."""
    line_feed = line_end(data, start, min(end, start + LINE_BYTES))
    line = data[start : without_cr(data, start, line_feed)]
    if FORMS.get(line[: line.find(b" ")] if b" " in line else line) is None:
        return False
    if not all(char in _PRINTABLE for char in line[:64]):
        return False
    if line_feed >= end or line_feed - start >= LINE_BYTES:
        return line.startswith((b"get ", b"gets "))
    command = CommandLine()
    command.read(line, 0, len(line))
    return command.form != UNKNOWN


@final
class TextSession(MemcachedSession):
    """Pairs first in, first out; what a reply can be answer to is checked each time."""

    __slots__ = ("_reader", "_scanner", "_parser", "_proof", "_silent_since", "_stored", "_guarded")

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
        self._reader = TextReply()
        self._scanner = RequestScanner()
        self._parser: RequestParser | None = None
        self._proof: KeyProof | None = None
        self._silent_since = False  # a request without a reply came since the last one with
        self._stored = False  # the request before has, or should have, a data block
        self._guarded = False  # the silent request that may be a login has come
        super().__init__(
            ends, recorder, counts, pool, timeout_ns, client_start, server_start, self._reader
        )

    # Requests

    def read_request(self, data: bytes, pos: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> i64:
        if self.request_state == INSIDE:
            return self._read_part(data, pos, end, ts_ns, seq, ack)
        scanner = self._scanner
        stop = scanner.whole(data, pos, end)
        if stop < 0:
            self.begin_request(ts_ns, seq)
            self._parser = RequestParser()
            return self._read_part(data, pos, end, ts_ns, seq, ack)
        line_stop = scanner.line_stop
        if line_stop - pos > LINE_BYTES:
            line_stop = pos + LINE_BYTES
        form = scanner.line.form
        request = self.pool.take()
        request.raw = data[pos:line_stop]
        request.kind = form
        request.count = 0
        request.size = stop - pos
        request.first_ns = ts_ns
        request.flags = OUT_OF_ORDER if self.notes else 0
        if scanner.plain and self.trust == EXACT and not self._silent_since:
            self._stored = form == STORAGE or form == CAS or form == META_SET
            self.arrived(request, seq, (seq + stop - pos) & MASK, ts_ns, ack)
        else:
            self._ask(request, scanner.line, scanner.bad_block, seq, ts_ns, ack)
        return stop

    def _read_part(self, data: bytes, pos: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> i64:
        parser = self._parser
        assert parser is not None
        stop = parser.feed(data, pos, end)
        self.request_part(stop - pos)
        if parser.done:
            self.complete_request(ts_ns, (seq + stop - pos) & MASK, ack)
        return stop

    def complete_request(self, ts_ns: i64, seq: i64, ack: i64) -> bool:
        parser = self._parser
        if parser is None or not parser.done:
            return False
        self._parser = None
        request = self.pool.take()
        self.end_request(request)
        request.raw = parser.kept
        request.kind = parser.line.form
        request.count = 0
        self._ask(request, parser.line, parser.bad_block, self.request_seq, ts_ns, ack)
        return True

    def _ask(
        self, request: Request, line: CommandLine, bad_block: bool, seq: i64, ts_ns: i64, ack: i64
    ) -> None:
        """Tell a request that may be other than plain."""
        word = command_word(request.raw)
        form = FORMS.get(word, UNKNOWN)
        if form == UNKNOWN:
            request.raw = hidden(request.raw, self._stored)
        else:
            self._stored = form == STORAGE or form == CAS or form == META_SET
        if bad_block:
            request.kind = UNKNOWN  # an error answers it
        if line.unsure or bad_block:
            self._be_unsure()
        end = (seq + request.size) & MASK
        if (line.silent and not self._may_log_in(request)) or form == QUIT:
            self._be_silent_at_once(request, seq, ts_ns, ack)
        else:
            self._consider(request, line)
            if line.quiet or line.silent:
                self.asked_quietly(request, seq, end, ts_ns, ack)
            else:
                self.arrived(request, seq, end, ts_ns, ack)
        if form == STATS and _WITHOUT_END in request.raw:
            self.counts.drop("unclear what is replied", 1)
            self.miss_replies(0)

    def _be_silent_at_once(self, request: Request, seq: i64, ts_ns: i64, ack: i64) -> None:
        self._silent_since = True
        self.silent(request, seq, ts_ns, ack)

    def _may_log_in(self, request: Request) -> bool:
        """Whether a silent request is answered if the server wants a login.

        A login (-Y) is a `set`; noreply does not hide its answer. It is a connection's
        first request with an answer.
        """
        if self._guarded or request.kind != STORAGE or self.reply_first_ns != NO_TIME:
            return False
        self._guarded = True
        request.count = _MAY_LOG_IN
        return True

    def _consider(self, request: Request, line: CommandLine) -> None:
        """Note what has to be looked at when the reply comes."""
        if self._silent_since:
            request.count |= _BEHIND_SILENT
            self._silent_since = False
        if line.tagged or line.quiet:
            if line.tagged:
                request.count |= _TAGGED
            if not self._reader.needs_heads:
                self._reader.needs_heads = True
                self.refresh()
        if self.trust == EXACT:
            return
        key = key_of(request.raw)
        if key is not None:
            if self._proof is None:
                self._proof = KeyProof()
            if self._proof.asked(key):
                request.count |= _NEW_KEY

    def _be_unsure(self) -> None:
        """Other versions of the server may read what follows in another way."""
        self.missed()
        if self.trust == EXACT:
            self.trust = INFERRED
            self.checks = CHECKS_AFTER_ANCHOR
            self.refresh()

    def begins_request(self, data: bytes, start: i64, end: i64) -> bool:
        return begins_command(data, start, end)

    def request_countdown(self) -> i64:
        return 0 if self._parser is None else self._parser.countdown()

    def skip_request(self, size: i64) -> bool:
        return self._parser is not None and self._parser.skip(size)

    def forget_request(self) -> None:
        self._parser = None
        self._stored = True  # what comes next may be the rest of a data block

    # Replies

    def matches(self, request: Request) -> bool:
        kind = self._reader.kind
        if ANSWERS[request.kind * KINDS + kind] == 0:
            return False
        if request.count == 0 and self.plain and request.expected != PERHAPS:
            return True
        if is_error(kind):
            return self._may_fail(request, kind)
        if META_GET <= request.kind <= META_COUNTER:
            return self._meta_matches(request, kind)
        if request.count & _MAY_LOG_IN:
            return kind == R_STORED
        if request.kind == RETRIEVAL and kind == R_VALUES:
            return self._value_matches(request)
        return True

    def _may_fail(self, request: Request, kind: i64) -> bool:
        """Whether an error can be the request's: not, if a silent one may have failed."""
        if request.count & _BEHIND_SILENT:
            return False
        alone = self.queue.head is request and request.next is None
        return alone or kind != R_CLIENT_ERROR or _ANSWERED_IN_BULK not in self._reader.head

    def _value_matches(self, request: Request) -> bool:
        words = self._reader.head.split(b" ")
        if len(words) < 2 or len(request.raw) >= LINE_BYTES:
            return True
        return words[1] in request.raw.split(b" ")

    def _meta_matches(self, request: Request, kind: i64) -> bool:
        head = self._reader.head
        if not request.count & _TAGGED and request.expected > 0 and not head.count(b" "):
            return True
        flags = request_flags(request.raw)
        if b"q" in flags.letters and _is_nominal(request.kind, kind, flags):
            return False
        if not head or (kind == R_EN and head == b"EN"):
            return True
        return repeats(reply_flags(head), flags)

    def proves(self, request: Request) -> bool:
        proof = self._proof
        if proof is None or self.pipelines or self.overlaps or not request.count & _NEW_KEY:
            return False
        return self._repeats_key(request) and proof.repeated()

    def _repeats_key(self, request: Request) -> bool:
        """Whether the reply just read holds the key that the request asked for first."""
        kind = self._reader.kind
        words = self._reader.head.split(b" ")
        if request.kind == RETRIEVAL:
            return kind == R_VALUES and len(words) > 1 and words[1] == key_of(request.raw)
        return (
            META_GET <= request.kind <= META_COUNTER
            and request.count & _TAGGED != 0
            and not is_error(kind)
            and b"k" in request_flags(request.raw).letters
            and reply_flags(self._reader.head).key is not None
        )

    def is_push(self) -> bool:
        return self._reader.kind == R_LOG

    def reply_kind(self) -> i64:
        return self._reader.kind

    def command_name(self, request: Request) -> bytes:
        return command_word(request.raw)

    def may_answer(self, name: bytes, kind: int) -> bool:
        return may_answer(name, kind)

    def missed(self) -> None:
        if self._proof is not None:
            self._proof.forget()

    def refresh(self) -> None:
        super().refresh()
        self._reader.keep_head = self._reader.needs_heads or not self.plain

    # Exchanges

    def describe_request(self, request: Request, exchange: Exchange) -> None:
        describe_command(request.raw, exchange)

    def describe_reply(self, request: Request, exchange: Exchange) -> None:
        reader = self._reader
        describe_answer(request.kind, reader.kind, reader.hits, reader.head, exchange)


def _is_nominal(form: i64, kind: i64, flags: MetaFlags) -> bool:
    """Whether the flag q hides a reply of this kind.

    A counter that `ma` makes (flag N) is told all the same.
    """
    if form == META_GET:
        return kind == R_EN
    if form == META_SET or form == META_DELETE:
        return kind == R_HD or kind == R_OK
    return form == META_COUNTER and kind in (R_HD, R_VA, R_OK) and b"N" not in flags.letters
