"""Requests that wait for their replies, in order, and how far that order is believed.

For protocols whose replies carry no id, a reply belongs to the oldest waiting request,
if no request and no reply was missed. What is known of that is the trust:

EXACT      every byte since the connection's start was seen, or a proof since
INFERRED   in step by all appearances: after a loss, or begun in mid-stream
TRIAL      in step by a first guess: exchanges are kept back until it is confirmed
LOST       something was missed: nothing is paired

Out of LOST leads an anchor. A request tells, by its segment's acknowledgment, how far
the replies had come when it was sent. If a reply begins just there, and the client is
one that waits for all replies before it sends again, the reply is that request's. The
client is known to be such one if the connection showed so before (`drains`), else the
pairs are on trial: TRIAL_LIMIT of them are kept until the guess is confirmed, and all
are dropped when it is contradicted: by a reply that nobody waits for, that comes before
its request was received, or of a type that its request cannot have.

A client that keeps several requests outstanding all the time looks on the wire like one
that waits, one step shifted. Where commands differ their types of reply tell; equal
commands do not, so there a trial ends well only after a pause, at the connection's end,
or when TRIAL_LIMIT exchanges had no reply too many. On a connection older than the
capture the last is not enough: nothing tells what was outstanding before. There the client
must be seen to be a leisurely one, that lets much more time pass before it asks than the
server does before it answers: with a reply still to come, that reply would have come first.
A capture that ends after FEW exchanges or fewer is believed without that, or a short one
would show nothing.
"""

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from tcpkit.protocols.message import Exchange

LOST: Final = 0
TRIAL: Final = 1
INFERRED: Final = 2
EXACT: Final = 3

SHIFTS: Final = 3  # so many requests at most may be outstanding without having been seen
TRIAL_LIMIT: Final = 128
PERHAPS: Final = 0  # Request.expected: a reply or none, what follows tells
DOUBTFUL: Final = -2  # Request.expected: replies came, whose they are cannot be told
TRIALS_TOTAL: Final = 65536  # exchanges on trial on all connections together; about 50 MB
DRAINS_NEEDED: Final = 2  # times a client was seen to wait before its habit is believed
PAUSE_NS: Final = 20_000_000  # a pause confirms a trial if it is at least this long ...
PAUSE_FACTOR: Final = 8  # ... and this many times the longest latency of the trial
REST_NS: Final = 1_000_000_000  # after this long even a client that overlaps has all replies
HABIT: Final = 8  # the same, where nothing else speaks for it
FEW: Final = 4  # exchanges of a connection that are believed, if nothing speaks against them
LEISURE_FACTOR: Final = 2  # a request came leisurely: after so many times its own latency
LEISURE_QUARTERS: Final = 3  # a client is leisurely if so many quarters of its requests were
POOL_SIZE: Final = 1024
MAX_WAITING: Final = 262144  # requests waiting on one connection; about 60 MB
MAX_WAITING_LOST: Final = 4096  # while nothing can be paired


@final
class Request:
    """A request that waits. Positions are sequence numbers, times ns.

    `raw` is the captured request, perhaps cut, or `arguments` its parts. `anchor` is
    the reply position acknowledged with it, `end` the position behind its last byte.
    `tag` is what a reply repeats, where the protocol has such a thing.
    """

    __slots__ = (
        "next", "raw", "arguments", "count", "kind", "expected", "tag", "seq", "end", "anchor",
        "first_ns", "last_ns", "size", "depth", "flags", "timed_out", "leads", "rested",
        "resent_ns",
    )  # fmt: skip

    def __init__(self) -> None:
        self.next: Request | None = None
        self.raw = b""
        self.arguments: list[bytes] | None = None
        self.count: i64 = 0
        self.kind: i64 = 0
        self.expected: i64 = 1  # replies that it gets; -1: not known; or PERHAPS, DOUBTFUL
        self.tag: i64 = 0
        self.seq: i64 = 0
        self.end: i64 = 0
        self.anchor: i64 = 0
        self.first_ns: i64 = 0
        self.last_ns: i64 = 0
        self.size: i64 = 0
        self.depth: i64 = 0
        self.flags: i64 = 0
        self.timed_out = False  # logged as `timeout`, or not to be
        self.leads = False  # the request before it was seen, and had another anchor
        self.resent_ns: i64 = 0  # when it was last sent again, if its flags say that it was
        self.rested = False  # nothing had moved for REST_NS when it came


