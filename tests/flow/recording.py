"""A Stream that writes down what it is told, and short ways to run frames into one.

An event is a tuple: its name, then what came with it; times are whole microseconds
after START_NS.

("request", data, at_us)  ("reply", data, at_us)
("request gap", size)     ("reply gap", size)
("request skip", size, at_us)   ("reply skip", size, at_us)
("request again", offset, size) ("reply again", offset, size)   offset from the first byte
("end", reason, at_us)
"""

from collections.abc import Iterable, Sequence

from tcpkit.flow.connection import Connection
from tcpkit.flow.counts import FlowCounts
from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.health import Health
from tcpkit.flow.health_tee import HealthTee
from tcpkit.flow.observer import ConnectionObserver
from tcpkit.flow.stream import Stream, StreamOpener
from tcpkit.flow.table import ConnectionTable
from tcpkit.flow.watch import Watch
from tcpkit.wire.decoder import Decoder
from tests.build import ETHERNET, START_NS, End, Packet, ethernet_frame, ip_packet, tcp_segment

Event = tuple[str | bytes | int, ...]

CLIENT_FIRST = 1001  # position of the first bytes of a Conversation
SERVER_FIRST = 500_001


def at_us(ts_ns: int) -> int:
    us, rest = divmod(ts_ns - START_NS, 1000)
    assert rest == 0
    return us


class Recording(Stream):
    """What one connection told. `late` has the data that was noted as out of order."""

    def __init__(
        self,
        ends: Endpoints,
        client_start: bool,
        server_start: bool,
        timeline: list[Event],
    ) -> None:
        super().__init__()
        self.timeline = timeline
        self.ends = f"{ends.client} > {ends.server}"
        self.client_start = client_start
        self.server_start = server_start
        self.events: list[Event] = []
        self.positions: list[tuple[int, int]] = []  # of each piece of data: seq and ack
        self.ranges: list[tuple[str, int, int]] = []  # direction, position, size, gaps too
        self.late: list[bytes] = []
        self.expired_us: list[int] = []

    def request_data(
        self, data: bytes, start: int, end: int, ts_ns: int, seq: int, ack: int
    ) -> None:
        self._data("request", data[start:end], ts_ns, seq, ack)

    def reply_data(self, data: bytes, start: int, end: int, ts_ns: int, seq: int, ack: int) -> None:
        self._data("reply", data[start:end], ts_ns, seq, ack)

    def _data(self, name: str, data: bytes, ts_ns: int, seq: int, ack: int) -> None:
        self._tell((name, data, at_us(ts_ns)))
        self.positions.append((seq, ack))
        self.ranges.append((name, seq, len(data)))
        if self.notes:
            self.late.append(data)

    def _tell(self, event: Event) -> None:
        self.events.append(event)
        self.timeline.append(event)

    def request_gap(self, size: int, seq: int) -> None:
        self._tell(("request gap", size))
        self.ranges.append(("request", seq, size))

    def reply_gap(self, size: int, seq: int) -> None:
        self._tell(("reply gap", size))
        self.ranges.append(("reply", seq, size))

    def request_skip(self, size: int, ts_ns: int, seq: int) -> None:
        self._tell(("request skip", size, at_us(ts_ns)))
        self.ranges.append(("request", seq, size))

    def reply_skip(self, size: int, ts_ns: int, seq: int) -> None:
        self._tell(("reply skip", size, at_us(ts_ns)))
        self.ranges.append(("reply", seq, size))

    def retransmitted(self, from_client: bool, first: int, last: int, ts_ns: int) -> None:
        name = "request again" if from_client else "reply again"
        base = CLIENT_FIRST if from_client else SERVER_FIRST
        self._tell((name, first - base, last - first))

    def expire(self, now_ns: int) -> None:
        self.expired_us.append(at_us(now_ns))

    def finish(self, end: int, ts_ns: int) -> None:
        self._tell(("end", int(end), at_us(ts_ns)))


