"""The commands that change what follows on a connection, and what they change.

CLIENT REPLY (networking.c: clientCommand, resetClient), MULTI, pub/sub (`subscription`),
MONITOR, PSYNC and REPLCONF (replication.c). Checked against a running server of version 7.0.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.protocols.message import BLOCKING, REPLICATION, TRANSACTION
from tcpkit.protocols.pairing import Request
from tcpkit.protocols.redis.command import SECRET_OF_ACL, StreamOptions
from tcpkit.protocols.redis.subscription import (
    CONFIRMATIONS,
    FAMILY,
    MESSAGES,
    NEEDS_CHANNEL,
    Subscriptions,
    first_string,
    is_refused,
)

# Request.kind; 0 is an ordinary command
ORDINARY: Final = 0
ECHOES: Final = 1  # the reply repeats an argument
SUBSCRIBES: Final = 2  # a confirmation for each channel
MONITORS: Final = 3
REPLICATES: Final = 4
BREAKS: Final = 5  # what it gets, or what those behind it get, cannot be told
RESETS: Final = 6
HELLOS_2: Final = 7
HELLOS_3: Final = 8
FLAGGED: Final = 9  # ordinary, but for its flags
SECRET: Final = 10  # an EXEC whose reply is not to be shown

_BLOCKING: Final = frozenset(
    b"BLPOP BRPOP BLMOVE BLMPOP BRPOPLPUSH BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF".split()
)
_READS_STREAM: Final = frozenset([b"XREAD", b"XREADGROUP"])
_OTHERS: Final = b"CLIENT MULTI EXEC DISCARD MONITOR RESET PSYNC SYNC ECHO REPLCONF HELLO".split()
# What the server hears only from attackers: it closes the connection (server.c).
ATTACKS: Final = frozenset([b"HOST:", b"POST"])
_UNANSWERED: Final = frozenset([b"ACK", b"GETACK"])  # of REPLCONF

_PUSH: Final = 62
_ARRAY: Final = 42
_SIMPLE: Final = 43


def name_slot(size: i64, first: i64, second: i64) -> i64:
    """Where a command of this length and these first two letters stands in SPECIAL."""
    return (size & 15) << 10 | (first & 31) << 5 | (second & 31)


def _special_names() -> bytes:
    """What a name may be: 1 one of interest, 2 one that is of interest with an argument."""
    table = bytearray(1 << 14)
    for name in [b"PING", *_BLOCKING, *_READS_STREAM, *FAMILY, *_OTHERS, *ATTACKS]:
        table[name_slot(len(name), name[0], name[1])] = 2 if name == b"PING" else 1
    return bytes(table)


SPECIAL: Final = _special_names()


@final
class Mode:
    """What the connection's earlier commands mean for its next ones.

    `watchful`: replies may be other than one for each request; the session then looks
    at each of them.
    """

    __slots__ = (
        "reply_off", "skip_next", "in_transaction", "poisoned", "monitoring", "plans_monitoring",
        "replicating", "subscriptions", "certain", "reply_unknown", "resp3", "plans_resp3",
        "dialect_unknown", "has_secret",
    )  # fmt: skip

    def __init__(self, certain: bool) -> None:
        self.certain = certain  # all that matters was seen since the connection's start
        self.reply_unknown = False  # replies were off, and then requests were missed
        self.reply_off = False
        self.skip_next = False
        self.resp3 = False
        self.plans_resp3 = False  # the same if what was sent succeeds
        self.dialect_unknown = False  # a HELLO was sent whose reply was hidden
        self.in_transaction = False
        self.poisoned = False  # the transaction holds what breaks EXEC's count of replies
        self.has_secret = False  # the transaction holds a command whose reply is secret
        self.monitoring = False
        self.plans_monitoring = False  # the same if what was sent succeeds
        self.replicating = False  # the server sends commands, and answers none
        self.subscriptions: Subscriptions | None = None

    @property
    def watchful(self) -> bool:
        subscriptions = self.subscriptions
        if subscriptions is not None and (subscriptions.waiting > 0 or subscriptions.any):
            return True
        return self.monitoring

    @property
    def hides(self) -> bool:
        """Whether the next command gets no reply."""
        return self.reply_off or self.skip_next

    @property
    def _plans_subscription(self) -> bool:
        subscriptions = self.subscriptions
        return subscriptions is not None and len(subscriptions.planned) > 0

    def missed(self, requests: bool) -> None:
        """Bytes are missing, of the requests or of the replies."""
        self.certain = False
        if requests:
            self.skip_next = False
            self.in_transaction = False
            self.reply_unknown = self.reply_off

    def request(self, request: Request, arguments: list[bytes]) -> None:
        """Take a request into account: its kind, flags and number of replies.

        Raises ProtocolError for what makes the server close at once.
        """
        hidden = self.reply_off or self.skip_next
        skipped = self.skip_next
        self.skip_next = False
        name = arguments[0].upper() if arguments else b""
        count = len(arguments)
        if name in ATTACKS:
            raise ProtocolError("HTTP")
        if self.replicating:
            self._of_replica(request, name, arguments)
        elif self._plans_subscription and not self.plans_resp3 and is_refused(name):
            request.kind = FLAGGED
        elif name == b"REPLCONF" and not self.in_transaction:
            self._of_replica(request, name, arguments)
        elif name == b"CLIENT" and count == 3 and arguments[1].upper() == b"REPLY":
            hidden = self._client_reply(arguments[2].upper(), hidden)
        elif name == b"RESET" and count == 1:
            hidden = skipped
            self._reset(request, hidden)
        elif name in FAMILY and (count > 1 or name not in NEEDS_CHANNEL):
            hidden = self._subscription(request, name, arguments) and hidden
        elif count == 1 and name in (b"MULTI", b"EXEC", b"DISCARD"):
            self._transaction(request, name)
        elif self.in_transaction:
            request.kind = FLAGGED
            request.flags = request.flags | TRANSACTION
            if name == b"ACL" and count > 1 and arguments[1].upper() in SECRET_OF_ACL:
                self.has_secret = True
            elif name == b"REPLCONF" or name == b"HELLO":
                self.poisoned = True  # the one may get no reply, the other may change them all
        else:
            self._plain(request, name, arguments, hidden)
        if hidden:
            request.expected = 0
        unsure = self.plans_resp3 and not self.resp3 and self._plans_subscription
        if unsure and request.expected == 0 and is_refused(name):
            request.kind = BREAKS  # an error in RESP2, and the HELLO before it may still fail

    def _of_replica(self, request: Request, name: bytes, arguments: list[bytes]) -> None:
        """What a replica sends: REPLCONF ACK and GETACK get no reply, whoever sends them."""
        request.flags = request.flags | REPLICATION
        request.kind = FLAGGED
        second = arguments[1].upper() if len(arguments) > 1 else b""
        if name == b"REPLCONF" and len(arguments) % 2 == 1 and second in _UNANSWERED:
            request.expected = 0
        elif self.replicating:
            # anything else that would be answered makes the server close the link
            if name == b"REPLCONF" or name == b"PSYNC" or name == b"SYNC":
                request.expected = 0
        elif any(word.upper() in _UNANSWERED for word in arguments[3::2]):
            request.kind = BREAKS  # unless an option before it is refused
            request.expected = 0

    def _reset(self, request: Request, hidden: bool) -> None:
        request.kind = RESETS
        self.plans_resp3 = False
        self.plans_monitoring = False
        if self.subscriptions is not None:
            self.subscriptions.planned.clear()
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
        subscriptions = self.subscriptions
        if subscriptions is None:
            subscriptions = self.subscriptions = Subscriptions()
        subscriptions.waiting += 1
        subscriptions.plan(name, arguments, count == 0)
        return False

    def _transaction(self, request: Request, name: bytes) -> None:
        request.kind = FLAGGED
        if name == b"MULTI":
            self.in_transaction = True
            self.has_secret = False
        elif not self.in_transaction:
            if name == b"EXEC" and not self.certain:
                request.kind = SECRET  # of a transaction whose begin was not seen
            return
        else:
            if name == b"EXEC" and self.poisoned:
                request.kind = BREAKS
            elif name == b"EXEC" and self.has_secret:
                request.kind = SECRET
            self.in_transaction = False
            self.poisoned = False
        request.flags = request.flags | TRANSACTION

    def _plain(self, request: Request, name: bytes, arguments: list[bytes], hidden: bool) -> None:
        if name in _BLOCKING or (name in _READS_STREAM and StreamOptions(arguments).blocks):
            request.kind = FLAGGED
            request.flags = request.flags | BLOCKING
        elif self.plans_monitoring and _takes_over(name, len(arguments)):
            request.kind = FLAGGED
            request.expected = 0  # "already slave or in monitor mode" (replication.c)
        elif name == b"MONITOR":
            request.kind = MONITORS
            self.plans_monitoring = True
            self.monitoring = self.monitoring or hidden
        elif name == b"PSYNC" or name == b"SYNC":
            # CLIENT REPLY hides an error, and nothing else of what comes back
            request.kind = BREAKS if hidden else REPLICATES
            request.flags = request.flags | REPLICATION
        elif name == b"HELLO" and len(arguments) > 1:
            self.plans_resp3 = arguments[1] == b"3"
            request.kind = HELLOS_3 if self.plans_resp3 else HELLOS_2
            self.dialect_unknown = self.dialect_unknown or hidden
        elif len(arguments) == 2 and (name == b"ECHO" or name == b"PING"):
            request.kind = ECHOES

    def is_push(self, kind: int, head: bytes, oldest: Request | None) -> bool:
        """Whether a message is none that a request waits for; `head` is its beginning.

        Raises ProtocolError where that cannot be told.
        """
        if kind == _PUSH:
            confirms = first_string(head) in CONFIRMATIONS
            return not (confirms and oldest is not None and oldest.kind == SUBSCRIBES)
        if kind == _ARRAY and not self.resp3:
            # a message comes after a confirmation, if only one of several
            subscribed = self.subscriptions is not None and self.subscriptions.any
            if (subscribed or not self.certain) and first_string(head) in MESSAGES:
                if self.dialect_unknown and oldest is not None:
                    raise ProtocolError("a message in RESP2, a list in RESP3")
                return True
            return False
        if kind == _SIMPLE and self.monitoring:
            return len(head) > 1 and 48 <= head[1] <= 57
        return False

    def confirmed(self, request: Request, head: bytes) -> bool:
        """Take a confirmation into account; True if it was the last one for `request`."""
        subscriptions = self.subscriptions
        return subscriptions is None or subscriptions.confirmed(request, head)

    def ended(self, request: Request, failed: bool) -> bool:
        """`request` has its reply; `failed`: that was an error.

        False if what was assumed of the requests behind it may be wrong.
        """
        subscriptions = self.subscriptions
        if request.kind == SUBSCRIBES:
            if subscriptions is not None:
                subscriptions.waiting -= 1
            if failed:
                return False
        elif request.kind == MONITORS:
            self.monitoring = not failed
            if failed:
                self.plans_monitoring = False
                return False
        elif request.kind == HELLOS_2 or request.kind == HELLOS_3:
            if failed:
                self.plans_resp3 = self.resp3
                return not self._plans_subscription
            self.resp3 = request.kind == HELLOS_3
            self.dialect_unknown = False
        elif request.kind == RESETS and not failed:
            self.monitoring = False
            self.resp3 = False
            self.dialect_unknown = False
            if subscriptions is not None:
                subscriptions.channels.clear()
                subscriptions.patterns.clear()
                subscriptions.shards.clear()
        return True


def _takes_over(name: bytes, count: i64) -> bool:
    """Whether a request makes the connection one that is fed without asking."""
    return (count == 1 and name in (b"MONITOR", b"SYNC")) or (count > 2 and name == b"PSYNC")
