"""Datagrams of watched servers reach their reader, turned to the client's side."""

import pytest

from tcpkit.flow.datagrams import CANNOT_TELL, REPLY, REQUEST, DatagramReader
from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.stream import StreamOpener
from tcpkit.flow.table import ConnectionTable
from tcpkit.flow.watch import Watch
from tcpkit.wire.decoder import Decoder
from tcpkit.wire.segment import Datagram
from tests.build import ETHERNET, START_NS, Packet, datagram

CLIENT, SERVER = "10.0.0.1:40000", "10.0.0.2:53"
CLIENT_6, SERVER_6 = "[2001:db8::1]:40000", "[2001:db8::2]:53"


class Recording(DatagramReader):
    """What came, as `kind client server payload`; `asks` is its answer for doubtful ones."""

    def __init__(self, asks: int = CANNOT_TELL) -> None:
        self.seen: list[tuple[str, str, str, bytes]] = []
        self.expired: list[int] = []
        self.asks = asks

    def direction(self, datagram: Datagram) -> int:
        return self.asks

    def request(self, datagram: Datagram) -> None:
        self._note("request", datagram)

    def reply(self, datagram: Datagram) -> None:
        self._note("reply", datagram)

    def _note(self, kind: str, seen: Datagram) -> None:
        ends = Endpoints(seen.a0, seen.a1, seen.a2, seen.a3, seen.ports)
        self.seen.append((kind, ends.client, ends.server, seen.data[seen.start : seen.end]))

    def expire(self, now_ns: int) -> None:
        self.expired.append(int(now_ns))

    def finish(self, now_ns: int) -> None:
        self.seen.append(("end", "", "", b""))


class Read:
    def __init__(self, reader: DatagramReader | None, servers: tuple[str, ...] = ()) -> None:
        self.table = ConnectionTable(Watch([53], servers, []), StreamOpener(), reader)
        self._decoder = Decoder(self.table, True, True)

    def feed(self, *packets: Packet) -> bool:
        for packet in packets:
            size = len(packet.frame)
            self._decoder.packet(packet.frame, 0, size, packet.ts_ns, packet.wire_length, ETHERNET)
        return self._decoder.wanted


@pytest.mark.parametrize(("client", "server"), [(CLIENT, SERVER), (CLIENT_6, SERVER_6)])
def test_both_directions_have_the_clients_view(client: str, server: str) -> None:
    reader = Recording()
    assert Read(reader).feed(datagram(client, server, b"who"), datagram(server, client, b"me"))
    assert reader.seen == [("request", client, server, b"who"), ("reply", client, server, b"me")]


def test_other_ports_are_not_wanted() -> None:
    reader = Recording()
    assert not Read(reader).feed(datagram(CLIENT, "10.0.0.2:54", b"who"))
    assert reader.seen == []


def test_without_a_reader_no_datagram_is_wanted() -> None:
    assert not Read(None).feed(datagram(CLIENT, SERVER, b"who"))


@pytest.mark.parametrize(("asks", "kind"), [(REQUEST, "request"), (REPLY, "reply")])
def test_payload_tells_the_direction_where_both_ports_are_the_servers(asks: int, kind: str) -> None:
    reader = Recording(asks)
    read = Read(reader)
    assert read.feed(datagram("10.0.0.1:53", SERVER, b"who"))
    assert [seen[0] for seen in reader.seen] == [kind]


def test_equal_ports_without_any_hint_are_counted_as_ambiguous() -> None:
    reader = Recording()
    read = Read(reader)
    assert not read.feed(datagram("10.0.0.1:53", SERVER, b"who"))
    assert (reader.seen, read.table.counts.ambiguous) == ([], 1)


def test_named_server_decides_before_the_payload() -> None:
    reader = Recording(REPLY)
    assert Read(reader, ("10.0.0.2",)).feed(datagram("10.0.0.1:53", SERVER, b"who"))
    assert [seen[0] for seen in reader.seen] == ["request"]


def test_time_passes_with_datagrams_one_packet_late_and_ends_with_the_capture() -> None:
    reader = Recording()
    read = Read(reader)
    second = 1_000_000_000
    for at in (0, 1, 2):
        read.feed(datagram(CLIENT, SERVER, b"who", START_NS + at * second))
    assert reader.expired == [START_NS, START_NS + second]
    read.table.finish()
    assert reader.expired[-1] == START_NS + 2 * second
    assert reader.seen[-1][0] == "end"


def test_fragments_tell_when_the_first_and_the_last_byte_came() -> None:
    times: list[tuple[int, int, int]] = []

    class Timing(Recording):
        def request(self, datagram: Datagram) -> None:
            times.append((int(datagram.first_ns), int(datagram.last_ns), int(datagram.ts_ns)))

    whole = datagram(CLIENT, SERVER, b"x" * 32).frame
    head, udp = whole[:34], whole[34:]

    def fragment(offset: int, size: int, more: bool, ts_ns: int) -> Packet:
        ip = bytearray(head[14:])
        ip[2:4] = (20 + size).to_bytes(2, "big")
        ip[6:8] = ((0x2000 if more else 0) | offset // 8).to_bytes(2, "big")
        frame = head[:14] + bytes(ip) + udp[offset : offset + size]
        return Packet(ts_ns, frame, len(frame))

    last_first = [fragment(16, 24, False, 1), fragment(0, 16, True, 5), fragment(0, 16, True, 9)]
    Read(Timing()).feed(*last_first)
    assert times == [(5, 1, 5)]
