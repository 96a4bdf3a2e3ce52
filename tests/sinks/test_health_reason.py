"""What the connection's health says of an exchange's time: only what the packets prove."""

import subprocess
import sys
from pathlib import Path

import dpkt
import pytest

from tcpkit.flow.observer import ConnectionObserver
from tcpkit.sinks.reason import reason_of
from tests.build import Conversation, Packet, drop, swap
from tests.protocols.capture import SECOND_US, Capture

SIZE = 4000
REPLY = b"$%d\r\n" % SIZE + b"v" * SIZE + b"\r\n"
GET = b"GET a\r\n"
ZERO_WINDOW = Path(__file__).parents[2] / "pcaps" / "redis" / "zero-window.pcap"


def reasons(packets: list[Packet]) -> list[str]:
    """Of each exchange, in order."""
    run = Capture(explains=True, observer=ConnectionObserver()).feed(packets).finish()
    return [reason_of(exchange) for exchange in run.exchanges]


def reason(conversation: Conversation) -> str:
    (text,) = reasons(conversation.packets)
    return text


def asked() -> Conversation:
    return Conversation().handshake().client(GET, at_us=100)


def test_reply_that_a_zero_window_of_the_client_held_up_says_so() -> None:
    conversation = asked().server(REPLY[:1448], at_us=200)
    conversation.client_ack(at_us=300, window=0).client_ack(at_us=12_300)
    conversation.server(REPLY[1448:], at_us=12_400)
    assert reason(conversation) == "delayed by a zero window of the client for 12.0 ms"


def test_window_that_opened_before_the_request_explains_nothing() -> None:
    conversation = asked().server(b"+OK\r\n", at_us=200)
    conversation.client_ack(at_us=300, window=0).client_ack(at_us=12_300)
    conversation.client(GET, at_us=20_000).server(b"+OK\r\n", at_us=25_000)
    assert reasons(conversation.packets) == ["", ""]


def test_request_that_a_zero_window_of_the_server_held_up_says_so() -> None:
    request = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n" + REPLY
    conversation = Conversation().handshake().client(request[:1448], at_us=100)
    conversation.server_ack(at_us=200, window=0).server_ack(at_us=30_200)
    conversation.client(request[1448:], at_us=30_300).server(b"+OK\r\n", at_us=30_400)
    assert reason(conversation) == "upload delayed by a zero window of the server for 30.0 ms"


def test_reply_that_was_sent_again_while_it_went_on_says_so() -> None:
    conversation = asked().server(REPLY[:1448], at_us=200)
    conversation.server(REPLY[:1448], at_us=210_200, offset=0)
    assert reason(conversation.server(REPLY[1448:], at_us=210_300)) == (
        "reply retransmitted after 210 ms"
    )


def test_part_of_a_reply_that_came_after_the_rest_says_how_late() -> None:
    conversation = asked()
    conversation.server(REPLY[:1448], at_us=200).server(REPLY[2896:], at_us=220, offset=2896)
    conversation.server(REPLY[1448:2896], at_us=204_220, offset=1448)
    assert reason(conversation) == "a part of the reply came 204 ms late"


def test_part_of_a_request_that_came_after_the_rest_says_how_late() -> None:
    request = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n" + REPLY
    conversation = Conversation().handshake()
    conversation.client(request[:1448], at_us=100).client(request[2896:], at_us=120, offset=2896)
    conversation.client(request[1448:2896], at_us=250_120, offset=1448)
    conversation.server(b"+OK\r\n", at_us=250_300)
    assert reason(conversation) == "a part of the request came 250 ms late"


def test_packets_that_a_capture_only_swapped_explain_nothing() -> None:
    conversation = asked().server(REPLY, at_us=200)
    assert reasons(swap(conversation.packets, 4, 5)) == [""]


@pytest.mark.parametrize(
    ("opens_us", "reason_given"),
    [
        (25_200, "download of 4.0 kB took 99.9 ms"),
        (25_400, "delayed by a zero window of the client for 25.1 ms"),
    ],
)
def test_less_than_a_quarter_of_the_time_explains_nothing(opens_us: int, reason_given: str) -> None:
    conversation = asked().server(REPLY[:1448], at_us=200)
    conversation.client_ack(at_us=300, window=0).client_ack(at_us=opens_us)
    assert reason(conversation.server(REPLY[1448:], at_us=100_098)) == reason_given


def test_request_without_a_reply_waits_for_a_window_too() -> None:
    conversation = asked().server_ack(at_us=150).client_ack(at_us=300, window=0)
    run = Capture(explains=True, observer=ConnectionObserver()).feed(conversation.packets)
    (exchange,) = run.advance(11 * SECOND_US).exchanges
    assert exchange.status == "timeout"
    assert reason_of(exchange) == "delayed by a zero window of the client for 10.0 s"


def test_bytes_that_the_capture_lost_were_not_late() -> None:
    conversation = asked().server(REPLY, at_us=200).client_ack(at_us=900)
    conversation.client(GET, at_us=200_000).server(b"+OK\r\n", at_us=300_000)
    assert set(reasons(drop(conversation.packets, 5))) == {""}


@pytest.mark.parametrize("observer", [None, ConnectionObserver()])
def test_there_is_no_such_reason_where_no_health_is_kept(
    observer: ConnectionObserver | None,
) -> None:
    conversation = asked().client_ack(at_us=300, window=0).client_ack(at_us=200_300)
    conversation.server(b"+OK\r\n", at_us=200_400)
    run = Capture(explains=True, observer=observer).feed(conversation.packets).finish()
    (exchange,) = run.exchanges
    assert (reason_of(exchange) == "") is (observer is None)


def test_real_client_that_did_not_read_held_up_two_replies() -> None:
    """The times are those between its window of zero and the next one, as tcpdump shows them."""
    with ZERO_WINDOW.open("rb") as file:
        packets = [
            Packet(int(ts * 1_000_000_000), frame, len(frame))
            for ts, frame in dpkt.pcap.Reader(file)
        ]
    assert reasons(packets) == [
        "",
        "",
        "delayed by a zero window of the client for 304 ms",
        "delayed by a zero window of the client for 200 ms",
        "",
    ]


def test_explain_keeps_the_health_that_its_reasons_need() -> None:
    command = [sys.executable, "-m", "tcpkit", "-r", str(ZERO_WINDOW), "-m", "redis", "-q"]
    done = subprocess.run([*command, "--explain"], capture_output=True, text=True, check=True)
    assert done.stdout.count(" | delayed by a zero window of the client for ") == 2
