"""What a connection tells whoever reads its two byte streams.

Bytes of each direction come in order, every byte once, with the time of the first
captured copy. Bytes that cannot come are a value too: `gap` (lost by the capture)
or `skip` (cut off by the snap length). Positions are 32-bit sequence numbers.
"""

from typing import Final

from mypy_extensions import i64, mypyc_attr

from tcpkit.flow.endpoints import Endpoints

# What the pieces handed over next have gone through: `Stream.notes` while they are.
OUT_OF_ORDER: Final = 1

# How a connection ended.
END_FIN: Final = 1  # the server's FIN, all bytes before it delivered
END_RESET: Final = 2  # RST: replies may have been under way that nobody captured
END_REUSED: Final = 3  # a new SYN on the same four-tuple
END_FORGOTTEN: Final = 4  # expired, or the table needed the room
END_CAPTURE: Final = 5  # the capture ended
END_LOST: Final = 6  # its numbers stopped making sense: what waits cannot be believed
END_ABORT: Final = 7  # the server's own RST, all bytes before it delivered
END_REFUSED: Final = 8  # RST: the server knows no connection that the last request bytes belong to


def is_proven(end: i64) -> bool:
    """Whether an end proves that no reply is missing, if no gap was told."""
    return end == END_FIN or end == END_ABORT


@mypyc_attr(allow_interpreted_subclasses=True)
class Stream:
    """Reads one connection. `request_*` is client to server, `reply_*` the other way.

    A reader that sets `successor` still has to pass on what it gets: the connection turns to
    the other one when it next leaves the plain path, at the latest.

    The flow guarantees for reply bytes: every request byte that they acknowledge has
    been delivered, or reported as a gap, before them.
    """

    __slots__ = ("notes", "successor")

    def __init__(self) -> None:
        self.notes: i64 = 0
        self.successor: Stream | None = None  # set by a reader that leaves the rest to another

    def request_data(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64
    ) -> None:
        """Take `data[start:end]`; `seq` is the position of its first byte.

        `ack` is the reply position that the same segment acknowledged.
        """
        raise NotImplementedError

    def reply_data(self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> None:
        """Take `data[start:end]`; `ack` is the request position acknowledged with it."""
        raise NotImplementedError

    def request_gap(self, size: i64, seq: i64) -> None:
        """`size` bytes from position `seq` on were sent and never captured."""
        raise NotImplementedError

    def reply_gap(self, size: i64, seq: i64) -> None:
        raise NotImplementedError

    def request_skip(self, size: i64, ts_ns: i64, seq: i64) -> None:
        """`size` bytes were cut off a packet captured at `ts_ns`: only their time is known."""
        raise NotImplementedError

    def reply_skip(self, size: i64, ts_ns: i64, seq: i64) -> None:
        raise NotImplementedError

    def retransmitted(self, from_client: bool, first: i64, last: i64, ts_ns: i64) -> None:
        """Bytes from `first` to before `last`, delivered earlier, were seen again at `ts_ns`."""
        raise NotImplementedError

    def expire(self, now_ns: i64) -> None:
        """Capture time has come to `now_ns`: give up what waited too long."""
        raise NotImplementedError

    def finish(self, end: i64, ts_ns: i64) -> None:
        """The connection is over, for the reason `end`; nothing follows."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class StreamOpener:
    """Makes a Stream for a connection when its first byte of payload arrives."""

    __slots__ = ()

    def open(self, ends: Endpoints, client_start: bool, server_start: bool) -> Stream:
        """`client_start`: the request stream is seen from its first byte (SYN captured)."""
        raise NotImplementedError
