"""Hands packets to a script's `process`, in batches.

Who talks to whom is told to Lua once, and named by a number from then on: texts and
fields that do not change from packet to packet need not be handed over with each. A packet
waits until its batch is full, but for nothing that could be seen: not beyond its second, nor
another hook, nor the next flush of the log.
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
BATCH: Final = 8  # packets; a longer one saves little more. As in batch.lua
LARGE: Final = 4096  # bytes of a payload that is not kept waiting
SLOTS: Final = 4096  # pairs of ends that are known at once; a power of two
_VALUES: Final = 8  # of a packet, as in batch.lua
_UNUSED: Final = -1
_STRANGER: Final = -1  # a packet that does not belong
_NOT_CALLED: Final = -2  # one that does, and `process` cannot be called for it
_UNWANTED: Final = 0
_WANTED: Final = 1


@final
class PacketScript(SegmentSink):
    """Calls `process` for each packet that belongs to the watched ports and servers."""

    __slots__ = (
        "_all", "_batch", "_begun", "_counts", "_datagram", "_datagrams", "_errors", "_filter",
        "_is_down", "_made", "_numbers", "_one", "_pairs", "_ports", "_script", "_second",
        "_segment", "_segments", "_slot_batches", "_slot_kinds", "_tell_ends", "_tell_second",
        "_values", "_vm", "_waiting", "left_out",
    )  # fmt: skip

    def __init__(self, script: Script, packets: PacketFilter) -> None:
        self._script = script
        self._counts = script.counts
        self._vm = script.vm
        self._filter = packets
        self._segments: Function
        self._segment: Function
        self._datagrams: Function
        self._datagram: Function
        self._tell_second: Function
        self._tell_ends: Function
        self._begun: Function
        (
            self._segments, self._segment, self._datagrams, self._datagram, self._tell_second,
            self._tell_ends, self._begun,
        ) = script.packets  # fmt: skip
        self._errors = script.vm.errors
        self._is_down = False  # it ran away too often
        self._batch: i64 = 0  # the number of the batch
        self._all: Function = self._segments  # what takes the packets that wait
        self._one: Function = self._segment
        self._values: list[object] = [None] * (BATCH * _VALUES)  # of its packets
        self._numbers = vec[i64]([0] * BATCH)  # theirs in the capture
        self._waiting: i64 = 0  # packets in it
        self._made: i64 = 0  # those for which `process` was called
        self._second: i64 = -1
        self._pairs = vec[i64]([_UNUSED] * SLOTS)
        self._ports = vec[i64]([_UNUSED] * SLOTS)
        self._slot_kinds = vec[i64]([_UNWANTED] * SLOTS)
        self._slot_batches = vec[i64]([_UNUSED] * SLOTS)  # the last batch with a packet of theirs
        self.left_out: i64 = 0  # packets that do not belong
        script.deliver = self.deliver

    def segment(self, segment: Segment) -> bool:
        ts_ns = segment.ts_ns
        if self._all is not self._segments:
            self._turn(self._segments, self._segment)
        slot = self._enter(segment.a0, segment.a1, segment.a2, segment.a3, segment.ports, ts_ns)
        if slot < 0:
            return slot == _NOT_CALLED
        at = self._waiting * _VALUES
        values = self._values
        values[at] = slot
        values[at + 1] = ts_ns % _NS_PER_S
        values[at + 2] = segment.data[segment.start : segment.end]
        values[at + 3] = segment.size
        values[at + 4] = segment.seq
        values[at + 5] = segment.ack
        values[at + 6] = segment.flags
        values[at + 7] = segment.window
        self._waiting += 1
        if self._waiting == BATCH or segment.end - segment.start >= LARGE:
            self.deliver()
        return True

    def datagram(self, datagram: Datagram) -> bool:
        ts_ns = datagram.ts_ns
        if self._all is not self._datagrams:
            self._turn(self._datagrams, self._datagram)
        slot = self._enter(
            datagram.a0, datagram.a1, datagram.a2, datagram.a3, datagram.ports, ts_ns
        )
        if slot < 0:
            return slot == _NOT_CALLED
        at = self._waiting * _VALUES
        values = self._values
        values[at] = slot
        values[at + 1] = ts_ns % _NS_PER_S
        values[at + 2] = datagram.data[datagram.start : datagram.end]
        values[at + 3] = datagram.size
        self._waiting += 1
        if self._waiting == BATCH or datagram.end - datagram.start >= LARGE:
            self.deliver()
        return True

    def numbers(self) -> dict[str, int]:
        return {"left out": int(self.left_out)}

    def deliver(self) -> None:
        """Call `process` for the packets that wait. Raises what the log raises."""
        if self._waiting == BATCH:
            self._call(self._all, self._values, BATCH)
        while self._made < self._waiting:
            first = self._made * _VALUES
            self._call(self._one, self._values[first : first + _VALUES], 1)
        self._begin()

    def _begin(self) -> None:
        """A batch without packets."""
        self._waiting = 0
        self._made = 0
        self._batch += 1

    def _turn(self, all_of_them: Function, one: Function) -> None:
        """From segments to datagrams, or back."""
        self.deliver()
        self._all = all_of_them
        self._one = one

    def _call(self, function: Function, values: list[object], packets: i64) -> None:
        """Hand over the next packets. Of several it may get to the first few only, or to none."""
        if self._is_down:
            self._made += packets
            self._counts.left_out += packets
            return
        outcome: object = None
        try:
            outcome = function(*values)
        except self._errors as error:
            outcome = error
        if outcome is not None or self._vm.failure is not None:
            self._settle(outcome, packets)
        else:
            self._made += packets
            self._counts.packets += packets

    def _settle(self, outcome: object, packets: i64) -> None:
        made = packets
        report: tuple[str, bool] | None = None
        if isinstance(outcome, tuple) and len(outcome) == 3:  # see guarded_each
            made = outcome[2]
            if outcome[0] is not None:
                report = read_report(outcome)
        elif isinstance(outcome, self._errors) and packets > 1:
            spent = self._vm.recover()
            made = self._made_of_batch()
            if made == 0:
                return
            report = read_report((outcome, spent))
        else:
            report = read_report(outcome)
        self._made += made
        self._counts.packets += made
        packet = self._numbers[self._made - 1]
        if self._vm.failure is not None:
            self._begin()
        self._settle_call(report, packet)

    def _made_of_batch(self) -> i64:
        """How many calls were made of a batch that raised an error of the machine's."""
        try:
            made = self._begun()
            assert isinstance(made, int)
            return made
        except self._errors:
            return 0

    def _settle_call(self, report: tuple[str, bool] | None, packet: i64) -> None:
        script = self._script
        script.settle("process", int(self._counts.packets), report, int(packet))
        self._is_down = script.is_given_up("process")

    def _enter(self, a0: i64, a1: i64, a2: i64, a3: i64, ports: i64, ts_ns: i64) -> i64:
        """See that Lua knows the ends and the second of a packet, which is next in the batch.

        The number of its ends; _STRANGER or _NOT_CALLED where it is not to be handed over.
        """
        if self._is_down:
            return self._leave_out(a0, a1, a2, a3, ports)
        slot = self._slot(a0, a1, a2, a3, ports)
        if slot < 0:
            return slot
        if self._slot_kinds[slot] == _UNWANTED:
            self.left_out += 1
            return _STRANGER
        second = ts_ns // _NS_PER_S
        if second != self._second:
            self.deliver()
            if not self._tell(self._tell_second, int(second)):
                return _NOT_CALLED
            self._second = second
        self._slot_batches[slot] = self._batch
        self._numbers[self._waiting] = self._script.wire.packets
        return slot

    def _leave_out(self, a0: i64, a1: i64, a2: i64, a3: i64, ports: i64) -> i64:
        source, destination = _texts(a0, a1, a2, a3, ports)
        if not self._filter.belongs(source, destination, ports):
            self.left_out += 1
            return _STRANGER
        self._counts.left_out += 1
        return _NOT_CALLED

    def _tell(self, function: Function, *arguments: object) -> bool:
        """Call what only fails where there is no memory: then the packet counts as failed."""
        try:
            function(*arguments)
            return True
        except self._errors as error:
            self._counts.packets += 1
            self._settle_call(read_report(error), self._script.wire.packets)
            return False

    def _slot(self, a0: i64, a1: i64, a2: i64, a3: i64, ports: i64) -> i64:
        """The number by which Lua knows these two ends, in this direction; or _NOT_CALLED."""
        if ports & IPV6_BIT:
            self._ports[0] = _UNUSED
            return self._fill(0, a0, a1, a2, a3, ports)
        slot = (ports ^ (ports >> 15) ^ a0 ^ (a0 >> 29)) & (SLOTS - 1)
        if self._ports[slot] != ports or self._pairs[slot] != a0:
            self._ports[slot] = _UNUSED
            if self._fill(slot, a0, a1, a2, a3, ports) < 0:
                return _NOT_CALLED
            self._ports[slot] = ports
            self._pairs[slot] = a0
        return slot

    def _fill(self, slot: i64, a0: i64, a1: i64, a2: i64, a3: i64, ports: i64) -> i64:
        source, destination = _texts(a0, a1, a2, a3, ports)
        wanted = self._filter.belongs(source, destination, ports)
        self._slot_kinds[slot] = _WANTED if wanted else _UNWANTED
        if not wanted:
            return slot
        if self._slot_batches[slot] == self._batch:
            self.deliver()  # packets that wait are of those who had the number before
        request = self._filter.is_request(destination, ports)
        told = self._tell(
            self._tell_ends, int(slot), source, int((ports >> 16) & 0xFFFF), destination,
            int(ports & 0xFFFF), request,
        )  # fmt: skip
        return slot if told else _NOT_CALLED


def _texts(a0: i64, a1: i64, a2: i64, a3: i64, ports: i64) -> tuple[bytes, bytes]:
    """Source and destination address."""
    if ports & IPV6_BIT:
        return ipv6_text(a0, a1).encode(), ipv6_text(a2, a3).encode()
    return ipv4_text((a0 >> 32) & _MASK_32).encode(), ipv4_text(a0 & _MASK_32).encode()
