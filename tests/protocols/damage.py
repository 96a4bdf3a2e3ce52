"""Packets of a capture damaged at random, and what stays true whatever happened to them.

Times stay with their packets. Beside what hypothesis does here, `tests.truth.damage` goes
through each packet of a capture.
"""

from dataclasses import replace

from hypothesis import strategies as st

from tests.build import Packet
from tests.truth.damage import Damaged
from tests.truth.judge import Reading, Truth, judge

HANDSHAKE = 3  # packets
MAX_LOST = 6
MAX_PLACES = 3
MAX_WINDOW = 5


def assert_nothing_false(packets: list[Packet], damaged: list[Packet], reading: Reading) -> None:
    """What is exact in the damaged capture happened in the undamaged one."""
    verdict = judge(Damaged("damaged", damaged), Truth(packets, reading), reading)
    assert verdict.false_exact == [], verdict.false_exact


def out_of_order(packets: list[Packet], data: st.DataObject) -> list[Packet]:
    """None is lost; behind the handshake they are mixed within small windows."""
    mixed = packets[:HANDSHAKE]
    at = HANDSHAKE
    while at < len(packets):
        window = packets[at : at + data.draw(st.integers(1, MAX_WINDOW))]
        mixed += data.draw(st.permutations(window))
        at += len(window)
    return mixed


def captured_twice(packets: list[Packet], data: st.DataObject) -> list[Packet]:
    """None is lost; copies of some come a little later, up to three places on."""
    places = list(enumerate(packets))
    for at, packet in enumerate(packets):
        if data.draw(st.booleans()):
            later = data.draw(st.integers(0, MAX_PLACES))
            places.append((at + later, replace(packet, ts_ns=packet.ts_ns + 100 * (later + 1))))
    return [packet for _, packet in sorted(places, key=lambda place: place[0])]


def some_lost(packets: list[Packet], data: st.DataObject) -> list[Packet]:
    lost = data.draw(st.sets(st.integers(0, len(packets) - 1), max_size=MAX_LOST))
    return [packet for at, packet in enumerate(packets) if at not in lost]


def displaced(packets: list[Packet], data: st.DataObject) -> list[Packet]:
    """Some lost, some doubled, all displaced by up to three places."""
    placed: list[tuple[int, int]] = []
    for at in range(len(packets)):
        copies = data.draw(st.sampled_from([1, 1, 1, 1, 0, 2]))
        placed += [(at + data.draw(st.integers(0, MAX_PLACES)), at) for _ in range(copies)]
    return [packets[at] for _, at in sorted(placed)]


def begun_late(packets: list[Packet], data: st.DataObject) -> list[Packet]:
    return packets[data.draw(st.integers(0, len(packets))) :]
