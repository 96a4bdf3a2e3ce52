"""Real sockets on the loopback, on both event loops that can run it."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence

import pytest

from tcpkit.errors import TcpkitError
from tcpkit.server.stats_server import MAX_DISCARDED, SNAPSHOT_LIFE_S, StatsServer

Run = Callable[[Coroutine[None, None, None]], None]
Stats = Sequence[Mapping[str, object]]

HOST = "127.0.0.1"
PORT_6379 = {
    "total_reqs": 7,
    "total_costs": 76785,
    "slow_reqs": 7,
    "latencies": [0, 0, 0, 0, 0, 3, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
}
LINE = (
    b'[{"6379":{"total_reqs":7,"total_costs":76785,"slow_reqs":7,'
    b'"latencies":[0,0,0,0,0,3,3,1,0,0,0,0,0,0,0,0,0,0]}}]\n'
)
LARGE_BYTES = 32 << 20  # more than the kernel buffers on both sides can hold


def stats() -> Stats:
    return [{"6379": PORT_6379}]


def large() -> Stats:
    return [{"6379": "x" * LARGE_BYTES}]


def with_server(
    body: Callable[[StatsServer], Awaitable[None]], server: StatsServer
) -> Coroutine[None, None, None]:
    async def main() -> None:
        await server.start(HOST, 0)
        try:
            await body(server)
        finally:
            server.close()
            await until(lambda: server.open_connections == 0)

    return main()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop run until `condition` holds."""
    while not condition():
        await asyncio.sleep(0)


async def connect(server: StatsServer, receive_buffer: int = 0) -> socket.socket:
    client = socket.socket()
    client.setblocking(False)
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await asyncio.get_running_loop().sock_connect(client, (HOST, server.port))
    return client


async def read_all(client: socket.socket) -> bytes:
    """What comes until the server's end; closes the client."""
    loop = asyncio.get_running_loop()
    pieces = []
    with client:
        while piece := await loop.sock_recv(client, 1 << 20):
            pieces.append(piece)
    return b"".join(pieces)


async def ask(server: StatsServer) -> bytes:
    return await read_all(await connect(server))


def test_client_gets_one_line_and_the_end(run: Run) -> None:
    async def body(server: StatsServer) -> None:
        assert await ask(server) == LINE
        await until(lambda: server.counts.served == 1)

    run(with_server(body, StatsServer(stats)))


def test_no_ports_are_an_empty_list(run: Run) -> None:
    async def body(server: StatsServer) -> None:
        assert await ask(server) == b"[]\n"

    run(with_server(body, StatsServer(list)))


def test_a_hundred_clients_at_once_get_their_line(run: Run) -> None:
    async def body(server: StatsServer) -> None:
        clients = [await connect(server) for _ in range(100)]
        lines = await asyncio.gather(*(read_all(client) for client in clients))
        assert lines == [LINE] * 100
        await until(lambda: server.counts.served == 100)
        assert (server.counts.connections, server.counts.refused) == (100, 0)

    run(with_server(body, StatsServer(stats)))


def test_client_that_never_reads_delays_nobody(run: Run) -> None:
    async def body(server: StatsServer) -> None:
        stuck = await connect(server, receive_buffer=4096)
        await until(lambda: server.counts.connections == 1)
        assert len(await ask(server)) > LARGE_BYTES
        await until(lambda: server.counts.served == 1)
        assert server.open_connections == 1
        stuck.close()

    run(with_server(body, StatsServer(large, deadline_s=100)))


def test_client_that_never_reads_is_dropped_at_the_deadline(run: Run) -> None:
    async def body(server: StatsServer) -> None:
        stuck = await connect(server, receive_buffer=4096)
        await until(lambda: server.counts.lost == 1)
        assert (server.counts.served, server.counts.overdue) == (0, 1)
        assert server.open_connections == 0
        stuck.close()

    run(with_server(body, StatsServer(large, deadline_s=0.05)))


def test_client_that_keeps_its_side_open_is_dropped_at_the_deadline(run: Run) -> None:
    async def body(server: StatsServer) -> None:
        client = await connect(server)
        assert await asyncio.get_running_loop().sock_recv(client, 4096) == LINE
        await until(lambda: server.open_connections == 0)
        assert (server.counts.served, server.counts.overdue) == (1, 0)
        client.close()

    run(with_server(body, StatsServer(stats, deadline_s=0.05)))


