"""Lengths on the wire, from the headers of frames that were cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.capture.frame_length import frame_length

IPV4 = bytes.fromhex("4500 05dc") + bytes(36)  # total length 1500, 40 bytes of it are here
IPV6 = bytes.fromhex("6000 0000 05dc 0640") + bytes(52)  # payload length 1500
MACS = bytes(12)

LINKS = {
    "ethernet": (1, MACS + b"\x08\x00", MACS + b"\x86\xdd"),
    "vlan": (1, MACS + b"\x81\x00\x00\x05\x08\x00", MACS + b"\x81\x00\x00\x05\x86\xdd"),
    "qinq": (
        1,
        MACS + b"\x88\xa8\x00\x05\x81\x00\x00\x06\x08\x00",
        MACS + b"\x91\x00\x00\x05\x81\x00\x00\x06\x86\xdd",
    ),
    "sll": (113, bytes(14) + b"\x08\x00", bytes(14) + b"\x86\xdd"),
    "sll2": (276, b"\x08\x00" + bytes(18), b"\x86\xdd" + bytes(18)),
    "null": (0, b"\x02\0\0\0", b"\x1e\0\0\0"),
    "loop": (108, b"\0\0\0\x02", b"\0\0\0\x18"),
    "raw": (101, b"", b""),
    "raw as dlt": (12, b"", b""),
    "raw as dlt of openbsd": (14, b"", b""),
    "ipv4": (228, b"", b""),
    "ipv6": (229, b"", b""),
}


def length(frame: bytes, link_type: int) -> int:
    """Of `frame`, in the middle of other bytes."""
    return frame_length(b"\xff" * 7 + frame + b"\xff" * 64, 7, 7 + len(frame), link_type)


@pytest.mark.parametrize("name", LINKS)
def test_length_is_the_link_header_and_what_ip_says(name: str) -> None:
    link_type, over_ipv4, over_ipv6 = LINKS[name]
    assert length(over_ipv4 + IPV4, link_type) == len(over_ipv4) + 1500
    assert length(over_ipv6 + IPV6, link_type) == len(over_ipv6) + 40 + 1500


def test_padding_of_a_short_frame_was_on_the_wire() -> None:
    frame = MACS + b"\x08\x00" + bytes.fromhex("4500 0028") + bytes(42)
    assert length(frame, 1) == len(frame) == 60


@pytest.mark.parametrize(
    "ip", [bytes.fromhex("4500 0000") + bytes(36), bytes.fromhex("6000 0000 0000") + bytes(54)]
)
def test_length_that_ip_cannot_tell_is_the_captured_one(ip: bytes) -> None:
    assert length(ip, 101) == len(ip)


@pytest.mark.parametrize(
    ("link_type", "frame"),
    [
        (1, MACS + b"\x08\x06" + IPV4),
        (1, MACS + b"\x81\x00" * 10),
        (105, MACS + b"\x08\x00" + IPV4),
        (101, b"\x15\0\xff\xff\xff\xff"),
    ],
)
def test_frame_without_ip_is_as_long_as_captured(link_type: int, frame: bytes) -> None:
    assert length(frame, link_type) == len(frame)


@given(
    link_type=st.sampled_from([0, 1, 12, 14, 101, 108, 113, 228, 229, 276, 105]),
    head=st.sampled_from([b"", *(head for link in LINKS.values() for head in link[1:])]),
    tail=st.binary(max_size=30),
    kept=st.integers(0, 60),
)
def test_random_frames_never_raise_and_nothing_is_shorter_than_captured(
    link_type: int, head: bytes, tail: bytes, kept: int
) -> None:
    frame = (head + tail)[:kept]
    found = frame_length(frame, 0, len(frame), link_type)
    assert len(frame) <= found <= len(frame) + 65535 + 40
    assert length(frame, link_type) == found
