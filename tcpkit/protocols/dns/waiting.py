"""Queries that wait for their answers, and those lately answered, found by client and id.

A Client is who asks whom: a four-tuple over UDP, or one TCP connection. A query is found
by its client, id, opcode and question. Two tables of chains hold them; hostile ports
and ids can make a chain long, but not longer than MAX_CHAIN, and the queries are
MAX_QUERIES at most, so every step takes bounded time and memory.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.dns.message import same_question
from tcpkit.protocols.dns.transfer import Transfer
from tcpkit.protocols.message import Recorder

MAX_QUERIES: Final = 262144  # in a table, over UDP with a client each: about 100 MB
MAX_CHAIN: Final = 64  # only hostile traffic, or one id for everything, comes near it
CLIENT_SLOTS: Final = 65536
QUERY_SLOTS: Final = 65536
POOL_SIZE: Final = 1024

# Query.state
WAITING: Final = 0
ANSWERED: Final = 1
GIVEN_UP: Final = 2
STRAY: Final = 3  # only an answer was seen

# The same packet captured twice has the same mark (IPv4 identification) and comes soon
# after itself; a constant mark, which some senders have, makes no copy of a query that
# is sent again. Without a mark only the time tells: nobody asks again as fast.
COPY_NS: Final = 500_000
MARKED_COPY_NS: Final = 100_000_000

_MASK_16: Final = 0xFFFF
_MASK_32: Final = 0xFFFFFFFF


def is_copy(marks: i64, marked_ns: i64, mark: i64, ts_ns: i64) -> bool:
    """Whether a datagram was captured before.

    `marks` are those of the three datagrams like it that came last, the newest, at
    `marked_ns`, in the low 16 bits.
    """
    age = ts_ns - marked_ns if ts_ns >= marked_ns else marked_ns - ts_ns
    if mark == 0:
        return age < COPY_NS and marks & _MASK_16 == 0
    if age >= MARKED_COPY_NS:
        return False
    return (
        marks & _MASK_16 == mark
        or (marks >> 16) & _MASK_16 == mark
        or (marks >> 32) & _MASK_16 == mark
    )


def remembered(marks: i64, mark: i64) -> i64:
    """`marks` with one more."""
    return ((marks & _MASK_32) << 16) | mark


@final
class Client:
    """Addresses and ports from the client's side; `waiting` queries of all its `queries`."""

    __slots__ = (
        "next", "a0", "a1", "a2", "a3", "ports", "slot", "salt", "queries", "waiting",
        "recorder", "_ends",
    )  # fmt: skip

    def __init__(self, recorder: Recorder) -> None:
        self.next: Client | None = None
        self.a0: i64 = 0
        self.a1: i64 = 0
        self.a2: i64 = 0
        self.a3: i64 = 0
        self.ports: i64 = 0
        self.slot: i64 = 0
        self.salt: i64 = 0
        self.queries: i64 = 0
        self.waiting: i64 = 0
        self.recorder = recorder
        self._ends: Endpoints | None = None

    @property
    def ends(self) -> Endpoints:
        ends = self._ends
        if ends is None:
            ends = self._ends = Endpoints(self.a0, self.a1, self.a2, self.a3, self.ports)
        return ends

    def is_on(self, ends: Endpoints) -> None:
        """What it asks goes over the connection `ends`."""
        self._ends = ends

    def renew(self, recorder: Recorder) -> None:
        """Another client from now on."""
        self.recorder = recorder
        self._ends = None


@final
class Query:
    """Times are ns; `seq` and `end` stream positions, where there is a stream.

    `marks` and `marked_ns` tell copies of the query (see `is_copy`), `reply_marks` and
    `replied_ns` those of its answer. `doubtful`: the answer might be that of
    a query alike.
    """

    __slots__ = (
        "chain", "before", "next", "slot", "client", "question", "id", "opcode", "state",
        "first_ns", "last_ns", "size", "depth", "flags", "attempts", "doubtful",
        "marks", "marked_ns", "reply_marks", "replied_ns", "resent_ns",
        "seq", "end", "losses", "timed_out", "transfer", "reply",
    )  # fmt: skip

    def __init__(self, client: Client) -> None:
        self.chain: Query | None = None
        self.before: Query | None = None
        self.next: Query | None = None
        self.slot: i64 = 0
        self.client = client
        self.question = b""
        self.id: i64 = 0
        self.opcode: i64 = 0
        self.state: i64 = WAITING
        self.first_ns: i64 = 0
        self.last_ns: i64 = 0
        self.size: i64 = 0
        self.depth: i64 = 0
        self.flags: i64 = 0
        self.attempts: i64 = 1
        self.doubtful = False
        self.marks: i64 = 0
        self.marked_ns: i64 = 0
        self.resent_ns: i64 = 0  # when it was last sent again, if its flags say that it was
        self.reply_marks: i64 = 0
        self.replied_ns: i64 = 0
        self.seq: i64 = -1
        self.end: i64 = -1
        self.losses: i64 = 0
        self.timed_out = False
        self.transfer: Transfer | None = None
        self.reply: Reply | None = None


