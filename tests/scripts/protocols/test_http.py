"""HTTP in Lua: what is told of real traffic, and what is not taken for HTTP."""

import pytest

from tests.build import Conversation
from tests.scripts.protocols.shipped import packets_of, told, traced, traced_packets
from tests.truth.trace import Trace

# What the makers asked for, in their order, and how the servers answered.
EXCHANGES = {
    "ordinary": """
200 GET 10.0.0.2/hello.txt
200 GET 10.0.0.2/text?q=lua+script&page=2
204 GET 10.0.0.2/nothing
200 HEAD 10.0.0.2/large.txt
200 HEAD 10.0.0.2/hello.txt
304 GET 10.0.0.2/hello.txt
301 GET 10.0.0.2/moved
200 GET 10.0.0.2/hello.txt
200 POST 10.0.0.2/text
405 POST 10.0.0.2/hello.txt
405 DELETE 10.0.0.2/hello.txt
206 GET 10.0.0.2/large.txt
200 GET 10.0.0.2/hello.txt
404 GET Shop.Example:8081/missing
404 GET Shop.Example:8081/missing
200 GET [fd00::2]/hello.txt
""",
    "chunked": """
201 PUT 10.0.0.2:8080/up
200 GET 10.0.0.2:8080/trailers
200 GET 10.0.0.2:8080/after
201 POST www.example/up
201 PUT www.example/slowly
200 GET www.example/trailers
200 GET www.example/trailers
200 GET www.example/after
""",
    "continue": """
201 POST 10.0.0.2:8080/granted
201 POST 10.0.0.2:8080/again
200 GET 10.0.0.2:8080/hints
200 GET 10.0.0.2:8080/after
201 POST www.example/slow-body
201 POST www.example/slow-body
200 GET www.example/behind
200 GET www.example/text
""",
    "errors": """
500 GET 10.0.0.2/broken
502 GET 10.0.0.2/gone
503 GET 10.0.0.2/busy
404 GET 10.0.0.2/hello.txt/more
200 GET www.example/text
400 GET /text
200 GET www.example/text
""",
    "tunnels": """
403 CONNECT refused.example:443
200 CONNECT granted.example:443
200 GET www.example/before
101 GET www.example/upgrade
""",
    "until-close": """
200 GET www.example/hello.txt
200 GET www.example/
404 GET www.example/missing
200 GET www.example/before
200 GET www.example/until-close
200 GET www.example/until-close
aborted GET www.example/behind
""",
    "reset": """
200 GET www.example/first
aborted GET www.example/slow
200 GET www.example/slow
200 GET www.example/second
""",
    "secrets": """
200 GET 10.0.0.2/text
200 GET 10.0.0.2/text?access_token=***&page=2&pwd=***
200 GET www.example/text?q=a
200 GET ***@www.example/text
200 GET ***@www.example:8080/text?a=1
200 GET www.example/text?url=http://***@inner.example/&API_KEY=***;Password=***#x
200 GET www.example/text?url=http%3A%2F%2F***%40inner.example%2F&signature=
200 GET www.example/text/http://***@inner.example/
""",
    "split-messages": """
200 GET www.example/text?first
200 GET www.example/text?first
200 GET www.example/text?first
201 POST www.example/up
201 POST www.example/up
201 POST www.example/up
200 GET www.example/text?bytes
200 GET www.example/text?lf
""",
    "snaplen": """
200 GET www.example/text
201 POST www.example/up
200 GET www.example/text
200 GET www.example/large
200 GET www.example/text
""",
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_what_was_asked_is_told_with_what_was_answered(name: str) -> None:
    found = traced("http", name)
    assert told(found) == EXCHANGES[name].strip().splitlines()
    # Behind a client's RST, a reply may have been on its way.
    inferred = [each.request for each in found.exchanges if not each.exact]
    assert inferred == (["GET www.example/slow"] if name == "reset" else [])


def test_pipelined_replies_go_to_their_requests_in_order() -> None:
    first = [f"200 GET www.example/text?n={number}" for number in range(20)]
    assert told(traced("http", "pipeline")) == [
        *first,
        "200 HEAD www.example/hello.txt",
        "204 GET www.example/nothing",
        "200 POST www.example/text",
        "200 HEAD www.example/large.txt",
        "404 GET www.example/missing",
        "400 OPTIONS www.example *",
        "200 GET www.example/large.txt",
        "200 GET www.example/large.txt",
        "200 GET www.example/text",
        "aborted GET www.example/never-read",
    ]


def test_key_is_host_and_path_and_command_the_method() -> None:
    asked = [(each.command, each.key) for each in traced("http", "ordinary").exchanges[1:4]]
    assert asked == [
        ("GET", "10.0.0.2/text"),
        ("GET", "10.0.0.2/nothing"),
        ("HEAD", "10.0.0.2/large.txt"),
    ]


def test_only_a_server_that_failed_is_an_error() -> None:
    statuses = {each.code: each.status for each in traced("http", "errors").exchanges}
    assert statuses == {
        "500": "error",
        "502": "error",
        "503": "error",
        "404": "ok",
        "400": "ok",
        "200": "ok",
    }


def test_latency_begins_with_the_bodys_last_byte_and_not_with_100() -> None:
    """The maker lets 20 ms pass before each half of the body."""
    slow = traced("http", "continue").exchanges[4]
    assert slow.request_last_ns - slow.request_first_ns > 40_000_000
    assert 0 < slow.latency_ns < 20_000_000


def test_reply_that_ends_with_its_connection_is_told_with_its_header() -> None:
    found = traced("http", "until-close").exchanges[4]
    sent = b"".join(packet.frame[66:] for packet in packets_of("http", "until-close"))
    until = sent.index(b"Connection: close\r\n\r\n") + len("Connection: close\r\n\r\n")
    assert found.reply_bytes == until - sent.rindex(b"HTTP/1.1 200 OK", 0, until)


def test_what_follows_an_upgrade_or_a_tunnel_is_left_alone() -> None:
    pairing = traced("http", "tunnels").pairing
    assert (pairing.encrypted, pairing.not_protocol) == (2, 0)


def test_no_secret_is_told() -> None:
    for each in traced("http", "secrets").exchanges:
        assert "hidden" not in f"{each.request} {each.key}"


# Conversations

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def conversation() -> Conversation:
    return Conversation(server="10.0.0.2:80").handshake()


def traced_conversation(talk: Conversation) -> Trace:
    return traced_packets("http", talk.packets)


def test_reply_before_the_requests_end_is_not_timed_and_goes_to_no_other() -> None:
    talk = conversation().client(b"POST /up HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf ")
    talk.server(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno\n")
    talk.client(b"other" + GET).server(OK).close()
    assert told(traced_conversation(talk)) == ["silent POST /up", "200 GET a/"]


def test_word_of_a_server_that_closes_an_idle_connection_is_a_push() -> None:
    talk = conversation().client(GET).server(OK)
    talk.server(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n").close()
    found = traced_conversation(talk)
    assert told(found) == ["200 GET a/"]
    assert (found.pairing.pushes, found.pairing.not_protocol) == (1, 0)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/2.0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"hello\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 123456789012345\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n123456789012\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 257 + b"\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_counted_and_nothing_paired(request_: bytes) -> None:
    found = traced_conversation(conversation().client(request_ + GET).server(OK).close())
    assert found.exchanges == []
    assert found.pairing.not_protocol == 1


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffff\r\n",
    ],
)
def test_largest_body_is_waited_for(head: bytes) -> None:
    found = traced_conversation(conversation().client(head + b"body").close())
    assert (found.exchanges, found.pairing.not_protocol) == ([], 0)


def test_tls_on_the_port_is_left_alone() -> None:
    talk = conversation().client(b"\x16\x03\x01\x00\x05hello").server(OK).close()
    found = traced_conversation(talk)
    assert (found.exchanges, found.pairing.encrypted) == ([], 1)


def test_body_with_two_codings_ends_with_its_last_chunk() -> None:
    coded = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 3\r\n\r\n"
    talk = conversation().client(GET * 2).server(coded + b"1\r\na\r\n0\r\n\r\n" + OK).close()
    assert told(traced_conversation(talk)) == ["200 GET a/"] * 2
