"""How long a frame was on the wire, when the capture does not tell."""

from typing import Final

from librt.strings import read_i16_be
from mypy_extensions import i64

LINKTYPE_NULL: Final = 0
LINKTYPE_ETHERNET: Final = 1
LINKTYPE_RAW: Final = 101
LINKTYPE_LOOP: Final = 108
LINKTYPE_LINUX_SLL: Final = 113
LINKTYPE_IPV4: Final = 228
LINKTYPE_IPV6: Final = 229
LINKTYPE_LINUX_SLL2: Final = 276
_DLT_RAW: Final = 12  # the platforms' own numbers of LINKTYPE_RAW, met in files
_DLT_RAW_BSD: Final = 14

_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD
_VLAN: Final = 0x8100
_SERVICE_VLAN: Final = 0x88A8
_OLD_SERVICE_VLAN: Final = 0x9100

_NOT_IP: Final = -1


def frame_length(data: bytes, start: i64, end: i64, link_type: i64) -> i64:
    """The length of the frame whose first bytes are `data[start:end]`.

    Taken from the length of the IP packet in it (RFC 791 3.1, RFC 8200 3) where that can
    be found; never less than what is there, which also stands for IP's 0 ("too large").
    """
    captured: i64 = end - start
    ip: i64 = _ip_packet(data, start, end, link_type)
    if ip == _NOT_IP or end - ip < 6:
        return captured
    length: i64 = ip - start
    version: i64 = i64(data[ip]) >> 4
    if version == 4:
        length += i64(read_i16_be(data, ip + 2)) & 0xFFFF
    elif version == 6 and read_i16_be(data, ip + 4) != 0:
        length += 40 + (i64(read_i16_be(data, ip + 4)) & 0xFFFF)
    return max(length, captured)


def _ip_packet(data: bytes, start: i64, end: i64, link_type: i64) -> i64:
    """Where the IP packet begins, or _NOT_IP."""
    if link_type == LINKTYPE_ETHERNET:
        kind: i64 = start + 12
        ip: i64 = start + 14
        while ip <= end and _is_vlan(i64(read_i16_be(data, kind)) & 0xFFFF):
            kind += 4
            ip += 4
    elif link_type == LINKTYPE_LINUX_SLL:
        kind = start + 14
        ip = start + 16
    elif link_type == LINKTYPE_LINUX_SLL2:
        kind = start
        ip = start + 20
    elif link_type in (LINKTYPE_NULL, LINKTYPE_LOOP):
        return start + 4
    elif link_type in (LINKTYPE_RAW, _DLT_RAW, _DLT_RAW_BSD, LINKTYPE_IPV4, LINKTYPE_IPV6):
        return start
    else:
        return _NOT_IP
    if ip > end:
        return _NOT_IP
    protocol: i64 = i64(read_i16_be(data, kind)) & 0xFFFF
    return ip if protocol in (_IPV4, _IPV6) else _NOT_IP


def _is_vlan(protocol: i64) -> bool:
    return protocol in (_VLAN, _SERVICE_VLAN, _OLD_SERVICE_VLAN)
