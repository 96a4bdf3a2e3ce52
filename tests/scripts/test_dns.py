"""scripts/dns.lua: the lines agree with what `-m dns` says of the same queries."""

import json
from pathlib import Path

import pytest

from tests.build import START_NS, Packet, datagram, write_pcap
from tests.program import tcpkit_run
from tests.scripts.lua import LUAS, PCAPS, lines_of, script_lines
from tests.scripts.reading import when

SCRIPT = "dns.lua"
CLIENT, SERVER = "10.0.0.1:40000", "10.0.0.2:53"
PLAIN = ["ordinary", "dnsperf", "ipv6", "resolver", "one-port", "id-reuse", "timeouts", "odd-names"]


def expected(capture: Path, transport: str) -> list[str]:
    """The answered queries and the timeouts as `-m dns` tells them."""
    lines = []
    for line in tcpkit_run("-q", "-j", "-m", "dns", "-r", capture).out.splitlines():
        row = json.loads(line)
        name = row["key"].lower()
        if row["transport"] != transport:
            continue
        what = "timeout"
        if row["latency_ns"] is not None:
            what = f"{row['latency_ns'] / 1e6:.3f} ms"
        text = f"{when(row['time_ns'])} {row['client']} => {row['server']} | {what}"
        text += f" | {row['command']} {name}"
        text += f" | {row['code']}" if row["code"] else ""
        lines.append(text + (f" | sent {row['attempts']} times" if row["attempts"] > 1 else ""))
    return sorted(lines)


def told(lines: list[str]) -> list[str]:
    assert lines[-1].startswith("# ")
    return sorted(lines[:-1])


@pytest.mark.parametrize("name", PLAIN)
def test_queries_over_udp_are_those_of_the_mode(name: str) -> None:
    capture = PCAPS / "dns" / f"{name}.pcap"
    lines = expected(capture, "udp")
    assert lines
    assert told(script_lines(SCRIPT, capture, "-u")) == lines


@pytest.mark.parametrize("name", ["dnsperf", "ordinary"])
def test_whole_queries_over_tcp_are_those_of_the_mode(name: str) -> None:
    capture = PCAPS / "dns" / f"{name}.pcap"
    lines = expected(capture, "tcp")
    assert told(script_lines(SCRIPT, capture)) == lines


@pytest.mark.parametrize("lua", LUAS)
def test_every_lua_prints_the_same(lua: str) -> None:
    transports: list[list[str]] = [[], ["-u"]]
    for name in ("timeouts", "retries", "odd-names", "snaplen"):
        for transport in transports:
            capture = PCAPS / "dns" / f"{name}.pcap"
            lines = script_lines(SCRIPT, capture, *transport)
            assert script_lines(SCRIPT, capture, *transport, lua=lua) == lines


def query(number: int) -> bytes:
    """`A nNUMBER.` with the id NUMBER."""
    name = b"n%d" % number
    head = number.to_bytes(2, "big") + b"\1\0\0\1" + bytes(6)
    return head + bytes([len(name)]) + name + b"\0\0\1\0\1"


def packet(at_ms: float, source: str, destination: str, payload: bytes) -> Packet:
    return datagram(source, destination, payload, START_NS + int(at_ms * 1e6))


def test_query_sent_again_counts_from_the_first(tmp_path: Path) -> None:
    reply = query(7)[:2] + b"\x81\x83" + query(7)[4:]
    packets = [packet(at, CLIENT, SERVER, query(7)) for at in (0, 2, 5)]
    packets += [packet(at, SERVER, CLIENT, reply) for at in (6.5, 7)]

    lines = lines_of(SCRIPT, packets, tmp_path, "-u")

    assert lines == [
        "2017-07-14 02:40:00.006500 10.0.0.1:40000 => 10.0.0.2:53 | 6.500 ms | A n7 | NXDOMAIN"
        " | sent 3 times",
        "# at the end 0 queries wait; answers to no query 1, repeated queries 2, "
        "messages not read 0, queries left out 0",
    ]


def test_what_is_no_query_is_counted(tmp_path: Path) -> None:
    pieces = [b"", b"\0", query(1)[:18], query(1)[:12] + b"\xc0\x0c\0\1\0\1"]
    packets = [packet(at, CLIENT, SERVER, piece) for at, piece in enumerate(pieces)]

    assert lines_of(SCRIPT, packets, tmp_path, "-u") == [
        "# at the end 0 queries wait; answers to no query 0, repeated queries 0, "
        "messages not read 4, queries left out 0",
    ]


@pytest.fixture(scope="module")
def flood(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More queries than are kept, in 20 ms, and one that comes long after."""
    packets = [packet(at / 1000, CLIENT, SERVER, query(at)) for at in range(20_010)]
    packets.append(packet(15_000, CLIENT, SERVER, query(1)))
    file = tmp_path_factory.mktemp("dns") / "flood.pcap"
    write_pcap(file, packets)
    return file


@pytest.mark.parametrize("lua", LUAS)
def test_flood_is_bounded_and_stays_within_the_budget(lua: str, flood: Path) -> None:
    *timeouts, last = script_lines(SCRIPT, flood, "-u", lua=lua)

    asked = [line.rpartition(" | ")[2] for line in timeouts]
    assert asked == [f"A n{number}" for number in range(20_000)]
    assert last.startswith("# at the end 1 queries wait;")
    assert last.endswith("queries left out 10")
