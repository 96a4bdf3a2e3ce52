"""The transport's checksum, for datagrams put together from fragments.

Only there it is verified: it tells fragments that do not belong together. A packet in
one piece may carry a wrong one, where the network card computes it after the capture;
fragments are made after that.
"""

from typing import Final

from librt.strings import read_i16_be
from mypy_extensions import i64

from tcpkit.wire.layer import PROTOCOL_UDP, Layer
from tcpkit.wire.udp import HEADER, udp_length

_MODULUS: Final = 0xFFFF  # a sum of 16-bit words, carries added back: the number modulo this
_MASK_64: Final = 0xFFFFFFFFFFFFFFFF


def transport_sum_fits(layer: Layer) -> bool:
    """Whether the whole TCP segment or UDP datagram at `layer` has the sum it says.

    True where there is none: IPv4 allows UDP without, and a header may be missing.
    """
    data, start, end = layer.data, layer.start, layer.end
    if layer.kind == PROTOCOL_UDP:
        if end - start < HEADER:
            return True
        if layer.family == 0 and read_i16_be(data, start + 6) == 0:
            return True
        end = min(end, start + udp_length(layer))
    size = end - start
    body = int.from_bytes(data[start:end], "big") << (8 * int(size & 1))
    pseudo = _words(layer.a0) + _words(layer.a1) + _words(layer.a2) + _words(layer.a3)
    return (body + pseudo + int(size) + int(layer.kind)) % _MODULUS == 0


def _words(value: i64) -> int:
    return int(value) & _MASK_64
