"""Hands packets to a script's `process`."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.packet_filter import PacketFilter
from tcpkit.script.script import Script, read_report
from tcpkit.script.vm import Function
from tcpkit.wire.address import ipv4_text, ipv6_text
from tcpkit.wire.segment import IPV6_BIT, Datagram, Segment, SegmentSink

_MASK_32: Final = 0xFFFFFFFF
_NS_PER_S: Final = 1_000_000_000
_NS_PER_US: Final = 1_000
MAX_ADDRESSES: Final = 4096  # IPv4 addresses whose texts are kept


@final
class PacketScript(SegmentSink):
    """Calls `process` for each packet that belongs to the watched ports and servers."""

    __slots__ = (
        "_addresses", "_call_datagram", "_call_segment", "_errors", "_filter", "_is_down",
        "_script", "_source", "_source_text", "_destination", "_destination_text", "left_out",
    )  # fmt: skip

    def __init__(self, script: Script, packets: PacketFilter) -> None:
        self._script = script
        self._filter = packets
        self._call_segment: Function = script.segment
        self._call_datagram: Function = script.datagram
        self._errors = script.vm.errors
        self._is_down = False  # it ran away too often
        self._addresses: dict[int, bytes] = {}
        self._source: i64 = -1
        self._source_text = b""
        self._destination: i64 = -1
        self._destination_text = b""
        self.left_out: i64 = 0  # packets that do not belong

    def segment(self, segment: Segment) -> bool:
        source, destination = b"", b""
        ports = segment.ports
        if ports & IPV6_BIT:
            source = ipv6_text(segment.a0, segment.a1).encode()
            destination = ipv6_text(segment.a2, segment.a3).encode()
        else:
            self._look_up(segment.a0)
            source, destination = self._source_text, self._destination_text
        if not self._filter.belongs(source, destination, ports):
            self.left_out += 1
            return False
        if not self._begins():
            return True
        ts_ns = segment.ts_ns
        nsec = ts_ns % _NS_PER_S
        outcome: object = None
        try:
            outcome = self._call_segment(
                ts_ns // _NS_PER_S, nsec // _NS_PER_US, nsec, source, (ports >> 16) & 0xFFFF,
                destination, ports & 0xFFFF, segment.data[segment.start : segment.end],
                segment.end - segment.start, segment.size,
                self._filter.is_request(destination, ports),
                segment.seq, segment.ack, segment.flags, segment.window,
            )  # fmt: skip
        except self._errors as error:
            outcome = error
        self._settle(outcome)
        return True

    def datagram(self, datagram: Datagram) -> bool:
        source, destination = b"", b""
        ports = datagram.ports
        if ports & IPV6_BIT:
            source = ipv6_text(datagram.a0, datagram.a1).encode()
            destination = ipv6_text(datagram.a2, datagram.a3).encode()
        else:
            self._look_up(datagram.a0)
            source, destination = self._source_text, self._destination_text
        if not self._filter.belongs(source, destination, ports):
            self.left_out += 1
            return False
        if not self._begins():
            return True
        ts_ns = datagram.ts_ns
        nsec = ts_ns % _NS_PER_S
        outcome: object = None
        try:
            outcome = self._call_datagram(
                ts_ns // _NS_PER_S, nsec // _NS_PER_US, nsec, source, (ports >> 16) & 0xFFFF,
                destination, ports & 0xFFFF, datagram.data[datagram.start : datagram.end],
                datagram.end - datagram.start, datagram.size,
                self._filter.is_request(destination, ports),
            )  # fmt: skip
        except self._errors as error:
            outcome = error
        self._settle(outcome)
        return True

    def numbers(self) -> dict[str, int]:
        return {"left out": int(self.left_out)}

    def _begins(self) -> bool:
        """Count a call; whether it is to be made."""
        counts = self._script.counts
        if self._is_down:
            counts.left_out += 1
            return False
        counts.packets += 1
        return True

    def _settle(self, outcome: object) -> None:
        script = self._script
        if outcome is None and script.vm.failure is None:
            return
        script.settle("process", int(script.counts.packets), read_report(outcome))
        self._is_down = script.is_given_up("process")

    def _look_up(self, pair: i64) -> None:
        """Set the texts of two IPv4 addresses: most packets go between the last two."""
        source = (pair >> 32) & _MASK_32
        destination = pair & _MASK_32
        if source == self._source and destination == self._destination:
            return
        if source == self._destination and destination == self._source:
            text = self._source_text
            self._source_text = self._destination_text
            self._destination_text = text
        else:
            self._source_text = self._text(source)
            self._destination_text = self._text(destination)
        self._source = source
        self._destination = destination

    def _text(self, address: i64) -> bytes:
        number = int(address)
        text = self._addresses.get(number)
        if text is None:
            text = ipv4_text(address).encode()
            if len(self._addresses) >= MAX_ADDRESSES:
                self._addresses.clear()
            self._addresses[number] = text
        return text
