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
_TCP: Final = b"tcp"
_UDP: Final = b"udp"


@final
class PacketScript(SegmentSink):
    """Calls `process` for each packet that belongs to the watched ports and servers."""

    __slots__ = (
        "_alone", "_batch", "_begun", "_counts", "_errors", "_filter", "_is_down", "_made",
        "_numbers", "_pairs", "_ports", "_process", "_script", "_second", "_slot_batches",
        "_slot_kinds", "_tell_common", "_tell_ends", "_transport", "_values", "_vm", "_waiting",
        "left_out",
    )  # fmt: skip

    def __init__(self, script: Script, packets: PacketFilter) -> None:
        self._script = script
        self._counts = script.counts
        self._vm = script.vm
        self._filter = packets
        self._process: Function
        self._tell_common: Function
        self._tell_ends: Function
        self._begun: Function
        self._process, self._tell_common, self._tell_ends, self._begun = script.packets
        self._errors = script.vm.errors
        self._is_down = False  # it ran away too often
        self._batch: i64 = 0  # the number of the batch
        self._values: list[object] = []  # of its packets
        self._numbers = vec[i64]([0] * BATCH)  # theirs in the capture
        self._waiting: i64 = 0  # packets in it
        self._made: i64 = 0  # those for which `process` was called
        self._alone = False  # one at a time: all at once could not be handed over
        self._second: i64 = -1
        self._transport = b""
        self._pairs = vec[i64]([_UNUSED] * SLOTS)
        self._ports = vec[i64]([_UNUSED] * SLOTS)
        self._slot_kinds = vec[i64]([_UNWANTED] * SLOTS)
        self._slot_batches = vec[i64]([_UNUSED] * SLOTS)  # the last batch with a packet of theirs
        self.left_out: i64 = 0  # packets that do not belong
        script.deliver = self.deliver

    def segment(self, segment: Segment) -> bool:
        ts_ns = segment.ts_ns
        slot = self._enter(
            segment.a0, segment.a1, segment.a2, segment.a3, segment.ports, ts_ns, _TCP
        )
        if slot < 0:
            return slot == _NOT_CALLED
        values = self._values
        values.append(slot)
        values.append(ts_ns % _NS_PER_S)
        values.append(segment.data[segment.start : segment.end])
        values.append(segment.size)
        values.append(segment.seq)
        values.append(segment.ack)
        values.append(segment.flags)
        values.append(segment.window)
        if self._waiting == BATCH or segment.end - segment.start >= LARGE:
            self.deliver()
        return True

    def datagram(self, datagram: Datagram) -> bool:
        ts_ns = datagram.ts_ns
        slot = self._enter(
            datagram.a0, datagram.a1, datagram.a2, datagram.a3, datagram.ports, ts_ns, _UDP
        )
        if slot < 0:
            return slot == _NOT_CALLED
        payload = datagram.data[datagram.start : datagram.end]
        self._values += (slot, ts_ns % _NS_PER_S, payload, datagram.size, None, None, None, None)
        if self._waiting == BATCH or datagram.end - datagram.start >= LARGE:
            self.deliver()
        return True

    def numbers(self) -> dict[str, int]:
        return {"left out": int(self.left_out)}

    def deliver(self) -> None:
        """Call `process` for the packets that wait. Raises what the log raises."""
        while self._made < self._waiting:
            if self._is_down:
                self._counts.left_out += self._waiting - self._made
                break
            outcome: object = None
            try:
                if self._made == 0 and not self._alone:
                    outcome = self._process(*self._values)
                else:
                    outcome = self._process(*self._rest())
            except self._errors as error:
                outcome = error
            if outcome is not None or self._vm.failure is not None:
                self._settle(outcome)
            elif self._alone:
                self._made += 1
                self._counts.packets += 1
            else:
                self._counts.packets += self._waiting - self._made
                self._made = self._waiting
        self._clear()

    def _rest(self) -> list[object]:
        """The values that are to be handed over next."""
        first = self._made * _VALUES
        return self._values[first : first + _VALUES] if self._alone else self._values[first:]

    def _clear(self) -> None:
        self._values.clear()
        self._waiting = 0
        self._made = 0
        self._alone = False
        self._batch += 1

    def _settle(self, outcome: object) -> None:
        """See to what came of a batch: it may have come to a packet only, which may have failed."""
        report: tuple[str, bool] | None = None
        made: i64 = 0
        if isinstance(outcome, tuple):
            made = outcome[0]
            report = read_report(outcome[1:])
        elif isinstance(outcome, int):
            made = outcome
        elif outcome is None:
            made = 1 if self._alone else self._waiting - self._made
        else:
            spent = self._vm.recover()
            made = self._made_before_it_failed()
            if made == 0:
                self._alone = True
                return
            report = read_report((outcome, spent))
        self._counts.packets += made
        self._made += made
        packet = self._numbers[self._made - 1]
        if self._vm.failure is not None:
            self._clear()
        self._settle_call(report, packet)

    def _made_before_it_failed(self) -> i64:
        """Of a batch that raised an error of the machine's; 0: none, and it is to be cut up."""
        made: i64 = 0
        try:
            begun = self._begun()
            assert isinstance(begun, int)
            made = begun
        except self._errors:
            pass
        is_one = self._alone or self._waiting - self._made == 1
        return 1 if made == 0 and is_one else made

    def _settle_call(self, report: tuple[str, bool] | None, packet: i64) -> None:
        script = self._script
        script.settle("process", int(self._counts.packets), report, int(packet))
        self._is_down = script.is_given_up("process")

    def _enter(
        self, a0: i64, a1: i64, a2: i64, a3: i64, ports: i64, ts_ns: i64, transport: bytes
    ) -> i64:
        """Count a packet into the batch, and see that Lua knows its ends and its second.

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
        if second != self._second or transport is not self._transport:
            self.deliver()
            if not self._tell(self._tell_common, int(second), transport):
                return _NOT_CALLED
            self._second = second
            self._transport = transport
        self._slot_batches[slot] = self._batch
        self._numbers[self._waiting] = self._script.wire.packets
        self._waiting += 1
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