class Opener(StreamOpener):
    """Keeps the streams in the order in which they were opened; `timeline` has all events."""

    def __init__(self) -> None:
        self.streams: list[Recording] = []
        self.timeline: list[Event] = []

    def open(self, ends: Endpoints, client_start: bool, server_start: bool) -> Recording:
        stream = Recording(ends, client_start, server_start, self.timeline)
        self.streams.append(stream)
        return stream


class Hearing(ConnectionObserver):
    """Adds to the timeline what it hears.

    ("started", client, at_us)  ("ended", client, reason, at_us)
    ("sent again", "request" or "reply", offset, size, at_us)

    `healths` are those of the connections that ended, in that order.
    """

    def __init__(self, timeline: list[Event]) -> None:
        self.timeline = timeline
        self.healths: list[Health] = []

    def started(self, conn: Connection, ts_ns: int) -> None:
        assert conn.health is not None
        self.timeline.append(("started", conn.client, at_us(ts_ns)))

    def ended(self, conn: Connection, end: int, ts_ns: int) -> None:
        assert conn.health is not None
        self.healths.append(conn.health)
        self.timeline.append(("ended", conn.client, int(end), at_us(ts_ns)))

    def sent_again(
        self, conn: Connection, from_client: bool, first: int, last: int, ts_ns: int
    ) -> None:
        name = "request" if from_client else "reply"
        base = CLIENT_FIRST if from_client else SERVER_FIRST
        self.timeline.append(("sent again", name, first - base, last - first, at_us(ts_ns)))


class Flow:
    """Frames in, events out."""

    def __init__(
        self,
        ports: Sequence[int] = (6379,),
        servers: Sequence[str] = (),
        local: Sequence[str] = (),
        *,
        observed: bool = False,
    ) -> None:
        self.opener = Opener()
        self.hearing = Hearing(self.opener.timeline)
        watch = Watch(ports, servers, local)
        if not observed:
            self.table = ConnectionTable(watch, self.opener)
            self._decoder = Decoder(self.table, True, False)
            return
        self.table = ConnectionTable(watch, self.opener, None, self.hearing)
        self._decoder = Decoder(HealthTee(self.table, self.hearing), True, False)

    @property
    def streams(self) -> list[Recording]:
        return self.opener.streams

    @property
    def timeline(self) -> list[Event]:
        """The events of all streams and connections."""
        return self.opener.timeline

    @property
    def counts(self) -> FlowCounts:
        return self.table.counts

    @property
    def wanted(self) -> bool:
        """Whether the last packet fed belongs to a watched server."""
        return self._decoder.wanted

    @property
    def events(self) -> list[Event]:
        """The events of the only stream."""
        (stream,) = self.streams
        return stream.events

    def feed(self, packets: Iterable[Packet]) -> "Flow":
        for packet in packets:
            frame = packet.frame
            self._decoder.packet(frame, 0, len(frame), packet.ts_ns, packet.wire_length, ETHERNET)
        return self

    def advance(self, us: int) -> "Flow":
        self.table.advance(START_NS + us * 1000)
        return self


def events(packets: Iterable[Packet]) -> list[Event]:
    """What the only connection of `packets` told, before the capture's end."""
    return Flow().feed(packets).events


def bare(
    from_client: bool,
    data: bytes,
    seq: int,
    ack: int,
    flags: int,
    at_us: int,
    identification: int = 0x7777,
) -> Packet:
    """A segment of the usual connection with any numbers."""
    source, destination = End.parse("10.0.0.1:40000"), End.parse("10.0.0.2:6379")
    if not from_client:
        source, destination = destination, source
    segment = tcp_segment(source, destination, data, seq, ack, flags)
    frame = ethernet_frame(ip_packet(source, destination, 6, segment, identification))
    return Packet(START_NS + at_us * 1000, frame, len(frame))
