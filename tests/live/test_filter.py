"""The kernel's filter lets everything pass that the decoder can read.

Frames are put on a veth pair as they are, or made by the kernel where it can.
"""

import socket
import struct
from collections.abc import Iterator, Sequence

import pytest

from tests.build import ETHERNET
from tests.live.namespaces import LINK, Lab
from tests.live.resp_server import Client, resp_server
from tests.live.tracer import tracing
from tests.program import wait_until
from tests.wire import frames as f
from tests.wire.stacks import ALL, Stack

PORT = 6379
STACKS = [stack for stack in ALL if stack.link_type == ETHERNET]
SERVERS = ("-s", f"{f.FOUR[1]},{f.SIX[1]}")
IPV6_DSTOPTS = 59  # linux/in6.h
IPV6_HOPOPTS = 54
PADDING_OPTION = struct.pack("!BBBB", 0, 0, 1, 4) + bytes(4)  # PadN: RFC 8200, 4.2
MTU = 1500


@pytest.fixture
def wire(lab: Lab) -> Iterator[socket.socket]:
    """Sends frames to the server's end of the link."""
    with lab.client.open_wire() as sender:
        yield sender


def segment(stack: Stack, payload: bytes) -> bytes:
    return stack.wrap(f.tcp(payload, ports=(50001, PORT), addresses=stack.addresses), f.TCP)


def datagram(stack: Stack, payload: bytes) -> bytes:
    return stack.wrap(f.udp(payload, ports=(50002, PORT), addresses=stack.addresses), f.UDP)


def payloads_seen(
    lab: Lab, wire: socket.socket, frames: Sequence[bytes], *options: str
) -> list[str]:
    """The payloads that raw mode shows after `frames` and an ordinary packet were sent."""
    last = f.ipv4(f.tcp(b"the end", ports=(1, PORT)))
    if "-u" in options:
        last = f.ipv4(f.udp(b"the end", ports=(1, PORT)), f.UDP)
    with tracing(
        *("-m", "raw", "-p", str(PORT), *options),
        interface=LINK,
        prefix=lab.server.prefix,
        json=False,
        stats=False,
    ) as tracer:
        for frame in [*frames, f.ethernet(last)]:
            wire.send(frame)
        wait_until(lambda: "the end" in tracer.text(), "the last packet")
        lines = tracer.text().splitlines()
    return [line.rpartition(" | ")[2] for line in lines[:-1]]


def names_missing(found: Sequence[str], names: Sequence[str]) -> list[str]:
    """Those of `names` that were not found; what was found must be of them, in their order."""
    assert list(found) == [name for name in names if name in found]
    return [name for name in names if name not in found]


@pytest.mark.parametrize("options", [(), SERVERS], ids=["ports", "servers"])
def test_segment_passes_in_every_stack_that_the_decoder_reads(
    lab: Lab, wire: socket.socket, options: Sequence[str]
) -> None:
    names = [stack.name for stack in STACKS]
    frames = [segment(stack, stack.name.encode()) for stack in STACKS]
    assert names_missing(payloads_seen(lab, wire, frames, *options), names) == []


@pytest.mark.parametrize("options", [(), SERVERS], ids=["ports", "servers"])
def test_datagram_passes_in_every_stack_that_the_decoder_reads(
    lab: Lab, wire: socket.socket, options: Sequence[str]
) -> None:
    names = [stack.name for stack in STACKS]
    frames = [datagram(stack, stack.name.encode()) for stack in STACKS]
    assert names_missing(payloads_seen(lab, wire, frames, "-u", *options), names) == []


@pytest.mark.parametrize("tpids", [[], [f.VLAN], [f.PROVIDER_VLAN, f.VLAN]])
@pytest.mark.parametrize("order", [1, -1])
def test_fragments_pass_tagged_or_not(
    lab: Lab, wire: socket.socket, tpids: Sequence[int], order: int
) -> None:
    payload = b"in parts"
    four = f.ipv4_fragments(f.tcp(payload, ports=(50001, PORT)), f.TCP, [16, 8])
    six_segment = f.tcp(payload, ports=(50001, PORT), addresses=f.SIX)
    six = f.ipv6_fragments(six_segment, f.TCP, [16, 8])
    frames = [f.tagged(packet, tpids) for packet in four[::order]]
    frames += [f.tagged(packet, tpids, f.IPV6) for packet in six[::order]]
    assert payloads_seen(lab, wire, frames) == ["in parts", "in parts"]


def test_foreign_port_does_not_pass(lab: Lab, wire: socket.socket) -> None:
    """The filter does keep something out."""
    foreign = f.ethernet(f.ipv4(f.tcp(b"other", ports=(50001, 80))))
    wanted = f.ethernet(f.ipv4(f.tcp(b"wanted", ports=(50001, PORT))))
    assert payloads_seen(lab, wire, [foreign, wanted]) == ["wanted"]


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_datagram_that_the_kernel_fragments_is_seen_whole(
    lab: Lab, family: socket.AddressFamily
) -> None:
    with (
        tracing(
            *("-m", "raw", "-p", str(PORT), "-u"),
            interface=LINK,
            prefix=lab.server.prefix,
            stats=False,
            json=False,
        ) as tracer,
        lab.client.open_socket(family, socket.SOCK_DGRAM) as sender,
    ):
        sender.sendto(b"x" * (3 * MTU), (lab.server.address(family), PORT))
        wait_until(lambda: "\n" in tracer.text(), "the datagram")
        assert f"udp len {3 * MTU}" in tracer.text()


@pytest.mark.parametrize("options", [(), ("-s", "fd99::2")], ids=["ports", "servers"])
@pytest.mark.parametrize("header", [IPV6_DSTOPTS, IPV6_HOPOPTS])
def test_connection_with_extension_headers_is_traced(
    lab: Lab, header: int, options: Sequence[str]
) -> None:
    """Only the client's packets have them."""
    address = lab.server.address(socket.AF_INET6)
    with (
        resp_server(address, make=lab.server.open_socket) as server,
        tracing(
            *("-p", str(server.port), *options),
            interface=LINK,
            prefix=lab.server.prefix,
            stats=False,
        ) as tracer,
    ):

        def extended(family: int) -> socket.socket:
            made = lab.client.open_socket(family)
            made.setsockopt(socket.IPPROTO_IPV6, header, PADDING_OPTION)
            return made

        with Client(address, server.port, extended) as client:
            for index in range(10):
                client.ask("GET", f"key:{index}")
        rows = tracer.rows_when(10)
    assert [row["key"] for row in rows] == [f"key:{index}" for index in range(10)]
    assert {row["quality"] for row in rows} == {"exact"}
