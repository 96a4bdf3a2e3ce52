"""IPv4 (RFC 791) and IPv6 (RFC 8200) headers, down to the transport's.

IP's own length says where a packet ends: Ethernet pads short frames, and the snap length
cuts long ones. Where it is 0, because the network card cuts the packet up only later
(segmentation offload), the frame's length stands in for it. Checksums are not verified,
since offload leaves them wrong in what the sender captures.

Addresses are those of the IP header: a routing header with segments left names the final
destination elsewhere, which is not looked for.
"""

from typing import Final

from librt.strings import read_i32_be, read_i64_be
from mypy_extensions import i64

from tcpkit.wire.counts import BAD_IP, OK
from tcpkit.wire.layer import Layer
from tcpkit.wire.segment import IPV6_BIT

MAX_EXTENSIONS: Final = 16  # RFC 8200 names six kinds, one of them twice
MAX_JUMBO: Final = 1 << 20  # Linux makes none above 512 KiB; a larger claim is forged

_HOP_BY_HOP: Final = 0
_ROUTING: Final = 43
_FRAGMENT: Final = 44
_AUTHENTICATION: Final = 51
_DESTINATION: Final = 60
_JUMBO_PAYLOAD: Final = 0xC2


def parse_ipv4(layer: Layer) -> i64:
    """Move `layer` from an IPv4 header to what it carries."""
    data, start = layer.data, layer.start
    if layer.end - start < 20:
        return layer.short(20, BAD_IP)
    first: i64 = i64(read_i32_be(data, start))
    header = ((first >> 24) & 0x0F) * 4
    total = first & 0xFFFF
    if (first >> 28) & 0x0F != 4 or header < 20:
        return BAD_IP
    if total == 0:
        total = layer.wire_end - start
    layer.network = start
    layer.wire_end = start + total
    layer.end = min(layer.end, layer.wire_end)
    if layer.end - start < header:
        return layer.short(header, BAD_IP)
    second: i64 = i64(read_i32_be(data, start + 4))
    layer.ident = (second >> 16) & 0xFFFF
    layer.offset = (second & 0x1FFF) * 8
    layer.more = second & 0x2000 != 0
    layer.fragment = second & 0x3FFF != 0
    layer.kind = i64(data[start + 9])
    layer.a0 = read_i64_be(data, start + 12)
    layer.a1 = 0
    layer.a2 = 0
    layer.a3 = 0
    layer.family = 0
    layer.start = start + header
    return OK if layer.fragment else skip_extensions(layer)


def parse_ipv6(layer: Layer) -> i64:
    """Move `layer` from an IPv6 header, over its extension headers, to what it carries."""
    data, start = layer.data, layer.start
    if layer.end - start < 40:
        return layer.short(40, BAD_IP)
    second: i64 = i64(read_i32_be(data, start + 4))
    if i64(data[start]) >> 4 != 6:
        return BAD_IP
    size = (second >> 16) & 0xFFFF
    layer.kind = (second >> 8) & 0xFF
    layer.a0 = read_i64_be(data, start + 8)
    layer.a1 = read_i64_be(data, start + 16)
    layer.a2 = read_i64_be(data, start + 24)
    layer.a3 = read_i64_be(data, start + 32)
    layer.family = IPV6_BIT
    layer.ident = 0
    layer.fragment = False
    layer.network = start
    layer.start = start + 40
    if size == 0 and layer.kind == _HOP_BY_HOP:
        size = _jumbo_size(data, layer.start, layer.end)
        if size > MAX_JUMBO:
            return BAD_IP
    if size != 0:
        layer.wire_end = layer.start + size
        layer.end = min(layer.end, layer.wire_end)
    return skip_extensions(layer)


def skip_extensions(layer: Layer) -> i64:
    """Skip the authentication header (RFC 4302) and IPv6's extension headers.

    Stops behind a fragment header whose packet is indeed in parts.
    """
    data = layer.data
    count: i64 = 0
    while True:
        kind = layer.kind
        if kind != _AUTHENTICATION and (layer.family == 0 or not _is_extension(kind)):
            return OK
        start = layer.start
        if layer.end - start < 8:
            return layer.short(8, BAD_IP)
        size = i64(data[start + 1])
        if kind == _FRAGMENT:
            size = 8
        elif kind == _AUTHENTICATION:
            size = (size + 2) * 4
        else:
            size = (size + 1) * 8
        if layer.end - start < size:
            return layer.short(size, BAD_IP)
        layer.kind = i64(data[start])
        layer.start = start + size
        if kind == _FRAGMENT:
            word: i64 = read_i64_be(data, start)
            layer.ident = word & 0xFFFFFFFF
            layer.offset = (word >> 32) & 0xFFF8
            layer.more = (word >> 32) & 1 != 0
            if layer.offset != 0 or layer.more:
                layer.fragment = True
                return OK
        count += 1
        if count > MAX_EXTENSIONS:
            return BAD_IP


def _is_extension(kind: i64) -> bool:
    return kind in (_HOP_BY_HOP, _ROUTING, _FRAGMENT, _DESTINATION)


def _jumbo_size(data: bytes, start: i64, end: i64) -> i64:
    """The jumbo payload length (RFC 2675) in the hop-by-hop header at `start`; 0: none."""
    if end - start < 8:
        return 0
    last = min(end, start + (i64(data[start + 1]) + 1) * 8)
    at = start + 2
    while at + 6 <= last:
        option = i64(data[at])
        if option == _JUMBO_PAYLOAD:
            return i64(read_i32_be(data, at + 2)) & 0xFFFFFFFF
        at += 1 if option == 0 else 2 + i64(data[at + 1])
    return 0
