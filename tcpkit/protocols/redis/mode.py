"""The commands that change what follows on a connection, and what they change.

CLIENT REPLY (networking.c: clientCommand, resetClient), MULTI, pub/sub (pubsub.c),
MONITOR, PSYNC. Checked against a running server of version 7.0.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.protocols.message import BLOCKING, REPLICATION, TRANSACTION
from tcpkit.protocols.pairing import Request
from tcpkit.protocols.redis.command import StreamOptions

# Request.kind; 0 is an ordinary command
ORDINARY: Final = 0
ECHOES: Final = 1  # the reply repeats an argument
SUBSCRIBES: Final = 2  # a confirmation for each channel
MONITORS: Final = 3
REPLICATES: Final = 4
BREAKS: Final = 5  # EXEC of commands that make its reply disagree with its header
RESETS: Final = 6
HELLOS_2: Final = 7
HELLOS_3: Final = 8
FLAGGED: Final = 9  # ordinary, but for its flags

MAX_CHANNELS: Final = 65536  # of one connection; more are not told apart

_BLOCKING: Final = frozenset(
    b"BLPOP BRPOP BLMOVE BLMPOP BRPOPLPUSH BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF".split()
)
_READS_STREAM: Final = frozenset([b"XREAD", b"XREADGROUP"])
_NEEDS_CHANNEL: Final = frozenset([b"SUBSCRIBE", b"PSUBSCRIBE", b"SSUBSCRIBE"])
_WHILE_SUBSCRIBED: Final = frozenset([b"PING", b"QUIT", b"RESET"])  # of RESP2
_SUBSCRIBES: Final = frozenset(
    b"SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUNSUBSCRIBE".split()
)
_CONFIRMATIONS: Final = frozenset(name.lower() for name in _SUBSCRIBES)
_MESSAGES: Final = frozenset([b"message", b"pmessage", b"smessage"])
_OTHERS: Final = b"CLIENT MULTI EXEC DISCARD MONITOR RESET PSYNC SYNC ECHO REPLCONF HELLO".split()

_PUSH: Final = 62
_ARRAY: Final = 42
_SIMPLE: Final = 43


def name_slot(size: i64, first: i64, second: i64) -> i64:
    """Where a command of this length and these first two letters stands in SPECIAL."""
    return (size & 15) << 10 | (first & 31) << 5 | (second & 31)


def _special_names() -> bytes:
    """What a name may be: 1 one of interest, 2 one that is of interest with an argument."""
    table = bytearray(1 << 14)
    for name in [b"PING", *_BLOCKING, *_READS_STREAM, *_SUBSCRIBES, *_OTHERS]:
        table[name_slot(len(name), name[0], name[1])] = 2 if name == b"PING" else 1
    return bytes(table)


SPECIAL: Final = _special_names()
WITH_ARGUMENT: Final = 2


@final
class Mode:
    """What the connection's earlier commands mean for its next ones.

    `watchful`: replies may be other than one for each request; the session then looks
    at each of them.
    """

    __slots__ = (
        "reply_off", "skip_next", "in_transaction", "poisoned", "monitoring", "replicating",
        "channels", "patterns", "shards", "subscribing", "certain", "reply_unknown", "resp3",
        "planned", "plans_resp3",
    )  # fmt: skip

    def __init__(self, certain: bool) -> None:
        self.certain = certain  # all that matters was seen since the connection's start
        self.reply_unknown = False  # replies were off, and then requests were missed
        self.reply_off = False
        self.skip_next = False
        self.resp3 = False
        self.plans_resp3 = False  # the same if what was sent succeeds; `planned` likewise
        self.planned: set[bytes] = set()  # subscriptions, with their sort before the name
        self.in_transaction = False
        self.poisoned = False  # the transaction holds what breaks EXEC's count of replies
        self.monitoring = False
        self.replicating = False
        self.channels: set[bytes] = set()
        self.patterns: set[bytes] = set()
        self.shards: set[bytes] = set()
        self.subscribing: i64 = 0  # requests of the SUBSCRIBE family that wait

    @property
    def watchful(self) -> bool:
        return self.monitoring or self.subscribing > 0 or self.subscribed

    @property
    def subscribed(self) -> bool:
        return bool(self.channels or self.patterns or self.shards)

    @property
    def hides(self) -> bool:
        """Whether the next command gets no reply."""
        return self.reply_off or self.skip_next

    def missed(self, requests: bool) -> None:
        """Bytes are missing, of the requests or of the replies."""
        self.certain = False
        if requests:
            self.skip_next = False
            self.in_transaction = False
            self.reply_unknown = self.reply_off

    def request(self, request: Request, arguments: list[bytes]) -> None:
        """Take a request into account: its kind, flags and number of replies."""
        hidden = self.reply_off or self.skip_next
        skipped = self.skip_next
        self.skip_next = False
        name = arguments[0].upper() if arguments else b""
        count = len(arguments)
        if self.planned and not self.plans_resp3 and _is_refused(name):
            request.kind = FLAGGED
        elif name == b"CLIENT" and count == 3 and arguments[1].upper() == b"REPLY":
            hidden = self._client_reply(arguments[2].upper(), hidden)
        elif name == b"RESET" and count == 1:
            hidden = skipped
            self._reset(request, hidden)
        elif name in _SUBSCRIBES and (count > 1 or name not in _NEEDS_CHANNEL):
            hidden = self._subscription(request, name, arguments) and hidden
        elif count == 1 and name in (b"MULTI", b"EXEC", b"DISCARD"):
            self._transaction(request, name)
        elif self.in_transaction:
            request.kind = FLAGGED
            request.flags = request.flags | TRANSACTION
        else:
            self._plain(request, name, arguments, hidden)
        if hidden:
            request.expected = 0

    def _reset(self, request: Request, hidden: bool) -> None:
        request.kind = RESETS
        self.plans_resp3 = False
        self.planned.clear()
        self.reply_off = False
        self.reply_unknown = False
        self.in_transaction = False
        self.poisoned = False
        if hidden:
            self.ended(request, False)

    def _client_reply(self, how: bytes, hidden: bool) -> bool:
        """Whether this CLIENT REPLY itself gets no reply."""
        if self.in_transaction:
            self.poisoned = True
            return hidden
        if how == b"ON":
            self.reply_off = False
            self.reply_unknown = False
            return False
        if how == b"OFF":
            self.reply_off = True
            self.reply_unknown = False
            return True
        if how == b"SKIP":
            self.skip_next = not self.reply_off
            return True
        return hidden

    def _subscription(self, request: Request, name: bytes, arguments: list[bytes]) -> bool:
        """Whether CLIENT REPLY hides what comes back: not confirmations."""
        if self.in_transaction:
            self.poisoned = True
            request.kind = FLAGGED
            request.flags = request.flags | TRANSACTION
            return True
        request.kind = SUBSCRIBES
        if request.count > len(arguments):
            self.certain = False  # not all of the channels are known
        count = request.count - 1
        request.expected = count if count > 0 else -1  # -1: told by the subscriptions
        self.subscribing += 1
        sort = name[:1]
        if name in _NEEDS_CHANNEL:
            sort = b"" if name == b"SUBSCRIBE" else sort
            if len(self.planned) < MAX_CHANNELS:
                self.planned.update(sort + b" " + channel for channel in arguments[1:])
            return False
        sort = b"" if name == b"UNSUBSCRIBE" else sort
        if count > 0:
            self.planned.difference_update(sort + b" " + channel for channel in arguments[1:])
        else:
            gone = [channel for channel in self.planned if channel.startswith(sort + b" ")]
            self.planned.difference_update(gone)
        return False

    def _transaction(self, request: Request, name: bytes) -> None:
        request.kind = FLAGGED
        if name == b"MULTI":
            self.in_transaction = True
        elif not self.in_transaction:
            return
        else:
            if name == b"EXEC" and self.poisoned:
                request.kind = BREAKS
            self.in_transaction = False
            self.poisoned = False
        request.flags = request.flags | TRANSACTION

    def _plain(self, request: Request, name: bytes, arguments: list[bytes], hidden: bool) -> None:
        if name in _BLOCKING or (name in _READS_STREAM and StreamOptions(arguments).blocks):
            request.kind = FLAGGED
            request.flags = request.flags | BLOCKING
        elif name == b"MONITOR":
            request.kind = MONITORS
            self.monitoring = self.monitoring or hidden
        elif name == b"PSYNC" or name == b"SYNC":
            request.kind = REPLICATES
            request.flags = request.flags | REPLICATION
        elif name == b"REPLCONF":
            request.kind = FLAGGED
            request.flags = request.flags | REPLICATION
            if self.replicating:
                request.expected = 0
        elif name == b"HELLO" and len(arguments) > 1:
            self.plans_resp3 = arguments[1] == b"3"
            request.kind = HELLOS_3 if self.plans_resp3 else HELLOS_2
        elif len(arguments) == 2 and (name == b"ECHO" or name == b"PING"):
            request.kind = ECHOES

    def is_push(self, kind: int, head: bytes, oldest: Request | None) -> bool:
        """Whether a message is none that a request waits for; `head` is its beginning."""
        if kind == _PUSH:
            confirms = first_string(head) in _CONFIRMATIONS
            return not (confirms and oldest is not None and oldest.kind == SUBSCRIBES)
        watches = self.subscribed or self.subscribing > 0 or not self.certain
        if kind == _ARRAY and watches and not self.resp3:
            return first_string(head) in _MESSAGES
        if kind == _SIMPLE and self.monitoring:
            return len(head) > 1 and 48 <= head[1] <= 57
        return False

    def confirmed(self, request: Request, head: bytes) -> bool:
        """Take a confirmation into account; True if it was the last one for `request`."""
        strings = strings_of(head, 2)
        word = strings[0] if strings else b""
        if word not in _CONFIRMATIONS:
            return True  # an error: it answers the whole command
        names = self.channels
        if word.startswith(b"p"):
            names = self.patterns
        elif word.startswith(b"s") and word != b"subscribe":
            names = self.shards
        if request.expected < 0:
            request.expected = max(1, len(names))
        if len(strings) > 1:
            if b"unsub" in word:
                names.discard(strings[1])
            elif len(names) < MAX_CHANNELS:
                names.add(strings[1])
        request.expected -= 1
        return request.expected <= 0

    def ended(self, request: Request, failed: bool) -> bool:
        """`request` has its reply; `failed`: that was an error.

        False if what was assumed of the requests behind it may be wrong.
        """
        if request.kind == SUBSCRIBES:
            self.subscribing -= 1
            if failed:
                return False
        elif request.kind == MONITORS:
            self.monitoring = not failed
        elif request.kind == REPLICATES:
            self.replicating = not failed
        elif request.kind == HELLOS_2 or request.kind == HELLOS_3:
            if failed:
                self.plans_resp3 = self.resp3
                return not self.planned
            self.resp3 = request.kind == HELLOS_3
        elif request.kind == RESETS and not failed:
            self.monitoring = False
            self.resp3 = False
            self.channels.clear()
            self.patterns.clear()
            self.shards.clear()
        return True


def _is_refused(name: bytes) -> bool:
    """Whether RESP2 answers a command with an error while the connection is subscribed."""
    return name not in _SUBSCRIBES and name not in _WHILE_SUBSCRIBED


def strings_of(head: bytes, count: int) -> list[bytes]:
    """The first `count` elements of the aggregate that `head` begins, if they are strings.

    >>> strings_of(b"*3\\r\\n$7\\r\\nmessage\\r\\n$1\\r\\na\\r\\n$2\\r\\nhi\\r\\n", 2)
    [b'message', b'a']
    """
    found: list[bytes] = []
    at = head.find(b"\r\n") + 2
    while len(found) < count and 1 < at < len(head):
        line_end = head.find(b"\r\n", at)
        if line_end < 0 or head[at : at + 1] != b"$":
            break
        digits = head[at + 1 : line_end]
        if not digits.isdigit() or len(digits) > 9:
            break
        begin = line_end + 2
        at = begin + int(digits) + 2
        found.append(head[begin : at - 2])
    return found


def first_string(head: bytes) -> bytes:
    strings = strings_of(head, 1)
    return strings[0] if strings else b""
