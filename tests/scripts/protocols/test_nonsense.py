"""Bytes that are nearly a protocol, or nothing at all: no script of ours fails."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.build import Conversation, Packet
from tests.scripts.protocols.shipped import names, packets_of, traced_packets

PORTS = {"http": 80, "mysql": 3306}
LUAS = ("luajit", "lua54", "lua51")
SPOILED = 8  # captures in which one byte of fifty is another one
HEADERS = 66  # Ethernet, IPv4, TCP with timestamps


@pytest.mark.parametrize("mode", PORTS)
@settings(max_examples=150, deadline=None)
@given(
    pieces=st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=60)), max_size=12),
    lua=st.sampled_from(LUAS),
    begun=st.booleans(),
)
def test_random_bytes_are_no_fault_of_the_script(
    mode: str, pieces: list[tuple[bool, bytes]], lua: str, begun: bool
) -> None:
    talk = Conversation(server=f"10.0.0.2:{PORTS[mode]}")
    if begun:
        talk.handshake()
    for of_client, data in pieces:
        if of_client:
            talk.client(data)
        else:
            talk.server(data)
    traced_packets(mode, talk.packets, lua)


@pytest.mark.parametrize("lua", LUAS)
@pytest.mark.parametrize("mode", PORTS)
def test_spoiled_captures_are_no_fault_of_the_script(mode: str, lua: str) -> None:
    for name in names(mode):
        for seed in range(SPOILED):
            packets = packets_of(mode, name)
            traced_packets(mode, [spoiled(packet, seed) for packet in packets], lua)


def spoiled(packet: Packet, seed: int) -> Packet:
    dice = random.Random(f"{seed} {packet.ts_ns}")
    payload = packet.frame[HEADERS:]
    other = bytes(dice.randrange(256) if dice.random() < 0.02 else byte for byte in payload)
    return Packet(packet.ts_ns, packet.frame[:HEADERS] + other, packet.wire_length)