@final
class Reply:
    """What the log says of an answer: sums over all messages of a transfer."""

    __slots__ = (
        "first_ns", "last_ns", "seq", "size", "answers", "rcode", "flags", "kept",
    )  # fmt: skip

    def __init__(self) -> None:
        self.first_ns: i64 = 0
        self.last_ns: i64 = 0
        self.seq: i64 = -1
        self.size: i64 = 0
        self.answers: i64 = 0
        self.rcode: i64 = 0
        self.flags: i64 = 0
        self.kept = b""  # the beginning of the first message, where the recorder asks for it


@final
class QueryQueue:
    """In the order in which they were put in; any may leave."""

    __slots__ = ("head", "tail", "size")

    def __init__(self) -> None:
        self.head: Query | None = None
        self.tail: Query | None = None
        self.size: i64 = 0

    def append(self, query: Query) -> None:
        tail = self.tail
        query.before = tail
        if tail is None:
            self.head = query
        else:
            tail.next = query
        self.tail = query
        self.size += 1

    def remove(self, query: Query) -> None:
        """Take out `query`, which is in this queue."""
        before, following = query.before, query.next
        if before is None:
            self.head = following
        else:
            before.next = following
        if following is None:
            self.tail = before
        else:
            following.before = before
        query.before = None
        query.next = None
        self.size -= 1


@final
class QueryTable:
    """The queries of all clients of one transport, by client and id; used ones are kept to be
    used again."""

    __slots__ = ("size", "_slots", "_spare", "_spares")

    def __init__(self) -> None:
        self.size: i64 = 0
        self._slots: list[Query | None] = [None] * QUERY_SLOTS
        self._spare: Query | None = None
        self._spares: i64 = 0

    def find(
        self, client: Client, id_: i64, opcode: i64, data: bytes, at: i64, end: i64
    ) -> Query | None:
        """The oldest query with the question at `at`; `at` is `end` where there is none."""
        query = self._slots[(client.salt ^ id_) & (QUERY_SLOTS - 1)]
        while query is not None:
            if (
                query.id == id_
                and query.client is client
                and query.opcode == opcode
                and same_question(query.question, data, at, end)
            ):
                return query
            query = query.chain
        return None

    def find_alone(self, client: Client, id_: i64, opcode: i64, state: i64) -> Query | None:
        """The query with this id, whatever it asks, if just one is in this state."""
        found: Query | None = None
        query = self._slots[(client.salt ^ id_) & (QUERY_SLOTS - 1)]
        while query is not None:
            same = query.id == id_ and query.client is client and query.opcode == opcode
            if same and query.state == state:
                if found is not None:
                    return None
                found = query
            query = query.chain
        return found

    def add(self, client: Client, id_: i64, opcode: i64, question: bytes) -> Query | None:
        """A new query, behind those like it; None if the table has no place for it."""
        if self.size >= MAX_QUERIES:
            return None
        slot = (client.salt ^ id_) & (QUERY_SLOTS - 1)
        last = self._slots[slot]
        if last is not None:
            length: i64 = 1
            while last.chain is not None:
                last = last.chain
                length += 1
            if length >= MAX_CHAIN:
                return None
        query = self._take(client)
        query.id = id_
        query.opcode = opcode
        query.question = question
        query.slot = slot
        if last is None:
            self._slots[slot] = query
        else:
            last.chain = query
        self.size += 1
        client.queries += 1
        return query

    def remove(self, query: Query) -> None:
        """Forget `query`, which is in no queue any more."""
        slot = query.slot
        each = self._slots[slot]
        if each is query:
            self._slots[slot] = query.chain
        else:
            while each is not None and each.chain is not query:
                each = each.chain
            assert each is not None
            each.chain = query.chain
        query.chain = None
        query.client.queries -= 1
        self.size -= 1
        self._put(query)

    def _take(self, client: Client) -> Query:
        query = self._spare
        if query is None:
            return Query(client)
        self._spare = query.next
        self._spares -= 1
        query.next = None
        query.client = client
        return query

    def _put(self, query: Query) -> None:
        if self._spares >= POOL_SIZE:
            return
        query.state = WAITING
        query.flags = 0
        query.attempts = 1
        query.doubtful = False
        query.reply_marks = 0
        query.replied_ns = 0
        query.timed_out = False
        if query.transfer is not None:
            query.transfer = None
        if query.reply is not None:
            query.reply = None
        query.next = self._spare
        self._spare = query
        self._spares += 1
