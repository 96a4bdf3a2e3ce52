"""What the protocols produce: exchanges, and who takes them.

An Exchange is a request, its reply and their times, in the words of the JSON line.
A Recorder stands between a session and everything that counts and prints: for the
plain case, a reply faster than the threshold, a session only tells the latency and
no Exchange is made.
"""

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.command_numbers import CommandNumbers
from tcpkit.protocols.tally import NOT_LOOKED_UP, Tally

NO_TIME: Final = -1  # a time or latency that does not exist

# Exchange.status
OK: Final = "ok"
ERROR: Final = "error"
TIMEOUT: Final = "timeout"
ABORTED: Final = "aborted"
SILENT: Final = "silent"

# Exchange.flags, as bits in the order of FLAG_NAMES
RETRANSMISSION: Final = 1
OUT_OF_ORDER: Final = 2
GAP: Final = 4
TRUNCATED: Final = 8
MID_STREAM: Final = 16
DUPLICATE: Final = 32
LATE: Final = 64
BLOCKING: Final = 128
TRANSACTION: Final = 256
REPLICATION: Final = 512
FLAG_NAMES: Final = (
    "retransmission", "out-of-order", "gap", "truncated", "mid-stream",
    "duplicate", "late", "blocking", "transaction", "replication",
)  # fmt: skip


def flag_names(flags: i64) -> list[str]:
    """
    >>> flag_names(LATE | GAP)
    ['gap', 'late']
    """
    return [name for bit, name in enumerate(FLAG_NAMES) if flags & (1 << bit)]


@final
class Evidence:
    """What the packets prove of why an exchange took its time; see sinks/reason.py.

    All but `resent_ns` is kept only where the recorder asked for it (`explains`).
    """

    __slots__ = ("behind", "behind_ns", "together", "resent_ns")

    def __init__(self) -> None:
        # Of the wait, what went by until the last earlier reply that came in an earlier packet,
        self.behind_ns: i64 = 0
        # and the request that took most of it, as the log shows it; "": none alone. Without a
        # reply: the oldest request before that has none either.
        self.behind = ""
        self.together = False  # the reply shares a packet with that to another request
        self.resent_ns: i64 = NO_TIME  # when the request was last sent again


@final
class Exchange:
    """One request with its reply. Times are ns since the epoch, NO_TIME where there is none.

    `request_seq` and `reply_seq` are the stream positions of the first bytes: with the
    addresses they say which bytes were paired (-1 over UDP, or without a reply). `ends` are
    who talks; over TCP that is the connection. `reply` is the reply's beginning as on the
    wire, where the recorder asked for it (`keeps_replies`); `keys` are the keys that are
    known, as sent and each cut behind what is shown, where it asked for them (`keeps_keys`) and
    the protocol has more to say than `key`.

    `queue_ns` is the part of the latency in which the request, complete, waited behind the
    replies to earlier ones of its connection: 0 where replies need no order, NO_TIME where
    there is no reply, or where that is not known. `evidence` is what else tells of its time.
    """

    __slots__ = (
        "protocol", "transport", "client", "server", "server_port", "command", "key", "request",
        "status", "code", "hits", "exact", "depth", "flags", "time_ns", "latency_ns",
        "request_first_ns", "request_last_ns", "reply_first_ns", "reply_last_ns",
        "request_bytes", "reply_bytes", "request_seq", "reply_seq",
        "dns_id", "attempts", "answers", "ends", "reply", "queue_ns", "evidence", "keys", "found",
    )  # fmt: skip

    def __init__(self) -> None:
        self.ends: Endpoints | None = None
        self.reply: bytes = b""
        self.keys: list[bytes] | None = None
        self.found: i64 = NOT_LOOKED_UP  # of Redis: 1 for a value, 0 for none
        self.protocol: str = ""
        self.transport: str = "tcp"
        self.client: str = ""
        self.server: str = ""
        self.server_port: i64 = 0
        self.command: str = ""
        self.key: str | None = None
        self.request: str = ""
        self.status: str = OK
        self.code: str | None = None
        self.hits: i64 = -1  # memcached retrievals; -1: none
        self.exact: bool = False
        self.depth: i64 = 0
        self.flags: i64 = 0
        self.time_ns: i64 = 0
        self.latency_ns: i64 = NO_TIME  # may be negative where clocks are; see `status`
        self.queue_ns: i64 = NO_TIME
        self.evidence: Evidence | None = None
        self.request_first_ns: i64 = NO_TIME
        self.request_last_ns: i64 = NO_TIME
        self.reply_first_ns: i64 = NO_TIME
        self.reply_last_ns: i64 = NO_TIME
        self.request_bytes: i64 = 0
        self.reply_bytes: i64 = 0
        self.request_seq: i64 = -1
        self.reply_seq: i64 = -1
        self.dns_id: i64 = -1  # the three of DNS; -1: another protocol
        self.attempts: i64 = -1
        self.answers: i64 = -1

    @property
    def answered(self) -> bool:
        return self.status == OK or self.status == ERROR


