"""TCP headers (RFC 9293)."""

from typing import Final

from librt.strings import read_i16_be, read_i32_be, read_i64_be
from mypy_extensions import i64

from tcpkit.wire.counts import BAD_TCP, OK
from tcpkit.wire.layer import Layer
from tcpkit.wire.segment import Segment

HEADER: Final = 20  # without options

_MASK_32: Final = 0xFFFFFFFF
_TIMESTAMP: Final = 8  # RFC 7323
_NOP_NOP_TIMESTAMP: Final = 0x0101080A


def parse_tcp(layer: Layer, segment: Segment) -> i64:
    """Fill `segment`, except its time, from the TCP header at `layer`.

    Where the snap length cut the options, the payload is empty and its size known.
    """
    data, start, end = layer.data, layer.start, layer.end
    if end - start < HEADER:
        return layer.short(HEADER, BAD_TCP)
    third: i64 = read_i64_be(data, start + 8)
    header = (third >> 26) & 0x3C
    size = layer.wire_end - start - header
    if header < HEADER or size < 0:
        return BAD_TCP
    segment.a0 = layer.a0
    segment.a1 = layer.a1
    segment.a2 = layer.a2
    segment.a3 = layer.a3
    segment.ports = (i64(read_i32_be(data, start)) & _MASK_32) | layer.family
    segment.seq = i64(read_i32_be(data, start + 4)) & _MASK_32
    segment.ack = (third >> 32) & _MASK_32
    segment.flags = (third >> 16) & 0xFF
    segment.window = third & 0xFFFF
    payload = min(start + header, end)
    segment.data = data
    segment.start = payload
    segment.end = end
    segment.size = size
    segment.headers = start + header - layer.network
    if layer.family:
        segment.mark = timestamp_mark(data, start + HEADER, payload)
    else:
        segment.mark = layer.ident
    return OK


def timestamp_mark(data: bytes, at: i64, end: i64) -> i64:
    """The low 16 bits of the timestamp value in the options `data[at:end]`; 0: none."""
    if end - at >= 12 and i64(read_i32_be(data, at)) == _NOP_NOP_TIMESTAMP:
        return i64(read_i16_be(data, at + 6)) & 0xFFFF
    while at + 10 <= end:
        option = i64(data[at])
        if option == 1:
            at += 1
            continue
        if option == _TIMESTAMP:
            return i64(read_i16_be(data, at + 4)) & 0xFFFF
        size = i64(data[at + 1])
        if option == 0 or size < 2:
            return 0
        at += size
    return 0
