"""scripts/http-requests.lua: each request with the packets that end it and that answer it."""

from pathlib import Path

import pytest

from tests.build import Conversation, Packet, drop
from tests.scripts.lua import LUAS, PCAPS, lines_of, script_lines
from tests.scripts.reading import Row, ms, rows, when

SCRIPT = "http-requests.lua"
CAPTURE = PCAPS / "tcp" / "http-requests.pcap"
GET = b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

# Request line, the request as shown, status; as curl was told in pcaps/tcp/http_requests.py.
REQUESTS = [
    (b"GET / ", "GET 10.0.0.2:8080/", 200),
    (b"GET /slow?n=1 ", "GET 10.0.0.2:8080/slow?n=1", 200),
    (b"GET /missing ", "GET 10.0.0.2:8080/missing", 404),
    (b"GET /large ", "GET 10.0.0.2:8080/large", 200),
    (b"GET /six ", "GET [fd00::2]:8080/six", 200),
    (b"HEAD /head ", "HEAD 10.0.0.2:8080/head", 200),
    (b"POST /upload ", "POST 10.0.0.2:8080/upload", 200),
    (b"POST /slow-upload ", "POST 10.0.0.2:8080/slow-upload", 200),
]


def answered(packets: list[Row], line: bytes, shown: str, status: int) -> str:
    """The line of a request that begins a packet, found by its text."""
    at = next(i for i, row in enumerate(packets) if row.payload.startswith(line))
    client, server = packets[at].source, packets[at].destination
    rest = [row for row in packets[at:] if row.payload and client in (row.source, row.destination)]
    is_final = b"HTTP/1.1 %d" % status
    end = next(i for i, row in enumerate(rest) if row.payload.startswith(is_final))
    last = [row for row in rest[:end] if row.source == client][-1].ts_ns
    reply = rest[end].ts_ns
    return f"{when(reply)} {client} => {server} | {ms(last, reply)} | {shown} | {status}"


def expected(packets: list[Row]) -> list[str]:
    lines = [answered(packets, *request) for request in REQUESTS]
    gone = next(row for row in packets if row.payload.startswith(b"GET /gone "))
    end = next(r for r in packets if r.destination == gone.source and r.flags & 1)
    ends = f"{gone.source} => {gone.destination}"
    return [*lines, f"{when(end.ts_ns)} {ends} | aborted | GET /gone"]


@pytest.mark.parametrize("lua", LUAS)
def test_every_request_has_its_line(lua: str) -> None:
    lines = script_lines(SCRIPT, CAPTURE, lua=lua)
    assert lines[:-1] == expected(rows(CAPTURE))
    end = "# at the end 0 connections wait; replies not seen 0, pipelined requests 2, left out 0"
    assert lines[-1] == end


def told(packets: list[Packet], folder: Path) -> tuple[list[str], str]:
    """What is said of the requests, and the closing line behind its colon."""
    *lines, last = lines_of(SCRIPT, packets, folder)
    return [line.split(" | ", 1)[1] for line in lines], last.split("; ")[1]


def test_request_without_a_reply_in_time_is_a_timeout(tmp_path: Path) -> None:
    talk = Conversation().handshake().client(GET, at_us=10).client_ack(at_us=31_000_000)
    assert told(talk.packets, tmp_path)[0] == ["timeout | GET example.org/"]


def test_request_sent_again_keeps_its_time(tmp_path: Path) -> None:
    talk = Conversation().handshake().client(GET, at_us=10).server(OK, at_us=510)
    again = Packet(
        talk.packets[3].ts_ns + 200_000, talk.packets[3].frame, len(talk.packets[3].frame)
    )
    packets = [*talk.packets[:4], again, *talk.packets[4:]]
    assert told(packets, tmp_path)[0] == ["0.500 ms | GET example.org/ | 200"]


def test_lost_reply_is_not_paired_with_the_next(tmp_path: Path) -> None:
    talk = Conversation().handshake()
    for at in (1000, 2000, 3000):
        talk.client(GET, at_us=at).server(OK, at_us=at + 100)
    lines, rest = told(drop(talk.packets, 4), tmp_path)
    assert lines == ["0.100 ms | GET example.org/ | 200"] * 2
    assert rest == "replies not seen 1, pipelined requests 0, left out 0"


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    talk = Conversation().handshake().client(b"GET /\x1b[31m HTTP/1.1\r\n\r\n").server(OK)
    assert told(talk.packets, tmp_path)[0] == ["0.001 ms | GET /\\x1b[31m | 200"]
