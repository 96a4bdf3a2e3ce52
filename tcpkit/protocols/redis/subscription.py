"""Publish and subscribe: what a connection is subscribed to, and which messages confirm it.

Each of N channels is confirmed apart; UNSUBSCRIBE without channels is confirmed once for
each that was subscribed, or once with nil (pubsub.c). Checked against version 7.0.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.protocols.pairing import Request

MAX_CHANNELS: Final = 65536  # of one connection; more are not told apart

NEEDS_CHANNEL: Final = frozenset([b"SUBSCRIBE", b"PSUBSCRIBE", b"SSUBSCRIBE"])
WHILE_SUBSCRIBED: Final = frozenset([b"PING", b"QUIT", b"RESET"])  # of RESP2
FAMILY: Final = frozenset(
    b"SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUNSUBSCRIBE".split()
)
CONFIRMATIONS: Final = frozenset(name.lower() for name in FAMILY)
MESSAGES: Final = frozenset([b"message", b"pmessage", b"smessage"])


@final
class Subscriptions:
    """Of one connection, once it has sent one of the FAMILY.

    `planned` holds what there will be if all that was sent succeeds; its names have their
    sort before them.
    """

    __slots__ = ("channels", "patterns", "shards", "planned", "waiting")

    def __init__(self) -> None:
        self.channels: set[bytes] = set()
        self.patterns: set[bytes] = set()
        self.shards: set[bytes] = set()
        self.planned: set[bytes] = set()
        self.waiting: i64 = 0  # requests of the FAMILY that wait for confirmations

    @property
    def any(self) -> bool:
        return bool(self.channels or self.patterns or self.shards)

    def plan(self, name: bytes, arguments: list[bytes], all_of_sort: bool) -> None:
        """A request of the FAMILY was sent; `all_of_sort`: it names no channels."""
        if name in NEEDS_CHANNEL:
            sort = b"" if name == b"SUBSCRIBE" else name[:1]
            if len(self.planned) < MAX_CHANNELS:
                self.planned.update(sort + b" " + channel for channel in arguments[1:])
            return
        sort = b"" if name == b"UNSUBSCRIBE" else name[:1]
        if all_of_sort:
            gone = [channel for channel in self.planned if channel.startswith(sort + b" ")]
            self.planned.difference_update(gone)
        else:
            self.planned.difference_update(sort + b" " + channel for channel in arguments[1:])

    def confirmed(self, request: Request, head: bytes) -> bool:
        """Take a confirmation into account; True if it was the last one for `request`."""
        strings = strings_of(head, 2)
        word = strings[0] if strings else b""
        if word not in CONFIRMATIONS:
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
        if request.expected == 1:
            return True
        request.expected -= 1
        return False


def is_refused(name: bytes) -> bool:
    """Whether RESP2 answers a command with an error while the connection is subscribed."""
    return name not in FAMILY and name not in WHILE_SUBSCRIBED


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
