"""Which protocol a connection speaks, and what is done until it is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.protocols.message import flag_names
from tests.build import Conversation, Packet
from tests.protocols.capture import Capture
from tests.protocols.memcached.packets import GET, NOOP, SET, answer, ask, capture, memcached

HANDSHAKE = 3
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


def told(result: Capture) -> list[tuple[str, str]]:
    return [(exchange.request, exchange.status) for exchange in result.exchanges]


def test_first_byte_says_that_a_connection_is_binary() -> None:
    conversation = memcached().client(ask(GET, b"k")).server(answer(GET, b"v"))
    assert told(capture(conversation.packets)) == [("get k", "ok")]


def test_first_byte_says_that_a_connection_is_text() -> None:
    conversation = memcached().client(b"get k\r\n").server(b"VALUE k 0 1\r\nv\r\nEND\r\n")
    assert told(capture(conversation.packets)) == [("get k", "ok")]


@pytest.mark.parametrize("piece", [HELLO, HELLO[:1], HELLO[:2]])
def test_encrypted_connection_is_counted_and_let_go(piece: bytes) -> None:
    conversation = memcached().client(piece).server(HELLO).client(HELLO).close()
    result = capture(conversation.packets)
    assert (result.exchanges, result.pairing.unpaired) == ([], {})
    assert (result.pairing.encrypted, result.pairing.not_protocol) == (1, 0)
    assert result.pairing.sessions == 1


def one_by_one(count: int) -> list[Packet]:
    made = memcached()
    for number in range(count):
        made.client(ask(SET, b"key%d" % number, bytes(20)), at_us=1000 * (number + 1))
        made.server(answer(SET))
    return made.packets


@pytest.mark.parametrize("first", [HANDSHAKE, HANDSHAKE + 1])
def test_binary_is_known_by_its_header_in_mid_stream(first: int) -> None:
    result = capture(one_by_one(10)[first:])
    assert {x.request for x in result.exchanges} >= {f"set key{n} 0 0 20" for n in range(1, 10)}
    assert not any(exchange.exact for exchange in result.exchanges)
    assert (result.pairing.sessions, result.pairing.mid_stream) == (1, 1)


def test_rest_of_a_value_in_mid_stream_is_passed_over() -> None:
    made = memcached(mss=100).client(ask(SET, b"long", b"\x80" * 500), at_us=1000)
    made.server(answer(SET), at_us=2000)
    for number in range(3):
        made.client(ask(GET, b"k%d" % number), at_us=3000 + 1000 * number)
        made.server(answer(GET, b"v"))
    result = capture(made.packets[HANDSHAKE + 2 :])
    assert told(result) == [("get k0", "ok"), ("get k1", "ok"), ("get k2", "ok")]


def test_connection_that_never_tells_what_it_is_counts_as_one() -> None:
    made = memcached().client(b"\xff" * 40).server(b"\xff" * 40).client(b"\xff" * 40)
    result = capture(made.packets[HANDSHAKE:])
    assert (result.exchanges, result.pairing.sessions, result.pairing.mid_stream) == ([], 1, 1)


def test_loss_of_the_first_request_leaves_nothing_exact() -> None:
    packets = one_by_one(10)
    result = capture(packets[:HANDSHAKE] + packets[HANDSHAKE + 1 :])
    assert result.exchanges
    assert not any(exchange.exact for exchange in result.exchanges)


def test_reply_before_any_request_is_no_reply_to_it() -> None:
    made = memcached().server(answer(NOOP)).client(ask(NOOP)).server(answer(NOOP))
    result = capture(made.packets)
    assert not any(exchange.exact for exchange in result.exchanges)


pieces = st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=60)), max_size=12)
magic = st.sampled_from([b"", b"\x80", b"\x81", b"get ", ask(GET, b"k"), answer(GET, b"v")])


@given(pieces, magic, st.booleans())
def test_random_bytes_never_raise(
    said: list[tuple[bool, bytes]], first: bytes, whole: bool
) -> None:
    made = Conversation(server="10.0.0.2:11211").handshake()
    for from_client, data in said:
        (made.client if from_client else made.server)(first + data)
    capture(made.packets if whole else made.packets[HANDSHAKE:])


def test_piece_out_of_order_flags_only_what_came_with_it() -> None:
    made = Conversation(server="10.0.0.2:11211").handshake()
    made.client(b"get a\r\n", at_us=1000).server(b"END\r\n", at_us=1100)
    made.client(b"get b\r\n", at_us=2000).server(b"END\r\n", at_us=2100)
    first, reply, *rest = made.packets[3:]
    run = Capture("memcached", (11211,)).feed([*made.packets[:3], reply, first, *rest]).finish()
    assert [flag_names(exchange.flags) for exchange in run.exchanges] == [["out-of-order"], []]
