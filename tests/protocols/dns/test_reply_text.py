"""An answer of DNS in one line."""

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tcpkit.protocols.dns.reply_text import reply_text
from tcpkit.protocols.message import Exchange

LIMIT = 128
KEPT = 512


def shown(message: bytes, code: str = "NOERROR", answers: int = 0) -> str:
    exchange = Exchange()
    exchange.code = code
    exchange.answers = answers
    exchange.reply = message[:KEPT]
    exchange.reply_bytes = len(message)
    return reply_text(exchange)


def answered(name: str, *records: tuple[str, str, str]) -> bytes:
    """A reply with records: name, type, data."""
    message = dns.message.make_response(dns.message.make_query(name, "A"))
    for owner, kind, data in records:
        message.answer.append(dns.rrset.from_text(owner, 300, "IN", kind, data))
    return message.to_wire()


@pytest.mark.parametrize(
    ("records", "text"),
    [
        ([], "NOERROR"),
        ([("a.example.", "A", "192.0.2.1")], "NOERROR A 192.0.2.1"),
        ([("a.example.", "AAAA", "2001:db8::1")], "NOERROR AAAA 2001:db8::1"),
        ([("A.Example.", "A", "192.0.2.1")], "NOERROR A 192.0.2.1"),
        (
            [("a.example.", "CNAME", "b.example."), ("b.example.", "A", "192.0.2.1")],
            "NOERROR CNAME b.example, A 192.0.2.1",
        ),
        ([("b.example.", "A", "192.0.2.1")], "NOERROR b.example A 192.0.2.1"),
        ([("a.example.", "MX", "10 mail.a.example.")], "NOERROR MX 10 mail.a.example"),
        ([("a.example.", "SRV", "1 2 80 b.example.")], "NOERROR SRV 1 2 80 b.example"),
        ([("a.example.", "TXT", '"a b" "c\\"d"')], 'NOERROR TXT "a b" "c\\"d"'),
        ([("a.example.", "SOA", "n. h. 7 1 1 1 1")], "NOERROR SOA n h 7"),
        ([("a.example.", "PTR", ".")], "NOERROR PTR ."),
        ([("a.example.", "CAA", '0 issue "ca.example"')], 'NOERROR CAA 0 issue "ca.example"'),
        ([("a.example.", "DNSKEY", "256 3 8 aabb")], "NOERROR DNSKEY (7 bytes)"),
    ],
)  # fmt: skip
def test_answer_is_told_as_in_a_zone_file(records: list[tuple[str, str, str]], text: str) -> None:
    assert shown(answered("a.example.", *records), answers=len(records)) == text


def test_records_that_were_not_kept_are_counted() -> None:
    message = answered("a.example.", *[("a.example.", "TXT", f'"{"x" * 200}"')] * 4)

    assert shown(message[:60], answers=4) == "NOERROR (4 answers)"


def test_answer_that_the_server_cut_says_so() -> None:
    message = dns.message.make_response(dns.message.make_query("a.example.", "A"))
    message.flags |= dns.flags.TC

    assert shown(message.to_wire()) == "NOERROR (truncated)"


def test_pointer_that_leads_forward_or_in_a_circle_ends_what_is_shown() -> None:
    message = answered("a.example.", ("a.example.", "A", "192.0.2.1"))
    at = message.index(b"\xc0\x0c")
    for pointer in (b"\xc0" + bytes([at]), b"\xff\xff", b"\xc0" + bytes([at + 2])):
        assert shown(message.replace(b"\xc0\x0c", pointer), answers=1) == "NOERROR (1 answer)"


@given(st.binary(max_size=600), st.integers(0, 70000))
@example(bytes(4) + b"\0\1" + b"\0\1" + bytes(4) + b"\0" * 5 + b"\xc0\x0c" * 200, 9)
def test_whatever_comes_is_a_line(message: bytes, answers: int) -> None:
    text = shown(message, "NXDOMAIN", answers)

    assert text.startswith("NXDOMAIN")
    assert text.isascii() and text.isprintable()
    assert len(text) <= LIMIT + len("...")


@given(st.data())
def test_damage_in_a_real_answer_never_raises(data: st.DataObject) -> None:
    message = bytearray(
        answered(
            "a.example.",
            ("a.example.", "CNAME", "b.example."),
            ("b.example.", "MX", "10 mail.b.example."),
            ("b.example.", "SOA", "n.example. h.example. 7 1 1 1 1"),
            ("b.example.", "TXT", '"a" "b"'),
            ("b.example.", "CAA", '0 issue "x"'),
        )
    )
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    text = shown(bytes(message[: data.draw(st.integers(0, len(message)))]), answers=5)

    assert text.isascii() and text.isprintable()
