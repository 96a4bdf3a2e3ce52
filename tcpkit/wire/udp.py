"""UDP headers (RFC 768)."""

from typing import Final

from librt.strings import read_i16_be, read_i32_be
from mypy_extensions import i64

from tcpkit.wire.counts import BAD_UDP, OK
from tcpkit.wire.layer import Layer
from tcpkit.wire.segment import Datagram

HEADER: Final = 8
_LARGEST_LENGTH: Final = 0xFFFF


def udp_length(layer: Layer) -> i64:
    """Header and payload, by the UDP length; more than IP carries only if it says so.

    It is 0 in a jumbogram (RFC 2675), where IP's length stands in for it. The header
    must be there.
    """
    carried = layer.wire_end - layer.start
    length: i64 = i64(read_i16_be(layer.data, layer.start + 4)) & 0xFFFF
    if length == 0 and carried > _LARGEST_LENGTH:
        return carried
    return length


def parse_udp(layer: Layer, datagram: Datagram) -> i64:
    """Fill `datagram`, except `ts_ns`, from the UDP header at `layer`."""
    data, start = layer.data, layer.start
    if layer.end - start < HEADER:
        return layer.short(HEADER, BAD_UDP)
    length = udp_length(layer)
    if length < HEADER:
        return BAD_UDP
    length = min(length, layer.wire_end - start)
    datagram.a0 = layer.a0
    datagram.a1 = layer.a1
    datagram.a2 = layer.a2
    datagram.a3 = layer.a3
    datagram.ports = (i64(read_i32_be(data, start)) & 0xFFFFFFFF) | layer.family
    datagram.data = data
    datagram.start = start + HEADER
    datagram.end = min(start + length, layer.end)
    datagram.size = length - HEADER
    datagram.first_ns = layer.first_ns
    datagram.last_ns = layer.last_ns
    datagram.mark = 0 if layer.family else layer.ident & 0xFFFF
    return OK
