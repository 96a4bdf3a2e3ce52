"""What looks like the begin of a binary message, and what does not."""

import pytest

from tcpkit.protocols.memcached.binary_header import begins_reply, begins_request
from tests.protocols.memcached.packets import GET, HEADER, SET, answer, ask


def header(
    opcode: int = GET, key: int = 3, extras: int = 0, data_type: int = 0, body: int = 3
) -> bytes:
    return HEADER.pack(0x80, opcode, key, extras, data_type, 0, body, 0, 0)


def is_request(data: bytes) -> bool:
    return begins_request(data, 0, len(data))


def test_requests_and_replies_are_told_by_their_magic() -> None:
    request, reply = ask(SET, b"k", b"v"), answer(GET, b"v")
    assert is_request(request)
    assert begins_reply(reply, 0, len(reply))
    assert not is_request(reply)
    assert not begins_reply(request, 0, len(request))


def test_header_alone_is_enough_and_less_is_not() -> None:
    assert is_request(header())
    assert not is_request(header()[:23])


@pytest.mark.parametrize(
    "wrong",
    [
        header(opcode=0x80),
        header(key=251, body=251),
        header(extras=21, body=24),
        header(data_type=1),
        header(body=2),
        header(body=0xFFFFFFFF),
        bytes([0x80]) * 24,
        b"get key\r\n" * 3,
    ],
)
def test_what_no_client_sends_is_no_request(wrong: bytes) -> None:
    assert not is_request(wrong)
