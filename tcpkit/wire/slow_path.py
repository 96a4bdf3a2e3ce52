"""Headers that the decoder does not know, found by dpkt: MPLS, GRE, IEEE 802.11.

dpkt only says how long a header is and what follows; what follows is read by our own
code again. It is imported when the first such packet comes. It is given no more than the
header where that is possible, since it reads whatever follows as deep as it goes.
"""

import struct
from typing import Final

import dpkt

from tcpkit.wire.layer import (
    ETHERNET_FRAME,
    GRE_HEADER,
    IPV4,
    IPV6,
    LLC_FRAME,
    MPLS,
    MPLS_MULTICAST,
    RADIO_FRAME,
    RADIOTAP_FRAME,
)

NOTHING: Final = 0  # Inner.kind: read, and nothing of IP in it
DAMAGED: Final = -1

# What dpkt 1.9.8 raises on damaged input: its own errors, and those of the operations
# that it does not guard (RecursionError is a RuntimeError, UnboundLocalError a NameError).
_DPKT_RAISES: Final = (
    dpkt.Error,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)

_MAX_LABELS: Final = 24
_GRE_HEADER: Final = 20  # with every optional field, but no source routes
_GRE_VERSION: Final = 7  # only 0 carries what we look for
_RADIO_HEADER: Final = 36  # with a fourth address and quality of service
_RADIOTAP_HEADER: Final = 8  # without any field
_DATA_PAD: Final = 0x20  # radiotap flag: the 802.11 header is filled up to 4 bytes
_FRAGMENT_NUMBER: Final = 0x0F00  # as dpkt reads it: 802.11 is little-endian, dpkt is not
_AGGREGATE: Final = 0x8000  # likewise


def unwrap(kind: int, data: bytes, start: int, end: int) -> tuple[int, int]:
    """The kind of what follows the header of `kind` at `data[start:end]`, and where.

    The kind is NOTHING or DAMAGED where there is no such thing.
    """
    try:
        if kind in (MPLS, MPLS_MULTICAST):
            return _mpls(data, start, end)
        if kind == GRE_HEADER:
            return _gre(data, start, end)
        if kind == RADIOTAP_FRAME:
            return _radiotap(data, start, end)
        if kind == RADIO_FRAME:
            return _radio(data, start, end)
    except _DPKT_RAISES:
        return DAMAGED, start
    return NOTHING, start


def _mpls(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Labels (RFC 3032), then IP, by its version, or an Ethernet pseudowire (RFC 4448)."""
    for _ in range(_MAX_LABELS):
        label = dpkt.ethernet.MPLSlabel(data[start : min(start + 4, end)])
        start += 4
        if label.s:
            break
    else:
        return DAMAGED, start
    if start >= end:
        return DAMAGED, start
    version = data[start] >> 4
    if version == 4:
        return IPV4, start
    if version == 6:
        return IPV6, start
    has_control_word = data[start : min(start + 2, end)] == b"\0\0"
    return ETHERNET_FRAME, start + 4 if has_control_word else start


def _gre(data: bytes, start: int, end: int) -> tuple[int, int]:
    """GRE (RFC 2784, 2890), without source routes."""
    header = data[start : min(start + _GRE_HEADER, end)]
    flags = int.from_bytes(header[:2], "big")
    if flags & (dpkt.gre.GRE_RP | _GRE_VERSION):
        return NOTHING, start
    gre = dpkt.gre.GRE(header)
    start += len(gre) - len(gre.data)
    if gre.p in (IPV4, IPV6, MPLS, MPLS_MULTICAST):
        return int(gre.p), start
    if gre.p == dpkt.ethernet.ETH_TYPE_TEB:
        return ETHERNET_FRAME, start
    return NOTHING, start


def _radiotap(data: bytes, start: int, end: int) -> tuple[int, int]:
    """A radiotap header (radiotap.org), then the frame."""
    length = int.from_bytes(data[start + 2 : min(start + 4, end)], "little")
    if length < _RADIOTAP_HEADER or length > end - start:
        return DAMAGED, start
    radiotap = dpkt.radiotap.Radiotap(data[start : start + length])
    padded = bool(radiotap.flags_present and radiotap.flags.val & _DATA_PAD)
    return _radio(data, start + length, end, padded)


def _radio(data: bytes, start: int, end: int, padded: bool = False) -> tuple[int, int]:
    """An IEEE 802.11 data frame; not encrypted, aggregated or in parts."""
    header = data[start : min(start + _RADIO_HEADER, end)]
    if header and (header[0] >> 2) & 3 != dpkt.ieee80211.DATA_TYPE:
        return NOTHING, start
    if header and header[0] >> 4 not in (dpkt.ieee80211.D_DATA, dpkt.ieee80211.D_QOS_DATA):
        return NOTHING, start
    frame = dpkt.ieee80211.IEEE80211(header)
    fields = frame.data_frame
    if frame.wep or frame.order or frame.more_frag or fields.frag_seq & _FRAGMENT_NUMBER:
        return NOTHING, start
    if frame.subtype == dpkt.ieee80211.D_QOS_DATA and frame.qos_data.control & _AGGREGATE:
        return NOTHING, start
    size = len(header) - len(frame.data)
    if padded:
        size += -size % 4
    return LLC_FRAME, start + size
