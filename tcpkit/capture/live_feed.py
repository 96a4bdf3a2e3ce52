"""The callback of a live capture: what libpcap hands over goes to the sink as it is."""

from typing import final

from mypy_extensions import i64

from tcpkit.capture.source import WIRE_LENGTH_UNKNOWN, PacketSink


@final
class LiveFeed:
    """Gives each packet to `sink`, as a frame of `link_type`."""

    __slots__ = ("bytes", "link_type", "packets", "sink")

    def __init__(self, sink: PacketSink, link_type: i64) -> None:
        self.sink = sink
        self.link_type = link_type
        self.packets: i64 = 0
        self.bytes: i64 = 0  # as far as they were captured

    def take(self, ts_ns: i64, frame: bytes) -> None:
        self.packets += 1
        self.bytes += len(frame)
        self.sink.packet(frame, 0, len(frame), ts_ns, WIRE_LENGTH_UNKNOWN, self.link_type)
