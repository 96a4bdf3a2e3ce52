"""Hands packets to a script's `process`.

Who talks to whom is told to Lua once, and named by a number from then on: texts and
fields that do not change from packet to packet need not be handed over with each.
"""

from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.flow.packet_filter import PacketFilter
from tcpkit.script.script import Script, read_report
from tcpkit.script.vm import Function
from tcpkit.wire.address import ipv4_text, ipv6_text
from tcpkit.wire.segment import IPV6_BIT, Datagram, Segment, SegmentSink

_MASK_32: Final = 0xFFFFFFFF
_NS_PER_S: Final = 1_000_000_000
_NS_PER_US: Final = 1_000
SLOTS: Final = 4096  # pairs of ends that are known at once; a power of two
_UNUSED: Final = -1
_STRANGER: Final = -1  # a packet that does not belong
_LEFT_OUT: Final = -2  # one that does, and `process` is not called any more
_UNWANTED: Final = 0
_WANTED: Final = 1


@final
class PacketScript(SegmentSink):
    """Calls `process` for each packet that belongs to the watched ports and servers."""

    __slots__ = (
        "_call_datagram", "_call_segment", "_counts", "_errors", "_filter", "_is_down", "_pairs",
        "_ports", "_script", "_second", "_slot_kinds", "_tell_ends", "_tell_second", "_vm",
        "left_out",
    )  # fmt: skip

    def __init__(self, script: Script, packets: PacketFilter) -> None:
        self._script = script
        self._counts = script.counts
        self._vm = script.vm
        self._filter = packets
        self._call_segment: Function = script.segment
        self._call_datagram: Function = script.datagram
        self._tell_ends: Function = script.ends
        self._tell_second: Function = script.second
        self._errors = script.vm.errors
        self._is_down = False  # it ran away too often
        self._second: i64 = -1
        self._pairs = vec[i64]([_UNUSED] * SLOTS)
        self._ports = vec[i64]([_UNUSED] * SLOTS)
        self._slot_kinds = vec[i64]([_UNWANTED] * SLOTS)
        self.left_out: i64 = 0  # packets that do not belong

    def segment(self, segment: Segment) -> bool:
        ts_ns = segment.ts_ns
        outcome: object = None
        try:
            slot = self._enter(segment.a0, segment.a1, segment.a2, segment.a3, segment.ports, ts_ns)
            if slot < 0:
                return slot == _LEFT_OUT
            nsec = ts_ns % _NS_PER_S
            outcome = self._call_segment(
                slot, nsec // _NS_PER_US, nsec, segment.data[segment.start : segment.end],
                segment.size, segment.seq, segment.ack, segment.flags, segment.window,
            )  # fmt: skip
        except self._errors as error:
            outcome = error
        if outcome is not None or self._vm.failure is not None:
            self._settle(outcome)
        return True

    def datagram(self, datagram: Datagram) -> bool:
        ts_ns = datagram.ts_ns
        outcome: object = None
        try:
            slot = self._enter(
                datagram.a0, datagram.a1, datagram.a2, datagram.a3, datagram.ports, ts_ns
            )
            if slot < 0:
                return slot == _LEFT_OUT
            nsec = ts_ns % _NS_PER_S
            outcome = self._call_datagram(
                slot, nsec // _NS_PER_US, nsec, datagram.data[datagram.start : datagram.end],
                datagram.size,
            )  # fmt: skip
        except self._errors as error:
            outcome = error
        if outcome is not None or self._vm.failure is not None:
            self._settle(outcome)
        return True

    def numbers(self) -> dict[str, int]:
        return {"left out": int(self.left_out)}

    def _enter(self, a0: i64, a1: i64, a2: i64, a3: i64, ports: i64, ts_ns: i64) -> i64:
        """Count a packet, and see that Lua knows its ends and its second.

        The number of its ends; _STRANGER or _LEFT_OUT where `process` is not to be called.
        """
        if self._is_down:
            source, destination = _texts(a0, a1, a2, a3, ports)
            if not self._filter.belongs(source, destination, ports):
                self.left_out += 1
                return _STRANGER
            self._counts.left_out += 1
            return _LEFT_OUT
        slot = self._slot(a0, a1, a2, a3, ports)
        if self._slot_kinds[slot] == _UNWANTED:
            self.left_out += 1
            return _STRANGER
        self._counts.packets += 1
        second = ts_ns // _NS_PER_S
        if second != self._second:
            self._tell_second(second)
            self._second = second
        return slot

    def _settle(self, outcome: object) -> None:
        script = self._script
        script.settle("process", int(self._counts.packets), read_report(outcome))
        self._is_down = script.is_given_up("process")

    def _slot(self, a0: i64, a1: i64, a2: i64, a3: i64, ports: i64) -> i64:
        """The number by which Lua knows these two ends, in this direction."""
        if ports & IPV6_BIT:
            self._fill(0, a0, a1, a2, a3, ports)
            self._ports[0] = _UNUSED
            return 0
        slot = (ports ^ (ports >> 15) ^ a0 ^ (a0 >> 29)) & (SLOTS - 1)
        if self._ports[slot] != ports or self._pairs[slot] != a0:
            self._ports[slot] = _UNUSED
            self._fill(slot, a0, a1, a2, a3, ports)
            self._ports[slot] = ports
            self._pairs[slot] = a0
        return slot

    def _fill(self, slot: i64, a0: i64, a1: i64, a2: i64, a3: i64, ports: i64) -> None:
        source, destination = _texts(a0, a1, a2, a3, ports)
        wanted = self._filter.belongs(source, destination, ports)
        self._slot_kinds[slot] = _WANTED if wanted else _UNWANTED
        if wanted:
            request = self._filter.is_request(destination, ports)
            self._tell_ends(
                slot, source, (ports >> 16) & 0xFFFF, destination, ports & 0xFFFF, request
            )


def _texts(a0: i64, a1: i64, a2: i64, a3: i64, ports: i64) -> tuple[bytes, bytes]:
    """Source and destination address."""
    if ports & IPV6_BIT:
        return ipv6_text(a0, a1).encode(), ipv6_text(a2, a3).encode()
    return ipv4_text((a0 >> 32) & _MASK_32).encode(), ipv4_text(a0 & _MASK_32).encode()