@final
class PairingCounts:
    """What the sessions of one capture did; every exchange that could not be made is here."""

    __slots__ = (
        "exact", "inferred", "silent", "timeouts", "late", "aborted", "blocking", "unanswered",
        "pushes", "sessions", "mid_stream", "encrypted", "not_protocol", "resyncs", "retries",
        "duplicates", "unpaired",
    )  # fmt: skip

    def __init__(self) -> None:
        self.exact: i64 = 0  # answered exchanges by quality
        self.inferred: i64 = 0
        self.silent: i64 = 0
        self.timeouts: i64 = 0
        self.late: i64 = 0
        self.aborted: i64 = 0
        self.blocking: i64 = 0
        self.unanswered: i64 = 0  # still waiting when the capture ended
        self.pushes: i64 = 0
        self.sessions: i64 = 0
        self.mid_stream: i64 = 0  # sessions whose connection began before the capture
        self.encrypted: i64 = 0
        self.not_protocol: i64 = 0
        self.resyncs: i64 = 0
        self.retries: i64 = 0  # the same request sent again, over UDP
        self.duplicates: i64 = 0  # replies that came once more, over UDP
        self.unpaired: dict[str, int] = {}  # reason -> requests and replies given up

    def drop(self, reason: str, count: i64) -> None:
        """`count` requests or replies are not reported, because of `reason`."""
        if count:
            self.unpaired[reason] = self.unpaired.get(reason, 0) + count


@final
class Wanted:
    """Which replied requests an Exchange is made of; may change while packets come.

    Those with a latency of `from_ns` or more, and while `everything` is set all.
    """

    __slots__ = ("everything", "from_ns")

    def __init__(self, from_ns: i64, everything: bool) -> None:
        self.from_ns: i64 = from_ns
        self.everything = everything


@mypyc_attr(allow_interpreted_subclasses=True)
class Recorder:
    """Takes what the sessions of one server port produce."""

    keeps_replies: bool = False  # sessions keep the beginning of each reply, for `Exchange.reply`
    explains: bool = False  # sessions look for what explains a latency, for `Exchange.evidence`
    keeps_keys: bool = False  # sessions set `Exchange.keys`
    # May be told of plain requests that are wanted, but for those which `wanted.from_ns` says.
    tally: Tally | None = None
    wanted: Wanted | None = None
    divides: bool = False  # `of_server` gives another one
    # Who tells an exchange to `answered` or `wants` says of which command it is before, here.
    commands: CommandNumbers | None = None

    def of_server(self, ends: Endpoints) -> "Recorder":
        """Who takes what is sent between `ends`, of this port: asked once a conversation."""
        return self

    def answered(self, latency_ns: i64) -> bool:
        """Count a replied, not blocking request; True if its Exchange is wanted.

        The Exchange, where wanted, follows by `report`; it is not counted again.
        """
        raise NotImplementedError

    def wants(self, status: str, blocking: bool) -> bool:
        """Whether an Exchange that `answered` does not count is to be reported."""
        raise NotImplementedError

    def report(self, exchange: Exchange) -> None:
        raise NotImplementedError
