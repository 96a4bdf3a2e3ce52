"""Clients that are slow, stalled, many or senseless, over real sockets."""

import asyncio
import os
import socket
import struct

import pytest

from tcpkit.server.http_connection import MAX_HEAD
from tcpkit.server.http_listener import MAX_BURST
from tcpkit.server.http_server import HttpServer, Limits
from tests.server.http_clients import (
    GET,
    LARGE_BYTES,
    PATIENT,
    Run,
    asked,
    connect,
    text,
    until,
    with_server,
)

LARGE = {"/": text(os.urandom(1 << 16) * (LARGE_BYTES >> 16)), "/small": text(b"here\n")}


def code_of(reply: bytes) -> int:
    assert reply.startswith(b"HTTP/1.1 ")
    return int(reply.split()[1])


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), 400),  # TLS
        (b"*1\r\n$4\r\nPING\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # without Host
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET / HTTP/3.0\r\nHost: localhost\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * MAX_HEAD, 431),
        (b"GET /" + b"a" * 2 * MAX_HEAD, 431),
    ],
)
def test_what_is_no_request_gets_a_reason_and_the_end(sent: bytes, code: int, run: Run) -> None:
    async def body(server: HttpServer) -> None:
        reply = await asked(server, sent)
        assert code_of(reply) == code
        assert b"connection: close" in reply.lower()
        await until(lambda: server.open_connections == 0)
        assert server.counts.numbers()["http malformed"] == 1
        assert server.counts.codes == {code: 1}

    run(with_server(body))


