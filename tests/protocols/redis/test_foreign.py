"""What is not Redis: encrypted, HTTP, noise. Nothing of it becomes an exchange."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build import Conversation
from tests.protocols.capture import capture
from tests.protocols.redis.resp import bulk, line

HANDSHAKE = 3
CLIENT_HELLO = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"
SERVER_HELLO = b"\x16\x03\x03\x00\x05\x02\x00\x00\x01\x00"
APPLICATION_DATA = b"\x17\x03\x03\x00\x05*1\r\n$"


def tls() -> Conversation:
    conversation = Conversation().handshake().client(CLIENT_HELLO).server(SERVER_HELLO)
    for _ in range(30):
        conversation.client(APPLICATION_DATA).server(APPLICATION_DATA)
    return conversation


def test_tls_is_counted_once_as_encrypted() -> None:
    result = capture(tls().packets)
    assert result.exchanges == []
    assert (result.pairing.encrypted, result.pairing.not_protocol) == (1, 0)
    assert result.pairing.unanswered == 0


def test_tls_from_the_middle_is_encrypted_too() -> None:
    result = capture(tls().packets[HANDSHAKE + 2 :])
    assert result.exchanges == []
    assert (result.pairing.encrypted, result.pairing.not_protocol) == (1, 0)


def test_each_connection_is_counted() -> None:
    other = Conversation("10.0.0.1:40001").handshake().client(CLIENT_HELLO).server(SERVER_HELLO)
    result = capture([*tls().packets, *other.packets])
    assert result.pairing.encrypted == 2


def test_tls_hello_that_comes_byte_by_byte_is_no_exchange() -> None:
    conversation = Conversation(mss=1).handshake().client(CLIENT_HELLO).server(SERVER_HELLO)
    result = capture(conversation.packets)
    assert result.exchanges == []
    assert result.pairing.encrypted + result.pairing.not_protocol == 1


def test_plain_redis_is_not_taken_for_tls() -> None:
    result = capture(Conversation().handshake().client(line("PING")).server(b"+PONG\r\n").packets)
    assert (result.pairing.encrypted, result.pairing.not_protocol) == (0, 0)


def test_http_is_counted_once_and_makes_no_exchange() -> None:
    conversation = Conversation().handshake()
    for _ in range(5):
        conversation.client(b"GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n\r\n")
        conversation.server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    result = capture(conversation.packets)
    assert result.exchanges == []
    assert result.pairing.not_protocol == 1
    assert sum(result.pairing.unpaired.values()) > 0


def test_server_that_greets_first_is_no_redis() -> None:
    conversation = Conversation().handshake().server(b"SSH-2.0-OpenSSH_9.2\r\n")
    conversation.client(b"SSH-2.0-OpenSSH_9.2\r\n").server(b"\0\0\5\x9c\6\x14")
    result = capture(conversation.packets)
    assert result.exchanges == []
    assert result.pairing.not_protocol + sum(result.pairing.unpaired.values()) >= 1


def test_error_of_the_server_to_a_bad_request_is_no_reply_to_another() -> None:
    conversation = Conversation().handshake().client(line("GET a") + b"*a\r\n" + line("GET b"))
    conversation.server(bulk("1") + b"-ERR Protocol error: invalid multibulk length\r\n")
    result = capture(conversation.server_fin().packets)
    assert result.pairs == [("GET a", bulk("1"))]
    assert result.pairing.not_protocol == 1


def test_other_connections_go_on() -> None:
    noise = Conversation("10.0.0.1:40001").handshake().client(b"\0\1\2\3").server(b"\4\5\6")
    redis = Conversation().handshake(at_us=50).client(line("GET a")).server(bulk("1"))
    assert capture([*noise.packets, *redis.packets]).pairs == [("GET a", bulk("1"))]


noise = st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=40)), max_size=12)


@given(noise, st.integers(0, 4))
def test_noise_of_both_sides_raises_nothing(
    turns: list[tuple[bool, bytes]], first_packet: int
) -> None:
    conversation = Conversation().handshake()
    for from_client, data in turns:
        (conversation.client if from_client else conversation.server)(data)
    capture(conversation.packets[first_packet:])


tokens = st.lists(
    st.sampled_from([
        b"*1\r\n$4\r\nPING\r\n", b"*2\r\n$4\r\nECHO\r\n$6\r\nabcdef\r\n", b"*3\r\n$6\r\nCLIENT\r\n",
        b"$5\r\nREPLY\r\n$4\r\nSKIP\r\n", b"*1\r\n$5\r\nMULTI\r\n", b"*1\r\n$4\r\nEXEC\r\n",
        b"*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n", b"*1\r\n$11\r\nUNSUBSCRIBE\r\n", b"RESET\r\n",
        b"*1\r\n$7\r\nMONITOR\r\n", b"PSYNC ? -1\r\n", b"+OK\r\n", b"-ERR\r\n", b"$6\r\nabcdef\r\n",
        b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n", b">2\r\n+a\r\n+b\r\n", b"*?\r\n", b".\r\n",
        b"|1\r\n+a\r\n+b\r\n", b"*2\r\n", b"$", b"\r\n", b"$-1\r\n", b"*-1\r\n", b"+1 [0 x]\r\n",
    ]),
    min_size=1, max_size=4,
).map(b"".join)  # fmt: skip


@given(
    st.lists(st.tuples(st.booleans(), tokens), max_size=12),
    st.integers(0, 5),
    st.sets(st.integers(3, 14), max_size=3),
)
def test_almost_redis_raises_nothing(
    turns: list[tuple[bool, bytes]], first_packet: int, lost: set[int]
) -> None:
    conversation = Conversation().handshake()
    for from_client, data in turns:
        (conversation.client if from_client else conversation.server)(data)
    packets = conversation.packets[first_packet:]
    capture([packet for at, packet in enumerate(packets) if at not in lost])


# What the server forgives and what it does not: pcaps/redis/protocol_errors.py asks it.


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"*2\r\n$4\r\nECHO\r\n$5\r\nhelloXX",
        b"*2\r\n$4\r\nECHO\r\n$12\r\nhello, worldXX",
        b"*2\rX$4\rYECHO\r\n$5\r\nhello\r\n",
        b"*2\r\n$4\rYECHOab$5\r\nhello\r\n",
    ],
)
@pytest.mark.parametrize("mss", [1, 1448])
def test_server_believes_the_lengths_and_no_terminator(request_bytes: bytes, mss: int) -> None:
    made = Conversation(mss=mss).handshake().client(request_bytes + line("PING"))
    result = capture(made.server(bulk("hello") + b"+PONG\r\n").packets)
    assert [(x.command, x.status, bool(x.exact)) for x in result.exchanges] == [
        ("ECHO", "ok", True),
        ("PING", "ok", True),
    ]
    assert result.pairing.not_protocol == 0


def test_wrong_terminator_tells_where_the_reader_may_have_begun_wrongly() -> None:
    made = Conversation().handshake().client(line("GET a")).server(bulk("1"))
    made.client(line("GET b") + b"*2\r\n$4\r\nECHO\r\n$5\r\nhelloXX").server(bulk("2"))
    assert [x for x in capture(made.packets[5:]).exchanges if x.exact] == []


@pytest.mark.parametrize(
    "nonsense",
    [
        b"*01\r\n$4\r\nPING\r\n", b"*1\r\n$04\r\nPING\r\n", b"*1\r\n$-1\r\n", b"*x\r\n", b"*-0\r\n",
        b"*2147483648\r\n", b"*1\r\n:4\r\n", b'ECHO "abc\r\n', b'ECHO "abc"d\r\n', b"* 1\r\n",
        b"*+1\r\n", b"ECHO " + b"x" * 70_000, b"POST / HTTP/1.1\r\n", b"Host: x\r\n",
    ],
)  # fmt: skip
def test_behind_what_the_server_closes_for_nothing_is_answered(nonsense: bytes) -> None:
    made = Conversation().handshake().client(line("GET a")).server(bulk("1"))
    made.client(nonsense).client(line("GET b")).server(b"-ERR Protocol error: a reason\r\n")
    result = capture(made.server_fin().packets)
    assert [(x.request, x.status) for x in result.exchanges] == [("GET a", "ok")]
    assert result.pairing.not_protocol == 1


@pytest.mark.parametrize("text", [b"ECHO a\0b\r\n", b"PING\0\r\n", b"\0\r\n"])
def test_behind_a_zero_in_a_line_the_server_sees_nothing(text: bytes) -> None:
    made = Conversation().handshake().client(line("GET a")).server(bulk("1"))
    result = capture(made.client(text).client(line("GET b")).server_fin().packets)
    assert [x.request for x in result.exchanges] == ["GET a"]
    assert result.pairing.not_protocol == 1


def test_empty_requests_get_no_reply() -> None:
    sent = b"*0\r\n*-1\r\n*-5\r\n\r\n\n   \r\n" + line("PING")
    result = capture(Conversation().handshake().client(sent).server(b"+PONG\r\n").packets)
    assert [(x.request, x.status, bool(x.exact)) for x in result.exchanges] == [
        ("PING", "ok", True)
    ]
