"""Ten million different keys, skewed: how often each is asked for is known beforehand."""

import random
from array import array
from collections.abc import Iterator
from typing import IO, Final

from benchmarks.frames import FILE_HEADER, Exchanger

PORT: Final = 6379
NAMES: Final = 10_000_000
QUICK_NAMES: Final = 300_000
EXPONENT: Final = 1.1
BUSIEST: Final = 200_000  # requests for the first key; the 100th gets 1,261, the 101st 1,248
SEED: Final = 20_260_101
_CLIENT: Final = 0x0A01_0001
_CLIENT_PORT: Final = 40_000
_TOGETHER: Final = 32  # requests in a segment
_PAUSE_NS: Final = 50_000


def requests_of(rank: int) -> int:
    """How often the key of that rank, from 1 on, is asked for: by a power law, once at least."""
    return max(int(BUSIEST / rank**EXPONENT), 1)


def names_of(quick: bool) -> int:
    return QUICK_NAMES if quick else NAMES


def key_of(rank: int) -> bytes:
    return b"item:%08d" % rank


def write_skewed(file: IO[bytes], quick: bool) -> None:
    """A capture of GETs in an order that chance (seeded) makes, each answered with nil."""
    order = array("i")
    for rank in range(1, names_of(quick) + 1):
        order.extend([rank] * requests_of(rank))
    random.Random(SEED).shuffle(order)
    file.write(FILE_HEADER)
    for frame in _frames(order):
        file.write(frame)


def _frames(order: "array[int]") -> Iterator[bytes]:
    connection = Exchanger(_CLIENT, _CLIENT_PORT, PORT)
    yield connection.handshake(0)
    time_ns = 1_000_000
    for at in range(0, len(order), _TOGETHER):
        ranks = order[at : at + _TOGETHER]
        asked = b"".join([b"*2\r\n$3\r\nGET\r\n$13\r\n%s\r\n" % key_of(rank) for rank in ranks])
        yield connection.client(time_ns, asked)
        yield connection.server(time_ns + 10_000 + at % 9973, b"$-1\r\n" * len(ranks))
        time_ns += _PAUSE_NS
