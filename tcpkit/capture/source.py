"""What every source of packets shares: the sink it feeds.

A source walks its bytes and hands every packet on, in capture order. It owns no
protocol knowledge; the sink (the decoder) owns none about files and interfaces.
"""

from typing import Final

from mypy_extensions import i64, mypyc_attr

WIRE_LENGTH_UNKNOWN: Final = -1  # live capture by pypcap: the IP header knows better


@mypyc_attr(allow_interpreted_subclasses=True)
class PacketSink:
    """Where a source puts its packets."""

    __slots__ = ()

    def packet(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, wire_length: i64, link_type: i64
    ) -> None:
        """Take the frame `data[start:end]`, captured at `ts_ns` (ns since the epoch).

        `wire_length` is the frame's length on the wire, in bytes, or
        WIRE_LENGTH_UNKNOWN. `link_type` is a LINKTYPE_ value of the pcap registry.
        `data` may be kept, `start` and `end` are valid for it as long as it lives.
        """
        raise NotImplementedError
