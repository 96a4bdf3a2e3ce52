"""Interfaces, sides and rights: where packets come from, and what is done with them."""

import json
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.live.namespaces import BRIDGE, LINK, Lab
from tests.live.resp_server import Client, command_bytes, resp_server
from tests.live.tracer import Row, counter, tracing
from tests.program import Outcome, assert_refused, command, environment, tcpkit_run

COUNT = 50
NOBODY = "65534"


def keys(rows: Sequence[Row]) -> list[str | None]:
    return [row["key"] for row in rows]


def expected(count: int = COUNT) -> list[str]:
    return [f"key:{index}" for index in range(count)]


def talk(client: Client, count: int = COUNT) -> None:
    for key in expected(count):
        client.ask("GET", key)


@pytest.mark.parametrize("interface", ["lo", "any"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_packet_of_the_loopback_counts_once(interface: str, address: str) -> None:
    with (
        resp_server(address) as server,
        tracing("-p", str(server.port), interface=interface) as tracer,
    ):
        with Client(address, server.port) as client:
            name = client.name
            talk(client)
        rows = tracer.rows_when(COUNT)
        assert tracer.numbers(server.port)["total_reqs"] == COUNT
        outcome = tracer.stop()
    assert keys(rows) == keys(tracer.rows()) == expected()
    assert {row["client"] for row in rows} == {name}
    assert {row["quality"] for row in rows} == {"exact"}
    assert outcome.status == 0


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_packet_that_any_shows_at_a_bridge_and_its_port_counts_once(
    lab: Lab, family: socket.AddressFamily
) -> None:
    address = lab.server.address(family)
    with (
        resp_server(address, make=lab.server.open_socket) as server,
        tracing(
            *("-p", str(server.port)), interface="any", prefix=lab.server.prefix, stats=False
        ) as tracer,
    ):
        with Client(address, server.port, lab.client.open_socket) as client:
            talk(client)
        tracer.rows_when(COUNT)
        outcome = tracer.stop()
    assert keys(tracer.rows()) == expected()
    assert {row["quality"] for row in tracer.rows()} == {"exact"}
    # Each request and each reply was there twice.
    assert counter(outcome.err, "packets") >= 4 * COUNT


@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_server_address_is_enough_on_either_side(
    lab: Lab, side: str, family: socket.AddressFamily
) -> None:
    address = lab.server.address(family)
    where = (lab.client, LINK) if side == "client" else (lab.server, BRIDGE)
    with (
        resp_server(address, make=lab.server.open_socket) as server,
        tracing(
            *("-p", str(server.port), "-s", address),
            interface=where[1],
            prefix=where[0].prefix,
            stats=False,
        ) as tracer,
    ):
        with Client(address, server.port, lab.client.open_socket) as client:
            talk(client)
        rows = tracer.rows_when(COUNT)
    assert keys(rows) == expected()
    text = f"[{address}]:{server.port}" if ":" in address else f"{address}:{server.port}"
    assert {row["server"] for row in rows} == {text}


def test_server_address_leaves_out_the_others() -> None:
    with (
        resp_server("127.0.0.2") as wanted,
        resp_server("127.0.0.3", wanted.port) as other,
        tracing("-p", str(wanted.port), "-s", "127.0.0.2") as tracer,
    ):
        with Client(other.address, other.port) as client:
            client.ask("GET", "other")
        with Client(wanted.address, wanted.port) as client:
            client.ask("GET", "wanted")
        tracer.rows_when(1)
        tracer.stop()
    assert keys(tracer.rows()) == ["wanted"]


def test_client_whose_own_port_is_a_server_port_is_no_server() -> None:
    """-p 1,2 and a connection from port 2 to port 1."""
    with resp_server() as server, socket.create_server(("127.0.0.1", 0)) as reserved:
        own = int(reserved.getsockname()[1])
        reserved.close()

        def bound(family: int) -> socket.socket:
            made = socket.socket(family)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(("127.0.0.1", own))
            return made

        with (
            tracing("-p", f"{own},{server.port}", "-s", "127.0.0.1") as tracer,
            Client(server.address, server.port, bound) as client,
        ):
            talk(client)
            rows = tracer.rows_when(COUNT)
    assert keys(rows) == expected()
    assert {row["server"] for row in rows} == {f"127.0.0.1:{server.port}"}


def test_written_file_gives_the_same_exchanges(tmp_path: Path) -> None:
    copy = tmp_path / "copy.pcap"
    with resp_server() as server:
        port = str(server.port)
        with tracing("-p", port, "-w", copy) as tracer:
            with Client(server.address, server.port) as client:
                talk(client)
            tracer.rows_when(COUNT)
            outcome = tracer.stop()
    again = tcpkit_run("-q", "-j", "-m", "redis", "-p", port, "-r", copy)
    assert [json.loads(line) for line in again.out.splitlines()] == tracer.rows()
    assert keys(tracer.rows()) == expected()
    saved = outcome.err[outcome.err.index("\nsaved ") :]
    assert counter(saved, "packets") >= 2 * COUNT


def test_snaplen_cuts_values_and_nothing_else() -> None:
    with (
        resp_server() as server,
        tracing("-p", str(server.port), "--snaplen", "200") as tracer,
        Client(server.address, server.port) as client,
    ):
        for _ in range(10):
            client.ask("SET", "key", b"v" * 10_000)
        rows = tracer.rows_when(10)
    assert keys(rows) == ["key"] * 10
    assert {row["request_bytes"] for row in rows} == {
        len(command_bytes("SET", "key", b"v" * 10_000))
    }
    assert all("truncated" in row["flags"] for row in rows)


def test_packets_that_the_kernel_dropped_are_in_the_summary() -> None:
    """tcpkit is stopped while more comes than its buffer holds."""
    with (
        resp_server() as server,
        tracing("-p", str(server.port), "-B", "64") as tracer,
        Client(server.address, server.port) as client,
    ):
        talk(client)
        tracer.rows_when(COUNT)
        tracer.process.send_signal(signal.SIGSTOP)
        for index in range(1000):
            client.ask("SET", f"lost:{index}", b"v" * 1000)
        tracer.process.send_signal(signal.SIGCONT)
        talk(client)
        outcome = tracer.stop()
    rows = tracer.rows()
    assert outcome.status == 0
    assert keys(rows)[:COUNT] == expected()
    assert counter(outcome.err, "dropped by the kernel") > 0
    # Whatever was lost: what is exact took place, in this order.
    remaining = iter([*expected(), *(f"lost:{index}" for index in range(1000)), *expected()])
    exact = [str(row["key"]) for row in rows if row["quality"] == "exact"]
    assert all(key in remaining for key in exact)


def unprivileged(*arguments: str) -> Outcome:
    """Run by a user who may read every file (the program itself may lie anywhere)."""
    capability = "+dac_read_search"
    call = [
        *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
        *(f"--inh-caps=-all,{capability}", f"--ambient-caps=-all,{capability}"),
        *command(*arguments),
    ]
    done = subprocess.run(
        call,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("interface", ["lo", "any"])
@pytest.mark.parametrize("option", ["-q", "-d"])
def test_capture_without_the_right_to_is_one_line(interface: str, option: str) -> None:
    outcome = unprivileged("-i", interface, option, "-P", "0", "-o", "/dev/null")
    assert_refused(outcome, 1, f"cannot capture on {interface}", "permission denied", "root")
