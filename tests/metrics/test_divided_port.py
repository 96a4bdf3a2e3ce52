"""A port's numbers by server and by command."""

import socket
import struct

from tcpkit.flow.endpoints import Endpoints
from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.metrics.port_rows import PortRows
from tcpkit.metrics.port_stats import PortStats
from tcpkit.metrics.series import MAX_SERVERS
from tcpkit.protocols.command_numbers import CommandNumbers
from tcpkit.protocols.message import ABORTED, OK, SILENT, TIMEOUT, Exchange
from tcpkit.wire.segment import IPV6_BIT

MS = 1_000_000
GET, SET = 1, 2


class Kept(ExchangeSink):
    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def exchange(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)


def numbers() -> CommandNumbers:
    made = CommandNumbers(frozenset(["GET", "SET"]))
    assert (made.number("GET", False), made.number("SET", False)) == (GET, SET)
    return made


def divided(
    by_command: bool = True, by_server: bool = True, threshold_ns: int | None = None
) -> PortStats:
    rows = PortRows(numbers() if by_command else None, by_server)
    return PortStats(6379, threshold_ns, [Kept()], rows=rows)


def ends(server: str, client_port: int = 50_000) -> Endpoints:
    ports = client_port << 16 | 6379
    if ":" in server:
        high, low = struct.unpack("!qq", socket.inet_pton(socket.AF_INET6, server))
        return Endpoints(0, 1, high, low, ports | IPV6_BIT)
    (address,) = struct.unpack("!I", socket.inet_aton(server))
    return Endpoints(0x0A000001 << 32 | address, 0, 0, 0, ports)


def answer(stats: PortStats, server: str, command: int, latency_ns: int) -> bool:
    recorder = stats.of_server(ends(server))
    if recorder.commands is not None:
        recorder.commands.current = command
    return recorder.answered(latency_ns)


def requests(shown: object) -> dict[str, int]:
    assert isinstance(shown, dict)
    return {name: row["total_reqs"] for name, row in shown.items()}


def test_port_that_is_not_divided_records_for_all_its_servers() -> None:
    stats = PortStats(6379, None, [])
    assert stats.of_server(ends("10.0.0.2")) is stats
    assert not stats.divides
    assert list(stats.snapshot()) == ["total_reqs", "total_costs", "slow_reqs", "latencies"]


def test_each_request_counts_once_for_port_server_and_command() -> None:
    stats = divided(threshold_ns=10 * MS)
    wanted = [
        answer(stats, "10.0.0.2", GET, 1 * MS),
        answer(stats, "10.0.0.2", SET, 10 * MS),
        answer(stats, "fd00::2", GET, 3 * MS),
    ]
    assert wanted == [False, True, False]
    shown = stats.snapshot()
    assert list(shown) == [
        "total_reqs", "total_costs", "slow_reqs", "latencies", "commands", "servers",
    ]  # fmt: skip
    assert (shown["total_reqs"], shown["total_costs"], shown["slow_reqs"]) == (3, 14_000, 1)
    assert requests(shown["commands"]) == {"GET": 2, "SET": 1}
    assert requests(shown["servers"]) == {"10.0.0.2:6379": 2, "[fd00::2]:6379": 1}


def test_row_has_the_words_of_a_port_and_its_percentiles() -> None:
    stats = divided(by_server=False, threshold_ns=10 * MS)
    for latency_ns in (100_000, 150_000, 20 * MS):
        answer(stats, "10.0.0.2", GET, latency_ns)
    shown = stats.snapshot()["commands"]
    assert isinstance(shown, dict)
    assert list(shown["GET"].items()) == [
        ("total_reqs", 3),
        ("total_costs", 20_250),
        ("slow_reqs", 1),
        ("latencies", [1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("p50_ns", 150_000),
        ("p90_ns", 20_000_000),
        ("p99_ns", 20_000_000),
        ("p999_ns", 20_000_000),
        ("max_ns", 20_000_000),
        ("timeouts", 0),
        ("aborted", 0),
        ("silent", 0),
        ("blocking", 0),
    ]


def test_only_what_is_asked_for_is_shown() -> None:
    by_command, by_server = divided(by_server=False), divided(by_command=False)
    for stats in (by_command, by_server):
        answer(stats, "10.0.0.2", GET, 5)
        assert stats.snapshot()["total_reqs"] == 1
    assert list(by_command.snapshot())[4:] == ["commands"]
    assert list(by_server.snapshot())[4:] == ["servers"]


def test_what_has_no_reply_counts_for_server_and_command() -> None:
    stats = divided(threshold_ns=10 * MS)
    recorder = stats.of_server(ends("10.0.0.2"))
    assert recorder.commands is not None
    wanted = []
    for status, blocking in ((TIMEOUT, False), (ABORTED, True), (SILENT, False), (OK, True)):
        recorder.commands.current = GET
        wanted.append(recorder.wants(status, blocking))
    assert wanted == [True, True, False, False]
    total = stats.total()
    (command,) = stats.rows.commands() if stats.rows else []
    (server,) = stats.rows.servers() if stats.rows else []
    for row in (total, command, server):
        assert (row.timeouts, row.aborted, row.silent, row.blocking) == (1, 1, 1, 1)
    assert (command.name, server.name) == ("GET", "10.0.0.2:6379")


def test_exchanges_of_all_servers_go_to_the_log() -> None:
    kept = Kept()
    stats = PortStats(6379, None, [kept], rows=PortRows(None, True))
    exchange = Exchange()
    stats.of_server(ends("10.0.0.2")).report(exchange)
    assert kept.exchanges == [exchange]


def test_server_has_one_recorder_whoever_asks() -> None:
    stats = divided()
    first = stats.of_server(ends("10.0.0.2", 50_000))
    second = stats.of_server(ends("10.0.0.2", 50_001))
    first.answered(1)
    second.answered(2)
    assert stats.of_server(ends("10.0.0.2", 50_002)) is first
    assert stats.rows is not None
    assert [(row.name, row.total_reqs) for row in stats.rows.servers()] == [("10.0.0.2:6379", 2)]


def test_who_only_knocks_takes_no_place() -> None:
    stats = divided()
    for number in range(2 * MAX_SERVERS):
        stats.of_server(ends(f"10.1.{number >> 8}.{number & 255}"))
    answer(stats, "10.0.0.2", GET, 1)
    assert requests(stats.snapshot()["servers"]) == {"10.0.0.2:6379": 1}


def test_servers_beyond_the_bound_are_other_and_come_last() -> None:
    stats = divided(by_command=False)
    for _ in range(2):
        for number in range(MAX_SERVERS + 3):
            answer(stats, f"10.1.{number >> 8}.{number & 255}", GET, 1)
    shown = requests(stats.snapshot()["servers"])
    assert len(shown) == MAX_SERVERS + 1
    assert list(shown.items())[-1] == ("other", 6)
    assert stats.total().total_reqs == 2 * (MAX_SERVERS + 3) == sum(shown.values())


def test_busiest_row_comes_first_and_then_that_with_timeouts() -> None:
    stats = divided()
    answer(stats, "10.0.0.4", SET, 1)
    answer(stats, "10.0.0.4", SET, 1)
    answer(stats, "10.0.0.3", GET, 1)
    answer(stats, "10.0.0.2", GET, 1)
    stats.of_server(ends("10.0.0.3")).wants(TIMEOUT, False)
    assert stats.rows is not None
    names = [row.name for row in stats.rows.servers()]
    assert names == ["10.0.0.4:6379", "10.0.0.3:6379", "10.0.0.2:6379"]
    assert [row.name for row in stats.rows.commands()] == ["GET", "SET", "other"]
