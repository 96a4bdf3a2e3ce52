"""What a well-behaved client gets, over real sockets."""

import asyncio
import gzip
import re
import threading

import pytest

from tcpkit.errors import TcpkitError
from tcpkit.server.http_answer import TEXT, Answer, answer
from tcpkit.server.http_route import Make, Route
from tcpkit.server.http_server import HttpServer
from tests.server.http_clients import (
    GET,
    HOST,
    PATIENT,
    Run,
    asked,
    connect,
    text,
    until,
    with_server,
)

LONG = b"abc\n" * 4096


def test_get_is_answered_with_headers_that_keep_a_browser_safe(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        reply = await (client := await connect(server)).get()
        assert (reply.code, reply.body) == (200, b"here\n")
        assert reply.headers["content-type"] == "text/plain; charset=utf-8"
        assert reply.headers["content-length"] == "5"
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["content-security-policy"].startswith("default-src 'none'")
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", reply.headers["date"])
        client.socket.close()

    run(with_server(body))


def test_connection_serves_many_requests(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        client = await connect(server)
        for _ in range(10):
            assert (await client.get()).code == 200
        client.socket.close()
        assert (server.counts.connections, server.counts.codes) == (1, {200: 10})

    run(with_server(body))


def test_head_is_get_without_the_body(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        client = await connect(server)
        head = await client.get(method="HEAD")
        get = await client.get()
        assert (head.code, head.body, get.body) == (200, b"", b"here\n")
        assert {**head.headers, "date": ""} == {**get.headers, "date": ""}
        client.socket.close()

    run(with_server(body))


def test_query_is_no_part_of_the_path(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        client = await connect(server)
        assert (await client.get("/?a=b/c")).code == 200
        assert (await client.get("http://localhost:9100/?a=b")).code == 200
        client.socket.close()

    run(with_server(body))


def test_unknown_path_is_told_what_there_is(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        client = await connect(server)
        reply = await client.get("/metric")
        assert (reply.code, reply.body) == (404, b"404 Not Found: there is /metrics\n")
        assert (await client.get("/metrics")).code == 200
        client.socket.close()

    run(with_server(body, {"/metrics": text(b"")}))


@pytest.mark.parametrize("method", ["OPTIONS", "DELETE", "TRACE", "BREW"])
def test_other_methods_are_told_what_is_allowed(method: str, run: Run) -> None:
    async def body(server: HttpServer) -> None:
        client = await connect(server)
        reply = await client.get(method=method)
        assert (reply.code, reply.headers["allow"]) == (405, "GET, HEAD")
        assert (await client.get()).code == 200
        client.socket.close()

    run(with_server(body))


def test_body_of_a_request_is_not_taken_for_the_next_request(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        post = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(GET)
        chunked = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        for sent in (post, post + GET, chunked + b"%x\r\n" % len(GET) + GET + b"\r\n0\r\n\r\n"):
            reply = await asked(server, sent)
            assert reply.startswith(b"HTTP/1.1 405 ")
            assert reply.count(b"HTTP/1.1 ") == 1
            assert b"\r\nconnection: close\r\n" in reply.lower()

    run(with_server(body))


@pytest.mark.parametrize(
    ("accepts", "zipped"),
    [("gzip", True), ("deflate, gzip;q=0.5", True), ("*", True), ("identity", False),
     ("gzip;q=0", False), ("gzip; q=0.0", False), ("", False)],
)  # fmt: skip
def test_answer_is_compressed_for_who_takes_it(accepts: str, zipped: bool, run: Run) -> None:
    async def body(server: HttpServer) -> None:
        client = await connect(server)
        reply = await client.get(**{"Accept-Encoding": accepts})
        assert (reply.headers.get("content-encoding") == "gzip") == zipped
        assert (gzip.decompress(reply.body) if zipped else reply.body) == LONG
        assert reply.headers["vary"] == "Accept-Encoding"
        client.socket.close()

    run(with_server(body, {"/": text(LONG)}))


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example"])
def test_page_from_elsewhere_cannot_read_the_loopback_by_a_name_of_its_own(
    host: str, run: Run
) -> None:
    async def body(server: HttpServer) -> None:
        asking = f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        assert (await asked(server, asking.encode())).startswith(b"HTTP/1.1 421 ")
        whole = f"GET http://{host}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        assert (await asked(server, whole.encode())).startswith(b"HTTP/1.1 421 ")

    run(with_server(body))


def test_on_another_address_any_name_is_served(run: Run) -> None:
    async def main() -> None:
        server = HttpServer({"/": text(b"here\n")})
        server.start("0.0.0.0", 0)
        reply = await asked(
            server, b"GET / HTTP/1.1\r\nHost: db7.example\r\nConnection: close\r\n\r\n"
        )
        assert reply.startswith(b"HTTP/1.1 200 ")
        server.close()
        await until(lambda: server.open_connections == 0)

    run(main())


def test_http_1_0_gets_the_answer_and_the_end(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        assert (await asked(server, b"GET / HTTP/1.0\r\n\r\n")).endswith(b"\r\n\r\nhere\n")

    run(with_server(body))


def test_ipv6_address_is_listened_on(run: Run) -> None:
    async def main() -> None:
        server = HttpServer({"/": text(b"here\n")})
        server.start("::1", 0)
        reader, writer = await asyncio.open_connection("::1", server.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).endswith(b"here\n")
        writer.close()
        await writer.wait_closed()
        server.close()
        await until(lambda: server.open_connections == 0)

    run(main())


def test_busy_port_is_one_clear_error(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        with pytest.raises(TcpkitError) as caught:
            HttpServer({}).start(HOST, server.port)
        assert str(caught.value) == (
            f"cannot listen on {HOST}:{server.port}: Address already in use"
        )

    run(with_server(body))


class Counted:
    """A route that says how often it was taken; `failing` makes it fail, in the loop or behind."""

    def __init__(self, failing: str = "") -> None:
        self.taken = 0
        self._failing = failing

    def take(self) -> Make:
        if self._failing == "take":
            raise ValueError("a fault")
        self.taken += 1
        taken = self.taken

        def make() -> Answer:
            if self._failing == "make":
                raise ValueError("a fault")
            return answer(TEXT, b"%d\n" % taken)

        return make


def test_all_who_ask_at_once_get_the_same_answer(run: Run) -> None:
    counted = Counted()

    async def body(server: HttpServer) -> None:
        clients = [await connect(server) for _ in range(20)]
        replies = await asyncio.gather(*(client.get() for client in clients))
        assert {reply.body for reply in replies} == {b"1\n"}
        assert counted.taken == 1
        for client in clients:
            client.socket.close()

    run(with_server(body, {"/": Route(counted.take, 100)}))


def test_answer_is_made_anew_when_its_life_is_over(run: Run) -> None:
    counted = Counted()

    async def body(server: HttpServer) -> None:
        client = await connect(server)
        seen: set[bytes] = set()
        while len(seen) < 3:
            seen.add((await client.get()).body)
        assert seen == {b"1\n", b"2\n", b"3\n"}
        client.socket.close()

    run(with_server(body, {"/": Route(counted.take, 0.01)}))


class Held:
    """A route whose answer is being made until `go` is set."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = threading.Event()

    def take(self) -> Make:
        def make() -> Answer:
            self.begun.set()
            assert self.go.wait(60)
            return answer(TEXT, b"late\n")

        return make


def test_answer_that_is_being_made_holds_up_no_other(run: Run) -> None:
    held = Held()

    async def body(server: HttpServer) -> None:
        waiting, other = await connect(server), await connect(server)
        late = asyncio.ensure_future(waiting.get())
        await until(held.begun.is_set)
        assert (await other.get("/none")).code == 404
        held.go.set()
        assert (await late).body == b"late\n"
        waiting.socket.close()
        other.socket.close()

    run(with_server(body, {"/": Route(held.take)}))


def test_answer_that_is_not_there_in_time_is_waited_for_no_longer(run: Run) -> None:
    held = Held()

    async def body(server: HttpServer) -> None:
        client = await connect(server)
        await client.send(GET)
        await client.ended()
        await until(lambda: server.counts.lost == 1)
        assert server.counts.overdue == 1
        held.go.set()

    run(with_server(body, {"/": Route(held.take)}, PATIENT._replace(answer_s=0.05)))


def test_server_that_closes_while_an_answer_is_made_says_nothing(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    held = Held()

    async def body(server: HttpServer) -> None:
        client = await connect(server)
        await client.send(GET)
        await until(held.begun.is_set)
        client.socket.close()

    run(with_server(body, {"/": Route(held.take)}))
    held.go.set()
    for thread in threading.enumerate():
        if thread.name.startswith("tcpkit-http"):
            thread.join(60)
    assert caplog.messages == []


@pytest.mark.parametrize("failing", ["take", "make"])
def test_fault_of_ours_is_an_answer_and_no_end(
    failing: str, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async def body(server: HttpServer) -> None:
        client = await connect(server)
        assert (await client.get()).code == 500
        assert (await client.get("/fine")).code == 200
        client.socket.close()
        assert server.counts.codes == {500: 1, 200: 1}

    run(with_server(body, {"/": Route(Counted(failing).take), "/fine": text(b"")}))
    assert caplog.messages == ["http: ValueError: a fault"]
