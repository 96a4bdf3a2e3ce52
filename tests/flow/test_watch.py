"""Which end of a packet is the server."""

import socket
import struct

from tcpkit.flow.watch import AMBIGUOUS, DESTINATION, NEITHER, SOURCE, Watch
from tcpkit.wire.segment import ACK, IPV6_BIT, SYN


def server_end(
    watch: Watch, source: str, sport: int, destination: str, dport: int, flags: int = ACK
) -> int:
    """Ask as the decoder's numbers would."""
    ports = sport << 16 | dport
    if ":" in source:
        both = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(
            socket.AF_INET6, destination
        )
        a0, a1, a2, a3 = struct.unpack("!qqqq", both)
        return watch.server_end(a0, a1, a2, a3, ports | IPV6_BIT, flags)
    (pair,) = struct.unpack("!q", socket.inet_aton(source) + socket.inet_aton(destination))
    return watch.server_end(pair, 0, 0, 0, ports, flags)


ONE = Watch([6379], [], [])
TWO = Watch([6380, 6379], [], [])


def test_watched_port_tells_the_end() -> None:
    assert server_end(ONE, "10.0.0.1", 40000, "10.0.0.2", 6379) == DESTINATION
    assert server_end(ONE, "10.0.0.2", 6379, "10.0.0.1", 40000) == SOURCE
    assert server_end(ONE, "10.0.0.2", 80, "10.0.0.1", 40000) == NEITHER


def test_syn_goes_to_the_server_whatever_port_the_client_uses() -> None:
    assert server_end(TWO, "10.0.0.1", 6380, "10.0.0.2", 6379, SYN) == DESTINATION
    assert server_end(TWO, "10.0.0.2", 6379, "10.0.0.1", 6380, SYN | ACK) == SOURCE


def test_syn_from_a_watched_port_is_a_client_of_something_else() -> None:
    assert server_end(ONE, "10.0.0.1", 6379, "10.0.0.2", 80, SYN) == NEITHER
    assert server_end(ONE, "10.0.0.2", 80, "10.0.0.1", 6379, SYN | ACK) == NEITHER


def test_earlier_port_of_the_list_is_the_server() -> None:
    assert server_end(TWO, "10.0.0.1", 6380, "10.0.0.2", 6379) == SOURCE
    assert server_end(TWO, "10.0.0.1", 6379, "10.0.0.2", 6380) == DESTINATION


def test_server_address_beats_the_port_list() -> None:
    watch = Watch([6380, 6379], ["10.0.0.2"], [])
    assert server_end(watch, "10.0.0.1", 6380, "10.0.0.2", 6379) == DESTINATION
    assert server_end(watch, "10.0.0.2", 6379, "10.0.0.1", 6380) == SOURCE


def test_other_servers_are_not_watched() -> None:
    watch = Watch([6379], ["10.0.0.2"], [])
    assert server_end(watch, "10.0.0.1", 40000, "10.0.0.3", 6379) == NEITHER
    assert server_end(watch, "10.0.0.1", 40000, "10.0.0.3", 6379, SYN) == NEITHER
    assert server_end(watch, "10.0.0.2", 40000, "10.0.0.3", 6379) == NEITHER


def test_same_port_on_both_ends_is_told_by_the_local_address() -> None:
    watch = Watch([6379], [], ["10.0.0.2", "2001:db8::2"])
    assert server_end(watch, "10.0.0.1", 6379, "10.0.0.2", 6379) == DESTINATION
    assert server_end(watch, "10.0.0.2", 6379, "10.0.0.1", 6379) == SOURCE
    assert server_end(watch, "2001:db8::2", 6379, "2001:db8::1", 6379) == SOURCE


def test_same_port_on_both_ends_without_any_hint_is_ambiguous() -> None:
    assert server_end(ONE, "10.0.0.1", 6379, "10.0.0.2", 6379) == AMBIGUOUS
    both_local = Watch([6379], [], ["10.0.0.1", "10.0.0.2"])
    assert server_end(both_local, "10.0.0.1", 6379, "10.0.0.2", 6379) == AMBIGUOUS


def test_both_ends_named_as_servers_go_by_the_port_list() -> None:
    watch = Watch([6379, 6380], ["10.0.0.1", "10.0.0.2"], [])
    assert server_end(watch, "10.0.0.1", 6380, "10.0.0.2", 6379) == DESTINATION
    assert server_end(watch, "10.0.0.2", 6379, "10.0.0.1", 6380) == SOURCE


def test_ipv6_server_address_is_compared_as_a_whole() -> None:
    watch = Watch([6379], ["2001:db8::2"], [])
    assert server_end(watch, "2001:db8::1", 40000, "2001:db8::2", 6379) == DESTINATION
    assert server_end(watch, "2001:db8::1", 40000, "2001:db8:0:0:1::2", 6379) == NEITHER
    assert server_end(watch, "2001:db8::1", 40000, "2001:db8::3", 6379) == NEITHER


def test_high_addresses_are_no_negative_numbers() -> None:
    watch = Watch([6379], ["223.255.255.254", "ffff:ffff::1"], [])
    assert server_end(watch, "200.0.0.1", 40000, "223.255.255.254", 6379) == DESTINATION
    assert server_end(watch, "223.255.255.254", 6379, "200.0.0.1", 40000) == SOURCE
    assert server_end(watch, "ffff:ffff::1", 6379, "ffff::1", 40000) == SOURCE