@final
class RequestPool:
    """Requests that are done with, to be used again: the plain case makes no object."""

    __slots__ = ("_spare", "_size", "on_trial")

    def __init__(self) -> None:
        self.on_trial: i64 = 0  # exchanges kept back by all sessions that share the pool
        self._spare: Request | None = None
        self._size: i64 = 0

    def take(self) -> Request:
        """A request to fill, with `kind`, `expected`, `flags` and the like at their defaults."""
        request = self._spare
        if request is None:
            return Request()
        self._spare = request.next
        self._size -= 1
        request.next = None
        return request

    def put(self, request: Request) -> None:
        if self._size >= POOL_SIZE:
            return
        request.kind = 0
        request.expected = 1
        if request.arguments is not None:
            request.arguments = None
        request.flags = 0
        request.timed_out = False
        request.next = self._spare
        self._spare = request
        self._size += 1


@final
@mypyc_attr(acyclic=True)
class WaitingQueue:
    """First in, first out. `optional` of the `size` requests are PERHAPS answered."""

    __slots__ = ("head", "tail", "size", "optional")

    def __init__(self) -> None:
        self.head: Request | None = None
        self.tail: Request | None = None
        self.size: i64 = 0
        self.optional: i64 = 0

    def append(self, request: Request) -> None:
        tail = self.tail
        if tail is None:
            self.head = request
        else:
            tail.next = request
        self.tail = request
        self.size += 1
        if request.expected == PERHAPS:
            self.optional += 1

    def pop(self) -> Request:
        """Remove the oldest."""
        request = self.head
        assert request is not None
        self.head = request.next
        if self.head is None:
            self.tail = None
        self.size -= 1
        if request.expected == PERHAPS:
            self.optional -= 1
        request.next = None
        return request

    def remove(self, before: Request | None, request: Request) -> None:
        """Take out `request`; `before` is the one in front of it, None for the oldest."""
        if before is None:
            self.pop()
            return
        before.next = request.next
        if request.next is None:
            self.tail = before
        self.size -= 1
        if request.expected == PERHAPS:
            self.optional -= 1
        request.next = None

    def clear(self) -> i64:
        """Drop all; how many there were."""
        size = self.size
        request = self.head
        while request is not None:  # a long chain must not be freed by recursion
            following = request.next
            request.next = None
            request = following
        self.head = None
        self.tail = None
        self.size = 0
        self.optional = 0
        return size


@final
class Trial:
    """Exchanges on trial, and what would speak against the guess that they are pairs.

    It goes on over a gap: what is on trial is the client's habit. `habit` is how often it was
    seen to wait for all replies before the trial.
    """

    __slots__ = (
        "habit",
        "exchanges", "longest_ns", "_names", "_run", "_possible", "_weighed", "_unhurried",
    )  # fmt: skip

    def __init__(self, habit: i64) -> None:
        self.habit = habit
        self.exchanges: list[Exchange] = []
        self.longest_ns: i64 = 0
        self._names: list[bytes] = []
        self._run: i64 = 0  # exchanges before the one that the last run began with
        self._possible = set(range(1, SHIFTS + 1))
        self._weighed: i64 = 0  # requests of which is known how long the client waited first
        self._unhurried: i64 = 0  # those that came leisurely

    def begin_run(self) -> None:
        """The exchanges that follow are not the next ones after those before."""
        self._run = len(self._names)

    def add(self, exchange: Exchange, name: bytes) -> None:
        """`name` is the command."""
        self.exchanges.append(exchange)
        self._names.append(name)
        if exchange.latency_ns > self.longest_ns:
            self.longest_ns = exchange.latency_ns

    def weigh(self, pause_ns: i64, latency_ns: i64) -> None:
        """A request came `pause_ns` after all was quiet, and its reply `latency_ns` later."""
        self._weighed += 1
        if pause_ns >= LEISURE_FACTOR * latency_ns:
            self._unhurried += 1

    @property
    def leisurely(self) -> bool:
        """Whether the client lets much more time pass than the server."""
        return self._weighed > 0 and 4 * self._unhurried >= LEISURE_QUARTERS * self._weighed

    @property
    def short(self) -> bool:
        return len(self.exchanges) <= FEW

    @property
    def full(self) -> bool:
        return len(self.exchanges) >= TRIAL_LIMIT

    def name_before(self, by: i64) -> bytes | None:
        """The command that gets the next reply if `by` requests were not seen; None: unknown."""
        at = len(self._names) - by
        return self._names[at] if at >= self._run and at >= 0 else None

    def exclude(self, by: int) -> None:
        """That command cannot have that reply."""
        self._possible.discard(by)

    @property
    def decided(self) -> bool:
        """Whether the replies fit with no number of requests that were not seen."""
        return not self._possible