def test_client_that_sends_first_gets_the_whole_line(run: Run) -> None:
    async def body(server: StatsServer) -> None:
        client = await connect(server)
        await asyncio.get_running_loop().sock_sendall(client, b"GET / HTTP/1.0\r\n\r\n" * 100)
        assert await read_all(client) == LINE

    run(with_server(body, StatsServer(stats)))


def test_client_that_sends_without_end_is_not_read_any_more(run: Run) -> None:
    async def body(server: StatsServer) -> None:
        client = await connect(server)
        sent = 0
        piece = b"\x00" * 65536
        while server.open_connections or not server.counts.connections:
            try:
                sent += client.send(piece)
            except BlockingIOError:
                pass
            except ConnectionError:
                break
            await asyncio.sleep(0)
        assert sent > MAX_DISCARDED
        assert sent < LARGE_BYTES
        assert server.counts.served == 1
        client.close()
        assert await ask(server) == LINE

    run(with_server(body, StatsServer(stats, deadline_s=0.5)))


def test_client_that_has_finished_sending_gets_its_line(run: Run) -> None:
    async def body(server: StatsServer) -> None:
        client = await connect(server)
        client.shutdown(socket.SHUT_WR)
        assert len(await read_all(client)) > LARGE_BYTES
        await until(lambda: server.counts.served == 1)

    run(with_server(body, StatsServer(large)))


def test_client_that_resets_is_counted_and_the_next_is_served(run: Run) -> None:
    async def body(server: StatsServer) -> None:
        client = await connect(server, receive_buffer=4096)
        await until(lambda: server.open_connections == 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        await until(lambda: server.open_connections == 0)
        assert server.counts.lost == 1
        assert len(await ask(server)) > LARGE_BYTES

    run(with_server(body, StatsServer(large)))


def test_clients_above_the_bound_are_refused_until_there_is_room(run: Run) -> None:
    async def body(server: StatsServer) -> None:
        held = [await connect(server) for _ in range(2)]
        await until(lambda: server.open_connections == 2)
        assert await ask(server) == b""
        assert (server.counts.connections, server.counts.refused) == (3, 1)
        for client in held:
            assert await read_all(client) == LINE
        await until(lambda: server.open_connections == 0)
        assert await ask(server) == LINE

    run(with_server(body, StatsServer(stats, max_connections=2)))


def test_busy_port_is_one_clear_error(run: Run) -> None:
    async def body(server: StatsServer) -> None:
        with pytest.raises(TcpkitError) as caught:
            await StatsServer(stats).start(HOST, server.port)
        assert str(caught.value) == (
            f"cannot listen on {HOST}:{server.port}: Address already in use"
        )
        assert caught.value.exit_status == 1

    run(with_server(body, StatsServer(stats)))


@pytest.mark.parametrize(
    ("bind", "message"),
    [
        ("192.0.2.1", "192.0.2.1:33333: Cannot assign requested address"),
        ("2001:db8::1", "[2001:db8::1]:33333: Cannot assign requested address"),
        ("a" * 70, "a" * 70 + ":33333: not an address"),
    ],
)
def test_address_that_is_not_ours_is_one_clear_error(bind: str, message: str, run: Run) -> None:
    async def main() -> None:
        with pytest.raises(TcpkitError) as caught:
            await StatsServer(stats).start(bind, 33333)
        assert str(caught.value) == f"cannot listen on {message}"

    run(main())


def test_ipv6_address_is_listened_on(run: Run) -> None:
    async def main() -> None:
        server = StatsServer(stats)
        await server.start("::1", 0)
        reader, writer = await asyncio.open_connection("::1", server.port)
        assert await reader.read() == LINE
        writer.close()
        server.close()
        await until(lambda: server.open_connections == 0)

    run(main())


def test_closed_server_drops_its_clients_and_listens_no_more(run: Run) -> None:
    async def main() -> None:
        server = StatsServer(large)
        await server.start(HOST, 0)
        port = server.port
        client = await connect(server, receive_buffer=4096)
        await until(lambda: server.open_connections == 1)
        server.close()
        await until(lambda: server.open_connections == 0)
        client.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, port)

    run(main())


def test_snapshot_is_taken_anew_after_its_life_and_not_before() -> None:
    taken = []

    def counted() -> Stats:
        taken.append(1)
        return [{"6379": len(taken)}]

    server = StatsServer(counted)
    at = [100.0, 100.0 + SNAPSHOT_LIFE_S / 2, 100.0 + SNAPSHOT_LIFE_S, 200.0]
    assert [json.loads(server.line(now))[0]["6379"] for now in at] == [1, 1, 2, 3]
