"""Domain names: their end, their equality, their text."""

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.protocols.dns.names import (
    MALFORMED,
    MISSING,
    name_end,
    name_text,
    same_bytes,
    same_letters,
)
from tcpkit.wire.printable import shortened

labels = st.lists(st.binary(min_size=1, max_size=63), max_size=12)
wires = labels.map(lambda each: b"".join(bytes([len(label)]) + label for label in each) + b"\0")
names = wires.filter(lambda wire: len(wire) <= 255)


def unescaped(text: str) -> list[bytes]:
    """The labels that a shown name stands for."""
    if text == ".":
        return []
    found, label, at = [], bytearray(), 0
    while at < len(text):
        if text[at] == ".":
            found.append(bytes(label))
            label = bytearray()
            at += 1
        elif text[at] != "\\":
            label.append(ord(text[at]))
            at += 1
        elif text[at + 1] == "x":
            label.append(int(text[at + 2 : at + 4], 16))
            at += 4
        else:
            label.append(ord(text[at + 1]))
            at += 2
    return [*found, bytes(label)]


@given(names)
def test_text_says_every_octet(wire: bytes) -> None:
    text = name_text(wire)
    assert unescaped(text) == list(dns.name.from_wire(wire, 0)[0].labels[:-1])
    assert all("!" <= letter <= "~" for letter in text)


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        (b"\0", "."),
        (b"\3www\7example\3com\0", "www.example.com"),
        (b"\5_http\4_tcp\0", "_http._tcp"),
        (b"\3a.b\1c\0", r"a\.b.c"),
        (b"\3a\\b\0", r"a\\b"),
        (b"\1.\0", r"\."),
        (b"\4\\x41\0", r"\\x41"),
        (b"\3a b\0", r"a\x20b"),
        ("\x05grün".encode() + b"\0", r"gr\xc3\xbcn"),
        (b"\3\0\x7f\xff\0", r"\x00\x7f\xff"),
        (b"\2A1\0", "A1"),
    ],
)
def test_text_of_a_name(wire: bytes, text: str) -> None:
    assert name_text(wire) == text


@given(names, st.binary(max_size=5))
def test_end_is_where_dnspython_finds_it(wire: bytes, rest: bytes) -> None:
    data = b"before" + wire + rest
    assert name_end(data, 6, len(data)) == 6 + dns.name.from_wire(wire, 0)[1]


@given(names, st.integers(0, 254))
def test_name_that_is_cut_is_missing(wire: bytes, size: int) -> None:
    if size < len(wire):
        assert name_end(wire, 0, size) == MISSING


@given(st.binary(max_size=300))
def test_any_bytes_are_a_name_or_not_as_for_dnspython(data: bytes) -> None:
    end = name_end(data, 0, len(data))
    try:
        expected = dns.name.from_wire(data, 0)[1]
    except Exception:
        assert end < 0
    else:
        # a pointer before which nothing stands but the name itself is none of ours
        assert end == expected or (end == MALFORMED and max(data[:expected]) >= 0xC0)


def test_name_of_255_octets_is_the_longest() -> None:
    wire = (b"\x3f" + b"a" * 63) * 3 + b"\x3d" + b"b" * 61 + b"\0"
    assert len(wire) == 255
    assert name_end(wire, 0, 255) == 255
    longer = (b"\x3f" + b"a" * 63) * 3 + b"\x3e" + b"b" * 62 + b"\0"
    assert name_end(longer, 0, 256) == MALFORMED


@pytest.mark.parametrize("octet", [64, 0x80, 0xBF, 0xC0, 0xFF])
def test_label_that_is_too_long_or_a_pointer_is_malformed(octet: int) -> None:
    assert name_end(bytes([1, 97, octet]) + bytes(300), 0, 303) == MALFORMED


@given(st.binary(min_size=5, max_size=40), st.integers(0, 9), st.integers(0, 39))
def test_same_bytes_finds_every_difference(first: bytes, before: int, place: int) -> None:
    data = bytes(before) + first
    assert same_bytes(first, data, before)
    if place < len(first):
        other = bytearray(data)
        other[before + place] ^= 0x20
        assert not same_bytes(first, bytes(other), before)


@given(names)
def test_case_of_letters_is_of_no_interest(wire: bytes) -> None:
    assert same_letters(wire, b"--" + wire.upper(), 2, len(wire))
    assert same_letters(wire.swapcase(), wire, 0, len(wire))


@pytest.mark.parametrize(("first", "second"), [(b"@", b"`"), (b"[", b"{"), (b"\xc4", b"\xe4")])
def test_only_ascii_letters_have_a_case(first: bytes, second: bytes) -> None:
    assert not same_letters(first, second, 0, 1)


@given(names, st.integers(8, 40))
def test_shortened_text_cuts_no_escape(wire: bytes, limit: int) -> None:
    text = name_text(wire)
    short = shortened(text, limit)
    if len(text) <= limit:
        assert short == text
    else:
        assert short.endswith("...") and len(short) <= limit + 3
        whole = unescaped(short[:-3])
        assert b".".join(whole) == b".".join(unescaped(text))[: len(b".".join(whole))]
