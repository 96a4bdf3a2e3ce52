"""Replies of memcached beside their requests are those in the packets, as dpkt finds them."""

import struct

import pytest

from tests.protocols.memcached import oracle_binary, oracle_text
from tests.protocols.memcached.oracle import printable
from tests.protocols.memcached.oracle_stream import connections
from tests.trace.traced import PCAPS, replies


def text_said(reply: bytes) -> str:
    """A whole reply of the text protocol, in the words of a trace."""
    said: list[str] = []
    while reply:
        line, _, reply = reply.partition(b"\r\n")
        words = line.decode("latin-1").split(" ")
        if words[0] == "VALUE":
            size = int(words[3])
            value, reply = reply[:size], reply[size + 2 :]
            item = [f"flags {words[2]}"] if words[2] != "0" else []
            item += [f"cas {words[4]}"] if len(words) > 4 else []
            behind = f" ({', '.join(item)})" if item else ""
            said.append(f'{words[1]} = "{value.decode()}"{behind}')
        elif words[0] == "STAT":
            said.append(f"{words[1]} = {' '.join(words[2:])}")
        elif words[0] != "END" or not said:
            said.append(line.decode())
    return ", ".join(said)


STATUSES = {1: "NOT_FOUND", 2: "EXISTS", 3: "TOO_LARGE", 4: "EINVAL", 5: "NOT_STORED"}
STATUSES |= {6: "NON_NUMERIC", 0x81: "UNKNOWN_COMMAND"}


def binary_said(reply: bytes, key: str) -> str:
    """A binary reply of one packet; `key` is the request's."""
    _, opcode, key_size, extras, _, status, size, _, _ = struct.unpack_from("!BBHBBHIIQ", reply)
    body = reply[24 : 24 + size]
    value = body[extras + key_size :]
    if status:
        return STATUSES[status]
    if opcode in (0x00, 0x09, 0x0C, 0x0D, 0x1D, 0x1E, 0x23, 0x24):
        name = printable(body[extras : extras + key_size]) or key
        flags = int.from_bytes(body[:4], "big")
        return f'{name} = "{printable(value)}"' + (f" (flags {flags})" if flags else "")
    if opcode in (0x05, 0x06):
        return str(int.from_bytes(value, "big"))
    return value.decode() if opcode == 0x0B else "OK"


def test_text_replies_are_those_in_the_packets() -> None:
    shown = [reply for _, reply in replies("memcached/ordinary-text.pcap", "memcached")]
    (connection,) = connections(PCAPS / "memcached/ordinary-text.pcap")
    sent: list[str] = []
    at = 0
    for request in oracle_text.requests(connection.requests.data):
        answer = oracle_text.answer(request, connection.replies.data, at)
        if answer is not None:
            sent.append(text_said(connection.replies.data[at : answer.end]))
            at = answer.end

    assert len(sent) > 50
    assert [reply for reply in shown if reply is not None] == sent


def test_binary_replies_are_those_in_the_packets() -> None:
    every = replies("memcached/binary-ordinary.pcap", "memcached")
    shown = [reply for request, reply in every if reply and not request.startswith("stats")]
    sent: list[str] = []
    for connection in connections(PCAPS / "memcached/binary-ordinary.pcap"):
        at = 0
        for request in oracle_binary.requests(connection.requests.data):
            answer = oracle_binary.answer(request, connection.replies.data, at)
            if answer is not None and connection.replies.data[at + 1] != 0x10:
                reply = connection.replies.data[at : answer.end]
                sent.append(binary_said(reply, request.key or ""))
            at = at if answer is None else answer.end

    assert len(sent) > 30
    assert [reply.removesuffix("...") for reply in shown] == [
        whole if reply == whole else whole[: len(reply) - 3]
        for reply, whole in zip(shown, sent, strict=True)
    ]


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        ("mg a v", 'VA "AB"'),
        ("mg a s v t f c h l k O123", 'VA s2 t-1 f0 c1 h1 l0 ka O123 "AB"'),
        ("mg !!! b", "CLIENT_ERROR error decoding key"),
        ("mg a u h l t", "HD h1 l0 t-1"),
    ],
)
def test_meta_replies_show_their_flags_before_the_value(request_: str, reply: str) -> None:
    assert (request_, reply) in replies("memcached/meta.pcap", "memcached")


def test_sasl_shows_no_more_than_how_it_ended() -> None:
    shown = dict(replies("memcached/sasl.pcap", "memcached"))

    assert shown["sasl_list"] == "PLAIN"
    assert shown["sasl_auth PLAIN ***"] in ("OK ***", "AUTH_ERROR ***")


def test_statistics_are_shown_as_far_as_they_fit() -> None:
    for capture in ("memcached/stats.pcap", "memcached/binary-stat.pcap"):
        text = str(dict(replies(capture, "memcached"))["stats"])
        assert text.startswith("pid = ")
        assert ", uptime = " in text
        assert text.endswith("...")


def test_values_over_udp_are_shown_though_they_come_in_many_datagrams() -> None:
    shown = dict(replies("memcached/udp-multi-datagram.pcap", "memcached", "-u"))

    assert str(shown["get large"]).startswith('large = "END\\x0d\\x0aEND')
    assert shown["get small"] == 'small = "x"'
