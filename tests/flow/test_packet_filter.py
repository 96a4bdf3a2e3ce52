import pytest

from tcpkit.flow.packet_filter import PacketFilter

CLIENT, SERVER = b"10.0.0.1", b"10.0.0.2"
THERE = 53499 << 16 | 6379
BACK = 6379 << 16 | 53499
ELSEWHERE = 53499 << 16 | 80


def test_all_packets_belong_where_nothing_is_named() -> None:
    packets = PacketFilter((), ())
    assert packets.belongs(CLIENT, SERVER, ELSEWHERE)
    assert not packets.is_request(SERVER, ELSEWHERE)


@pytest.mark.parametrize(("ports", "belongs"), [(THERE, True), (BACK, True), (ELSEWHERE, False)])
def test_either_end_at_a_watched_port_belongs(ports: int, belongs: bool) -> None:
    assert PacketFilter((6379, 6380), ()).belongs(CLIENT, SERVER, ports) is belongs


def test_watched_port_and_server_must_be_the_same_end() -> None:
    packets = PacketFilter((6379,), ("10.0.0.2",))
    assert packets.belongs(CLIENT, SERVER, THERE)
    assert not packets.belongs(CLIENT, SERVER, BACK)


def test_servers_alone_select_by_address() -> None:
    packets = PacketFilter((), ("10.0.0.2", "2001:db8::1"))
    assert packets.belongs(CLIENT, SERVER, ELSEWHERE)
    assert packets.belongs(b"2001:db8::1", b"2001:db8::2", ELSEWHERE)
    assert not packets.belongs(CLIENT, b"10.0.0.3", ELSEWHERE)


def test_packet_to_a_watched_port_of_a_server_is_a_request() -> None:
    packets = PacketFilter((6379,), ("10.0.0.2",))
    assert packets.is_request(SERVER, THERE)
    assert not packets.is_request(CLIENT, BACK)
    assert not packets.is_request(b"10.0.0.3", THERE)
