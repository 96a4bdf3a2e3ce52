"""Values of the binary protocol are counted and not stored."""

import tracemalloc

from tests.build import Conversation
from tests.protocols.capture import Capture
from tests.protocols.memcached.packets import GET, HEADER, PORT, SET, answer, ask

VALUE = 50 << 20
PIECE = 60_000
ROOM = 8 << 20  # far less than the value; one frame and what made it need about 2 MB


def fed(run: Capture, conversation: Conversation, from_client: bool) -> int:
    """Send VALUE bytes, a segment at a time; the most memory in use meanwhile."""
    conversation.packets.clear()
    send = conversation.client if from_client else conversation.server
    tracemalloc.start()
    try:
        for at in range(0, VALUE, PIECE):
            run.feed(send(bytes(min(PIECE, VALUE - at))).packets)
            conversation.packets.clear()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def begun() -> tuple[Capture, Conversation]:
    run = Capture("memcached", (PORT,), keep_bytes=False)
    return run, Conversation(server=f"10.0.0.2:{PORT}", mss=PIECE).handshake()


def test_large_value_of_a_request_is_counted_and_not_stored() -> None:
    run, conversation = begun()
    header = HEADER.pack(0x80, SET, 1, 8, 0, 0, 9 + VALUE, 0, 0) + bytes(8) + b"k"
    run.feed(conversation.client(header).packets)
    assert fed(run, conversation, True) < ROOM
    run.feed(conversation.server(answer(SET)).packets)
    (exchange,) = run.exchanges
    assert (exchange.request, exchange.request_bytes) == (f"set k 0 0 {VALUE}", VALUE + 33)


def test_large_value_of_a_reply_is_counted_and_not_stored() -> None:
    run, conversation = begun()
    run.feed(conversation.client(ask(GET, b"k"), at_us=100).packets)
    conversation.packets.clear()
    header = HEADER.pack(0x81, GET, 0, 4, 0, 0, 4 + VALUE, 0, 0) + bytes(4)
    run.feed(conversation.server(header, at_us=300).packets)
    assert fed(run, conversation, False) < ROOM
    (exchange,) = run.exchanges
    assert (exchange.reply_bytes, exchange.latency_ns) == (VALUE + 28, 200_000)


def test_body_of_four_gigabytes_is_waited_for() -> None:
    run, conversation = begun()
    header = HEADER.pack(0x81, GET, 0, 4, 0, 0, 0xFFFFFFFF, 0, 0)
    run.feed(conversation.client(ask(GET, b"k")).server(header + bytes(100)).packets)
    assert run.finish().exchanges == []
    assert run.pairing.unanswered == 1
