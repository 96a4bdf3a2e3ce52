"""Ways to damage a capture: packets lost, doubled, swapped, cut. Times stay with their packets."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.build import Packet

LOSS_SHARES = (0.01, 0.05, 0.20)
LOSS_ROUNDS = 5
MIXED_SHARE = 0.03
SNAP_LENGTHS = (96, 256)


@dataclass(frozen=True)
class Damaged:
    """A capture after something happened to it."""

    how: str
    packets: list[Packet]


def single_losses(packets: list[Packet]) -> Iterator[Damaged]:
    for at in range(len(packets)):
        yield Damaged(f"without packet {at + 1}", packets[:at] + packets[at + 1 :])


def doublings(packets: list[Packet]) -> Iterator[Damaged]:
    for at, packet in enumerate(packets):
        twice = [*packets[: at + 1], packet, *packets[at + 1 :]]
        yield Damaged(f"packet {at + 1} twice", twice)


def swaps(packets: list[Packet]) -> Iterator[Damaged]:
    for at in range(len(packets) - 1):
        swapped = [*packets[:at], packets[at + 1], packets[at], *packets[at + 2 :]]
        yield Damaged(f"packets {at + 1} and {at + 2} swapped", swapped)


def random_losses(packets: list[Packet]) -> Iterator[Damaged]:
    for share in LOSS_SHARES:
        for seed in range(LOSS_ROUNDS):
            dice = random.Random(seed)
            left = [packet for packet in packets if dice.random() >= share]
            yield Damaged(f"{share:.0%} lost, seed {seed}", left)


def late_starts(packets: list[Packet]) -> Iterator[Damaged]:
    for at in range(1, len(packets)):
        yield Damaged(f"from packet {at + 1} on", packets[at:])


def snapped(packets: list[Packet]) -> Iterator[Damaged]:
    for length in SNAP_LENGTHS:
        cut = [replace(packet, frame=packet.frame[:length]) for packet in packets]
        yield Damaged(f"cut to {length} bytes", cut)


def mixed(packets: list[Packet]) -> Iterator[Damaged]:
    """Lost, doubled and swapped packets in one capture."""
    for seed in range(LOSS_ROUNDS):
        dice = random.Random(seed)
        left: list[Packet] = []
        for packet in packets:
            what = dice.random()
            if what < MIXED_SHARE:
                continue
            left.append(packet)
            if what < 2 * MIXED_SHARE:
                left.append(packet)
            elif what < 3 * MIXED_SHARE and len(left) > 1:
                left[-2:] = [left[-1], left[-2]]
        yield Damaged(f"lost, doubled and swapped, seed {seed}", left)


WAYS = {
    "lost": single_losses,
    "doubled": doublings,
    "swapped": swaps,
    "random": random_losses,
    "late": late_starts,
    "snapped": snapped,
    "mixed": mixed,
}
LONG_WAYS = ("lost", "doubled", "swapped", "late")  # a damaged capture for each packet
