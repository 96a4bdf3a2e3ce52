"""The stats port of a live run, asked as monitoring asks."""

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.live.resp_server import Client, RespServer, resp_server
from tests.live.tracer import Tracer, numbers_of, received, tracing
from tests.program import DEADLINE_S, wait_until
from tests.servers import free_port

LATENCIES = r"\[\d+(,\d+){17}\]"
NUMBERS = rf'\{{"total_reqs":\d+,"total_costs":\d+,"slow_reqs":\d+,"latencies":{LATENCIES}\}}'
WITHOUT_REPLY = ',"timeouts":0,"aborted":0,"silent":0,"blocking":0'
CROWD = 100


@pytest.fixture
def server() -> Iterator[RespServer]:
    with resp_server() as running:
        yield running


@pytest.fixture
def tracer(server: RespServer) -> Iterator[Tracer]:
    with tracing("-p", f"{server.port},6399") as running:
        yield running


def ask_and_see(server: RespServer, tracer: Tracer, count: int) -> None:
    """Send `count` requests more, and wait until the stats port has them."""
    before = tracer.numbers(server.port)["total_reqs"]
    with Client(server.address, server.port) as client:
        for _ in range(count):
            client.ask("PING")
    wait_until(
        lambda: tracer.numbers(server.port)["total_reqs"] == before + count,
        f"{count} requests more at the stats port",
    )


def test_netcat_gets_one_line_of_json(server: RespServer, tracer: Tracer) -> None:
    ask_and_see(server, tracer, 7)
    netcat = subprocess.run(
        ["nc", "127.0.0.1", str(tracer.stats_port)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=True,
    )
    line = netcat.stdout
    expected = rf'\[\{{"{server.port}":{NUMBERS}\}},\{{"6399":{NUMBERS}\}}\]\n'
    assert re.fullmatch(expected, line), line
    numbers = numbers_of(line.encode(), server.port)
    assert numbers["total_reqs"] == sum(numbers["latencies"]) == 7
    assert numbers_of(line.encode(), 6399) == {
        "total_reqs": 0,
        "total_costs": 0,
        "slow_reqs": 0,
        "latencies": [0] * 18,
    }


def test_commands_and_servers_have_numbers_of_their_own(server: RespServer) -> None:
    with tracing("-p", str(server.port), "--by", "command,server") as tracer:
        ask_and_see(server, tracer, 7)
        line = tracer.asked().decode()
    own = rf"{NUMBERS[:-2]}(,\"(p50|p90|p99|p999|max)_ns\":\d+){{5}}{WITHOUT_REPLY}\}}"
    server_name = f"127.0.0.1:{server.port}"
    divided = rf'"commands":\{{"PING":{own}\}},"servers":\{{"{server_name}":{own}\}}'
    expected = rf'\[\{{"{server.port}":{NUMBERS[:-2]},{divided}\}}\}}\]\n'
    assert re.fullmatch(expected, line), line
    assert line.count('"total_reqs":7,') == 3


def test_what_a_client_sends_changes_nothing(tracer: Tracer) -> None:
    with socket.create_connection(("127.0.0.1", tracer.stats_port), DEADLINE_S) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n" * 100)
        assert received(client).startswith(b'[{"')


def test_clients_that_never_read_hold_up_nothing(server: RespServer, tracer: Tracer) -> None:
    with ExitStack() as idle:
        for _ in range(CROWD):
            idle.enter_context(
                socket.create_connection(("127.0.0.1", tracer.stats_port), DEADLINE_S)
            )
        ask_and_see(server, tracer, 1000)


def test_a_hundred_clients_at_once_all_get_their_line(server: RespServer, tracer: Tracer) -> None:
    ask_and_see(server, tracer, 3)
    with ExitStack() as crowd:
        clients = [
            crowd.enter_context(
                socket.create_connection(("127.0.0.1", tracer.stats_port), DEADLINE_S)
            )
            for _ in range(CROWD)
        ]
        lines = [received(client) for client in clients]
    assert {numbers_of(line, server.port)["total_reqs"] for line in lines} == {3}
    assert "stats clients" in tracer.stop().err


def test_client_that_sends_and_never_reads_holds_up_nothing(
    server: RespServer, tracer: Tracer
) -> None:
    with socket.create_connection(("127.0.0.1", tracer.stats_port), DEADLINE_S) as client:
        client.setblocking(False)
        try:
            while client.send(b"x" * 65536):
                pass
        except OSError:
            pass  # nobody takes more, or the connection was ended
        ask_and_see(server, tracer, 100)


def test_stats_port_zero_is_no_stats_port(server: RespServer) -> None:
    with tracing("-p", str(server.port), stats=False) as tracer:
        assert tracer.ready.endswith("stats off")
        with Client(server.address, server.port) as client:
            client.ask("PING")
        assert len(tracer.rows_when(1)) == 1


def test_bind_chooses_the_address(server: RespServer) -> None:
    with tracing("-p", str(server.port), "--bind", "127.0.0.2") as tracer:
        with pytest.raises(ConnectionRefusedError):
            tracer.asked()
        address = ("127.0.0.2", tracer.stats_port)
        with socket.create_connection(address, DEADLINE_S) as client:
            assert numbers_of(received(client), server.port)["total_reqs"] == 0


def test_raw_mode_without_ports_has_nothing_to_show() -> None:
    with tracing("-m", "raw", "-o", "/dev/null", "-s", "127.0.0.9") as tracer:
        assert tracer.asked() == b"[]\n"


def test_raw_mode_lists_its_ports_with_zeros() -> None:
    port = free_port()
    with (
        resp_server(port=port) as server,
        tracing("-m", "raw", "-p", f"{port},1") as tracer,
        Client(server.address, server.port) as client,
    ):
        client.ask("PING")
        tracer.rows_when(5)
        line = tracer.asked()
    assert [numbers_of(line, each)["total_reqs"] for each in (port, 1)] == [0, 0]
