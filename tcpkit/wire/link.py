"""Link layers: from a frame to its network layer.

Known here: Ethernet (IEEE 802.3 with LLC and SNAP too), VLAN tags, PPPoE, PPP, Cisco
HDLC, Linux cooked capture 1 and 2, the BSDs' loopback headers, bare IP. IEEE 802.11 is
left to the slow path.
"""

from typing import Final

from librt.strings import read_i16_be, read_i32_be, read_i64_be
from mypy_extensions import i64

from tcpkit.wire.counts import BAD_LINK, NESTED, NOT_IP, OK, UNKNOWN_LINK
from tcpkit.wire.layer import IPV4, IPV6, MPLS, RADIO_FRAME, RADIOTAP_FRAME, Layer

# LINKTYPE_ values of the pcap registry. 12 and 14 are DLT_RAW as some files carry it.
NULL: Final = 0
ETHERNET: Final = 1
PPP: Final = 9
RAW_BSD: Final = 12
RAW_OPENBSD: Final = 14
PPP_HDLC: Final = 50
PPP_ETHER: Final = 51
RAW: Final = 101
C_HDLC: Final = 104
IEEE802_11: Final = 105
LOOP: Final = 108
LINUX_SLL: Final = 113
IEEE802_11_RADIOTAP: Final = 127
BARE_IPV4: Final = 228
BARE_IPV6: Final = 229
LINUX_SLL2: Final = 276

MAX_TAGS: Final = 8  # twice what provider networks stack; a frame full of tags is an attack

_VLAN: Final = 0x8100
_PROVIDER_VLAN: Final = 0x88A8
_QINQ: Final = 0x9100  # in use before 802.1ad
_QINQ_2: Final = 0x9200
_PPPOE_SESSION: Final = 0x8864
_SMALLEST_ETHERTYPE: Final = 0x0600  # below: the length of an IEEE 802.3 frame
_SNAP: Final = 0xAAAA_0300_0000  # LLC and SNAP header with the Ethernet OUI, before the type
_LLC_IP: Final = 0x0606_03
_PPP_IPV4: Final = 0x0021
_PPP_IPV6: Final = 0x0057
_PPP_MPLS: Final = 0x0281


def skip_link(layer: Layer, link_type: i64) -> i64:
    """Move `layer` from the start of a frame to what it carries."""
    if link_type == ETHERNET:
        return skip_ethernet(layer)
    if link_type == LINUX_SLL:
        return _typed(layer, 16, 14)
    if link_type == LINUX_SLL2:
        return _typed(layer, 20, 0)
    if link_type in (RAW, RAW_BSD, RAW_OPENBSD):
        return _bare_ip(layer)
    if link_type in (NULL, LOOP):
        return _loopback(layer)
    if link_type in (BARE_IPV4, BARE_IPV6):
        layer.kind = IPV4 if link_type == BARE_IPV4 else IPV6
        return OK
    if link_type in (PPP, PPP_HDLC):
        return _ppp(layer)
    if link_type == PPP_ETHER:
        layer.kind = _PPPOE_SESSION
        return _skip_tags(layer)
    if link_type == C_HDLC:
        return _typed(layer, 4, 2)
    if link_type in (IEEE802_11, IEEE802_11_RADIOTAP):
        layer.kind = RADIO_FRAME if link_type == IEEE802_11 else RADIOTAP_FRAME
        return OK
    return UNKNOWN_LINK


def skip_ethernet(layer: Layer) -> i64:
    return _typed(layer, 14, 12)


def _typed(layer: Layer, header: i64, at: i64) -> i64:
    """Skip a header of fixed size that has an EtherType `at` bytes from its start."""
    if layer.end - layer.start < header:
        return layer.short(header, BAD_LINK)
    layer.kind = i64(read_i16_be(layer.data, layer.start + at)) & 0xFFFF
    layer.start += header
    return _skip_tags(layer)


def _skip_tags(layer: Layer) -> i64:
    """Skip VLAN tags (IEEE 802.1Q, 802.1ad and the TPIDs used before it), PPPoE and SNAP."""
    tags: i64 = 0
    while True:
        kind = layer.kind
        if kind in (IPV4, IPV6):
            return OK
        if kind in (_VLAN, _PROVIDER_VLAN, _QINQ, _QINQ_2):
            if layer.end - layer.start < 4:
                return layer.short(4, BAD_LINK)
            layer.kind = i64(read_i16_be(layer.data, layer.start + 2)) & 0xFFFF
            layer.start += 4
        elif kind == _PPPOE_SESSION:
            return _pppoe(layer)
        elif kind < _SMALLEST_ETHERTYPE:
            return skip_llc(layer)
        else:
            return OK
        tags += 1
        if tags > MAX_TAGS:
            return NESTED


def skip_llc(layer: Layer) -> i64:
    """Skip IEEE 802.2 LLC with SNAP (RFC 1042), or with the SAP of IP."""
    data, start = layer.data, layer.start
    if layer.end - start < 8:
        return layer.short(8, NOT_IP)
    word: i64 = read_i64_be(data, start)
    if (word >> 16) & 0xFFFF_FFFF_FFFF == _SNAP:
        layer.kind = word & 0xFFFF
        layer.start = start + 8
        return OK
    if (word >> 40) & 0xFF_FFFF == _LLC_IP:
        layer.kind = IPV4
        layer.start = start + 3
        return OK
    return NOT_IP


def _bare_ip(layer: Layer) -> i64:
    if layer.end <= layer.start:
        return layer.short(1, BAD_LINK)
    version = i64(layer.data[layer.start]) >> 4
    if version not in (4, 6):
        return BAD_LINK
    layer.kind = IPV4 if version == 4 else IPV6
    return OK


def _loopback(layer: Layer) -> i64:
    """Skip a BSD loopback header: an address family in the byte order of the host."""
    if layer.end - layer.start < 4:
        return layer.short(4, BAD_LINK)
    family: i64 = i64(read_i32_be(layer.data, layer.start)) & 0xFFFFFFFF
    if family & 0xFFFF == 0:
        family = ((family >> 24) & 0xFF) | ((family >> 8) & 0xFF00)
    layer.start += 4
    if family == 2:
        layer.kind = IPV4
        return OK
    # IPv6 on NetBSD and OpenBSD, FreeBSD, macOS, Windows, Linux.
    if family in (24, 28, 30, 23, 10):
        layer.kind = IPV6
        return OK
    return NOT_IP


def _pppoe(layer: Layer) -> i64:
    """Skip a PPPoE session header (RFC 2516) and the PPP protocol."""
    if layer.end - layer.start < 6:
        return layer.short(6, BAD_LINK)
    if i64(layer.data[layer.start + 1]) != 0:
        return NOT_IP
    layer.start += 6
    return _ppp(layer)


def _ppp(layer: Layer) -> i64:
    """Skip a PPP header: address and control (RFC 1662), which may be left out; protocol."""
    data, start, end = layer.data, layer.start, layer.end
    if end - start < 4:
        return layer.short(4, BAD_LINK)
    if i64(data[start]) == 0xFF and i64(data[start + 1]) == 0x03:
        start += 2
    protocol = i64(data[start])
    if protocol & 1:  # compressed to one byte
        start += 1
    else:
        protocol = protocol << 8 | i64(data[start + 1])
        start += 2
    layer.start = start
    if protocol == _PPP_IPV4:
        layer.kind = IPV4
    elif protocol == _PPP_IPV6:
        layer.kind = IPV6
    elif protocol == _PPP_MPLS:
        layer.kind = MPLS
    else:
        return NOT_IP
    return OK
