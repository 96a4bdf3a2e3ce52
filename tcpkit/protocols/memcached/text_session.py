"""One connection that speaks the text protocol, with classic and meta commands."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.sequence import MASK
from tcpkit.protocols.command_numbers import NOT_KNOWN, CommandNumbers
from tcpkit.protocols.memcached.meta_flags import KEY_TAG, repeats, reply_flags, request_flags
from tcpkit.protocols.memcached.text_errors import UNAUTHENTICATED, may_fail
from tcpkit.protocols.memcached.text_exchange import (
    command_word,
    describe_answer,
    describe_command,
    hidden,
    kept_keys,
    key_of,
    keys_asked,
    known_number,
    learned_number,
    retrieved_keys,
)
from tcpkit.protocols.memcached.text_line import (
    CommandLine,
)
from tcpkit.protocols.memcached.text_proof import UNKNOWN_UNSEEN, KeyProof
from tcpkit.protocols.memcached.text_reply import TextReply
from tcpkit.protocols.memcached.text_request import (
    LINE_BYTES,
    RequestParser,
    RequestScanner,
    begins_command,
)
from tcpkit.protocols.memcached.text_words import (
    ANSWERS,
    CAS,
    KINDS,
    META_GET,
    META_SET,
    NOMINAL,
    QUIT,
    R_CLIENT_ERROR,
    R_EN,
    R_LOG,
    R_STORED,
    R_VALUES,
    RETRIEVAL,
    STATS,
    STORAGE,
    UNKNOWN,
    is_error,
    may_answer,
)
from tcpkit.protocols.message import NO_TIME, OUT_OF_ORDER, Exchange, PairingCounts, Recorder
from tcpkit.protocols.ordered import INSIDE, SEARCHING, OrderedSession
from tcpkit.protocols.pairing import EXACT, INFERRED, LOST, Request, RequestPool

# Request.count: what is to be considered before a reply is believed, as bits
_HIDES: Final = 7  # the nominal replies that it does not get: HIDES_*
_BEHIND_SILENT: Final = 8  # requests without a reply came since the request before
_TAGGED: Final = 16  # the reply repeats the key or an opaque text: `Request.tag`
_NEW_KEY: Final = 32  # the first time that the connection asked for the key
_MAY_LOG_IN: Final = 64  # a silent one, which is answered if it is the login

# One for all connections: what it says of a request is used before the next one is read.
_SCANNER: Final = RequestScanner()

_WITHOUT_END: Final = b"sizes_"  # stats sizes_enable: STAT and no END


_META_KEY: Final = b"\0"  # before a key that a meta reply repeats: other replies than VALUE


@final
class TextSession(OrderedSession):
    """Pairs first in, first out; what a reply can be answer to is checked each time."""

    __slots__ = (
        "_reader", "_parser", "_proof", "_began", "_silent_since", "_stored",
        "may_log_in",
    )  # fmt: skip

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
        self._parser: RequestParser | None = None
        self._proof: KeyProof | None = None
        self._began = client_start  # the requests were seen from the connection's start
        self._silent_since = False  # a request without a reply came since the last one with
        self._stored = False  # the request before has, or should have, a data block
        self.may_log_in = True  # no silent request has come yet that may be a login
        super().__init__(
            ends, recorder, counts, pool, timeout_ns, client_start, server_start, self._reader
        )

    # Requests

    def protocol_name(self) -> str:
        return "memcached"

    def read_request(self, data: bytes, pos: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> i64:
        if self.request_state == INSIDE:
            return self._read_part(data, pos, end, ts_ns, seq, ack)
        scanner = _SCANNER
        stop = scanner.whole(data, pos, end)
        if stop < 0:
            self.begin_request(ts_ns, seq)
            self._parser = RequestParser()
            return self._read_part(data, pos, end, ts_ns, seq, ack)
        line_stop = scanner.line_stop
        if line_stop - pos > LINE_BYTES:
            line_stop = pos + LINE_BYTES
        line = scanner.line
        request = self.pool.take()
        request.raw = data[pos:line_stop]
        request.kind = line.form
        request.tag = line.tag
        request.count = 0
        request.size = stop - pos
        request.first_ns = ts_ns
        request.flags = OUT_OF_ORDER if self.notes else 0
        if scanner.plain and self.trust == EXACT and not self._silent_since:
            self._stored = line.block >= 0
            self.arrived(request, seq, (seq + stop - pos) & MASK, ts_ns, ack)
        else:
            self._ask(request, line, scanner.bad_block, seq, ts_ns, ack)
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
        request.tag = parser.line.tag
        request.count = 0
        self._ask(request, parser.line, parser.bad_block, self.request_seq, ts_ns, ack)
        return True

    def _ask(
        self, request: Request, line: CommandLine, bad_block: bool, seq: i64, ts_ns: i64, ack: i64
    ) -> None:
        """Tell a request that may be other than plain."""
        if line.word == UNKNOWN:
            request.raw = hidden(request.raw, self._stored)
        else:
            self._stored = line.word in (STORAGE, CAS, META_SET)
        if bad_block:
            request.kind = UNKNOWN  # an error answers it
        if line.unsure or bad_block:
            self._be_unsure()
        end = (seq + request.size) & MASK
        if line.word == STATS and _WITHOUT_END in request.raw:
            self.counts.drop("unclear what is replied", 1)
            self.pool.put(request)
            self.miss_replies(0)
        elif line.word == QUIT or (line.silent and not self._may_log_in(request)):
            self._silent_since = True
            self.silent(request, seq, ts_ns, ack)
        else:
            self._consider(request, line)
            if (line.quiet and not bad_block) or line.silent:
                self.asked_quietly(request, seq, end, ts_ns, ack)
            else:
                self.arrived(request, seq, end, ts_ns, ack)

    def _may_log_in(self, request: Request) -> bool:
        """Whether a silent request is answered if the server wants a login.

        A login (-Y) is a `set`; noreply does not hide its answer. It is a connection's
        first request with an answer.
        """
        if not self.may_log_in or request.kind != STORAGE or self.reply_first_ns != NO_TIME:
            return False
        self.may_log_in = False
        request.count = _MAY_LOG_IN
        return True

    def _consider(self, request: Request, line: CommandLine) -> None:
        """Note what has to be looked at when the reply comes."""
        if self._silent_since:
            request.count |= _BEHIND_SILENT
            self._silent_since = False
        if line.quiet or line.tag != 0:
            request.count |= line.hides | (_TAGGED if line.tag != 0 else 0)
            self._reader.reads_tags = True
            if line.binary:
                self._reader.keeps_tagged = True
        if self.trust != EXACT and self._key_is_new(request, line):
            request.count |= _NEW_KEY

    def _key_is_new(self, request: Request, line: CommandLine) -> bool:
        """Whether no request that was seen has asked for the keys that the reply may repeat."""
        proof = self._key_proof()
        if proof.full:
            return False
        raw = request.raw
        if line.form == RETRIEVAL:
            return proof.asked(retrieved_keys(raw), len(raw) < LINE_BYTES)
        if not line.tag & KEY_TAG:
            return False
        key = key_of(raw)
        return key is not None and proof.asked([_META_KEY + key], True)

    def _key_proof(self) -> KeyProof:
        proof = self._proof
        if proof is None:
            proof = self._proof = KeyProof(0 if self._began else UNKNOWN_UNSEEN)
        return proof

    def _be_unsure(self) -> None:
        """Other versions of the server may read what follows in another way."""
        self._key_proof().doubted()
        if self.trust == EXACT:
            self.trust = INFERRED
            self.refresh()

    def begins_request(self, data: bytes, start: i64, end: i64) -> bool:
        begins = begins_command(data, start, end)
        if not begins:
            self._key_proof().missed(end - start, 0)
        return begins

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
        count = request.count
        if is_error(kind):
            return may_fail(request.kind, self._reader.head)
        if self.plain and count == 0 and self._reader.tag == 0:
            return True
        if count & _HIDES & NOMINAL[kind]:
            return False
        if request.tag != self._reader.tag:
            return self._repeats_otherwise(request, kind)
        if self.plain and not count & _MAY_LOG_IN:
            return True
        if count & _MAY_LOG_IN:
            return kind == R_STORED
        return request.kind != RETRIEVAL or kind != R_VALUES or self._value_matches(request)

    def _value_matches(self, request: Request) -> bool:
        words = self._reader.head.split(b" ")
        if len(words) < 2 or len(request.raw) >= LINE_BYTES:
            return True
        return words[1] in request.raw.split(b" ")

    def _repeats_otherwise(self, request: Request, kind: i64) -> bool:
        """Whether a reply with another tag repeats what it should, written in another way."""
        head = self._reader.head
        if self._reader.tag == 0:
            # older servers repeat nothing in a miss; or flags were not read yet
            return kind == R_EN or not self._reader.reads_tags
        if not head or not request.count & _TAGGED:
            return False
        return repeats(reply_flags(head), request_flags(request.raw))

    def proves(self, request: Request) -> bool:
        proof = self._proof
        if proof is None or self.lossy or not request.count & _NEW_KEY:
            return False
        if not proof.bounded and (self.pipelines or self.overlaps):
            return False
        return self._repeats_key(request) and _is_alone(request) and proof.repeated()

    def _repeats_key(self, request: Request) -> bool:
        """Whether the reply just read holds a key that the request asked for."""
        reader = self._reader
        if request.kind == RETRIEVAL:
            words = reader.head.split(b" ")
            asked = retrieved_keys(request.raw)
            return reader.kind == R_VALUES and len(words) > 1 and words[1] in asked
        return request.tag & KEY_TAG != 0 and reader.tag == request.tag

    def tells_success(self, request: Request) -> bool:
        return request.kind == META_GET

    def is_whole(self, request: Request) -> bool:
        # memcached 1.6 sends each value in an answer of its own
        keys = keys_asked(request.raw) if request.kind == RETRIEVAL else 1
        return keys == 1 or (self._reader.hits == keys and len(request.raw) < LINE_BYTES)

    def is_push(self) -> bool:
        return self._reader.kind == R_LOG

    def reply_kind(self) -> i64:
        return self._reader.kind

    def command_name(self, request: Request) -> bytes:
        return command_word(request.raw)

    def may_answer(self, name: bytes, kind: int) -> bool:
        return may_answer(name, kind)

    def breaks(self, request: Request) -> bool:
        if self._reader.kind != R_CLIENT_ERROR or request.next is None:
            return False
        return self._reader.head == UNAUTHENTICATED  # one answer to all that came in one read

    def doubts(self, request: Request) -> bool:
        if not request.count & _BEHIND_SILENT or not is_error(self._reader.kind):
            return False
        # the silent one may have failed: this server hides that, another may not
        self._key_proof().doubted()
        return True

    def request_gap(self, size: i64, seq: i64) -> None:
        waiting = self.queue.size
        super().request_gap(size, seq)
        self._note_missed(size, waiting)

    def request_skip(self, size: i64, ts_ns: i64, seq: i64) -> None:
        waiting = self.queue.size
        super().request_skip(size, ts_ns, seq)
        self._note_missed(size, waiting)

    def _note_missed(self, size: i64, waiting: i64) -> None:
        if self.request_state == SEARCHING:
            self._key_proof().missed(size, waiting)

    def contradicted(self, reason: str) -> None:
        self._key_proof().doubted()
        super().contradicted(reason)

    def refresh(self) -> None:
        super().refresh()
        if self.trust == LOST and self._proof is not None:
            self._proof.interrupted()
        self._reader.keep_head = not self.plain

    # Exchanges

    def command_number(self, request: Request, commands: CommandNumbers, replied: bool) -> i64:
        line = request.raw
        number = known_number(line, commands)
        if number == NOT_KNOWN:
            served = replied and not is_error(self._reader.kind)
            number = learned_number(line, commands, served)
        return number

    def is_error_reply(self) -> bool:
        return is_error(self._reader.kind)

    def describe_request(self, request: Request, exchange: Exchange) -> None:
        describe_command(request.raw, exchange)
        if self.recorder.keeps_keys and exchange.key is not None:
            whole = len(request.raw) < LINE_BYTES
            exchange.keys = kept_keys(request.raw, request.kind == RETRIEVAL, whole)

    def describe_reply(self, request: Request, exchange: Exchange) -> None:
        reader = self._reader
        describe_answer(request.kind, reader.kind, reader.hits, reader.head, exchange)


def _is_alone(request: Request) -> bool:
    """Whether no request that waits behind it may have asked for the same key."""
    seen: i64 = 0
    other = request.next
    while other is not None:
        repeats_key = other.kind == RETRIEVAL or other.tag & KEY_TAG != 0
        if (repeats_key and not other.count & _NEW_KEY) or seen >= UNKNOWN_UNSEEN:
            return False
        seen += 1
        other = other.next
    return True
