"""Large values are counted and not stored."""

import tracemalloc

from tests.build import Conversation
from tests.protocols.capture import Capture
from tests.protocols.redis.resp import line

VALUE = 50 << 20
PIECE = 60_000
ROOM = 8 << 20  # far less than the value; one frame and what made it need about 2 MB


def peak_while_sending(run: Capture, conversation: Conversation, from_client: bool) -> int:
    """Send VALUE bytes, a segment at a time; the most memory in use meanwhile."""
    conversation.packets.clear()
    send = conversation.client if from_client else conversation.server
    whole, rest = divmod(VALUE, PIECE)
    tracemalloc.start()
    try:
        for _ in range(whole):
            run.feed(send(bytes(PIECE)).packets)
            conversation.packets.clear()
        run.feed(send(bytes(rest)).packets)
        conversation.packets.clear()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_large_reply_is_counted_and_not_stored() -> None:
    run = Capture(keep_bytes=False)
    conversation = Conversation(mss=PIECE).handshake().client(line("GET k"), at_us=100)
    header = b"$%d\r\n" % VALUE
    run.feed(conversation.server(header, at_us=300).packets)
    assert peak_while_sending(run, conversation, False) < ROOM
    run.feed(conversation.server(b"\r\n").packets)
    (exchange,) = run.exchanges
    assert (exchange.reply_bytes, exchange.latency_ns) == (len(header) + VALUE + 2, 200_000)


def test_large_request_is_counted_and_not_stored() -> None:
    run = Capture(keep_bytes=False)
    header = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n" % VALUE
    conversation = Conversation(mss=PIECE).handshake().client(header, at_us=100)
    run.feed(conversation.packets)
    assert peak_while_sending(run, conversation, True) < ROOM
    run.feed(conversation.client(b"\r\n").server(b"+OK\r\n").packets)
    (exchange,) = run.exchanges
    assert (exchange.request_bytes, exchange.key) == (len(header) + VALUE + 2, "k")
    assert exchange.latency_ns == 1000