def test_pipelined_requests_are_answered_in_order(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        last = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        reply = await asked(server, GET.replace(b"/ ", b"/none ") + GET * 8 + last)
        codes = [int(part.split()[0]) for part in reply.split(b"HTTP/1.1 ")[1:]]
        assert codes == [404] + [200] * 9
        assert server.counts.connections == 1

    run(with_server(body))


def test_who_asks_without_end_waits_and_holds_up_nobody(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        greedy = await connect(server)
        await greedy.send(GET * 1000)
        await until(lambda: server.counts.codes.get(200, 0) >= 2)
        polite = await connect(server)
        assert (await polite.get()).code == 200
        assert server.counts.codes[200] < 100
        greedy.socket.close()
        polite.socket.close()

    run(with_server(body, limits=PATIENT._replace(requests=20.0)))


def test_request_in_pieces_is_one_request(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        client = await connect(server)
        for at in range(len(GET)):
            await client.send(GET[at : at + 1])
            await asyncio.sleep(0)
        await until(lambda: server.counts.codes == {200: 1})
        client.socket.close()

    run(with_server(body))


def test_who_says_nothing_is_dropped_at_the_deadline(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        await (await connect(server)).ended()
        await until(lambda: server.counts.overdue == 1)
        assert (server.counts.lost, server.counts.codes) == (0, {})

    run(with_server(body, limits=PATIENT._replace(request_s=0.05)))


def test_pieces_do_not_move_the_deadline(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        client = await connect(server)
        await client.send(b"GET / HTTP/1.1\r\n")
        with client.socket:
            while not server.counts.overdue:
                try:
                    await client.send(b"A: b\r\n")
                except ConnectionError:
                    break
                await asyncio.sleep(0.001)
        await until(lambda: server.counts.overdue == 1)

    run(with_server(body, limits=PATIENT._replace(request_s=0.05)))


def test_idle_connection_is_closed_and_that_is_nobodys_fault(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        client = await connect(server)
        assert (await client.get()).code == 200
        await client.ended()
        assert (server.counts.overdue, server.counts.lost) == (0, 0)

    run(with_server(body, limits=PATIENT._replace(idle_s=0.05)))


def test_half_a_request_behind_a_whole_one_has_the_deadline_of_a_request(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        client = await connect(server)
        await client.send(GET + GET[:10])
        await until(lambda: server.counts.overdue == 1)
        client.socket.close()

    run(with_server(body, limits=PATIENT._replace(request_s=0.05)))


def test_who_never_takes_the_answer_is_dropped_and_delays_nobody(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        stuck = [await connect(server, receive_buffer=4096) for _ in range(10)]
        for client in stuck:
            await client.send(GET)
        await until(lambda: server.stalled == 10)
        polite = await connect(server)
        assert (await polite.get("/small")).code == 200
        await until(lambda: server.counts.overdue == 10)
        await until(lambda: server.counts.lost == 10)
        for client in stuck:
            client.socket.close()
        polite.socket.close()

    run(with_server(body, LARGE, PATIENT._replace(answer_s=0.3, requests=1e6)))


def test_half_closed_client_gets_the_whole_answer(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        client = await connect(server)
        await client.send(GET)
        client.socket.shutdown(socket.SHUT_WR)
        assert len(await client.rest()) > LARGE_BYTES
        await until(lambda: server.open_connections == 0)
        assert server.counts.codes == {200: 1}

    run(with_server(body, LARGE))


def test_half_a_request_and_the_end_is_malformed(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        client = await connect(server)
        await client.send(GET[:20])
        client.socket.shutdown(socket.SHUT_WR)
        assert code_of(await client.rest()) == 400

    run(with_server(body))


def test_who_connects_and_leaves_is_no_fault(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        (await connect(server)).socket.close()
        await until(lambda: server.counts.connections == 1 and server.open_connections == 0)
        assert (server.counts.lost, server.counts.overdue, server.counts.codes) == (0, 0, {})

    run(with_server(body))


def test_client_that_resets_is_counted_and_the_next_is_served(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        client = await connect(server, receive_buffer=4096)
        await client.send(GET)
        await until(lambda: server.stalled == 1)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.socket.close()
        await until(lambda: server.counts.lost == 1)
        assert len(await asked(server, b"GET / HTTP/1.0\r\n\r\n")) > LARGE_BYTES

    run(with_server(body, LARGE, PATIENT._replace(requests=1e6)))


def test_full_server_drops_who_idles_longest(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        first, second = await connect(server), await connect(server)
        await until(lambda: server.open_connections == 2)
        assert (await first.get()).code == 200  # which makes the second the one that idles longest
        third = await connect(server)
        assert (await third.get()).code == 200
        await second.ended()
        assert (await first.get()).code == 200
        assert (server.counts.displaced, server.counts.refused) == (1, 0)
        first.socket.close()
        third.socket.close()

    run(with_server(body, limits=PATIENT._replace(connections=2)))


def test_hundreds_of_connections_are_let_in_slowly_and_few_are_kept(run: Run) -> None:
    async def body(server: HttpServer) -> None:
        held = []
        loop = asyncio.get_running_loop()
        for _ in range(500):
            client = socket.socket()
            client.setblocking(False)
            held.append(client)
            client.connect_ex(("127.0.0.1", server.port))
        await until(lambda: server.counts.connections >= MAX_BURST)
        begin_s, before = loop.time(), server.counts.connections
        await until(lambda: server.counts.connections >= before + 20)
        assert server.open_connections <= 4
        assert server.counts.displaced >= MAX_BURST - 4
        allowed = MAX_BURST + 100 * (loop.time() - begin_s) + 1
        assert server.counts.connections - before <= allowed
        for client in held:
            client.close()

    run(with_server(body, limits=PATIENT._replace(connections=4)))


def test_closed_server_drops_its_clients_and_listens_no_more(run: Run) -> None:
    async def main() -> None:
        server = HttpServer(LARGE, Limits())
        server.start("127.0.0.1", 0)
        port = server.port
        client = await connect(server, receive_buffer=4096)
        await client.send(GET)
        await until(lambda: server.open_connections == 1)
        server.close()
        await until(lambda: server.open_connections == 0)
        client.socket.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)

    run(main())
