"""Real name servers: what is logged is what was asked, whoever asks."""

import re
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.query
import pytest

from pcaps.dns_client import TcpClient, UdpClient, query
from pcaps.dns_servers import zone
from tests.dns_servers import HOSTS, DnsServer, nsd_running, unbound_running
from tests.live.namespaces import LINK, Lab
from tests.live.tracer import Row, Tracer, counter, tracing
from tests.program import DEADLINE_S

NS_PER_S = 1_000_000_000
ZONE = zone(
    "example.",
    "@ MX 10 mail",
    "@ MX 20 mail2",
    'www TXT "a text"',
    "www A 192.0.2.1",
    "www A 192.0.2.2",
    "www AAAA 2001:db8::1",
    "alias CNAME www",
    *(f"h{number} A 192.0.2.{number % 256}" for number in range(500)),
)
# Questions and their answers' RCODE and number of records.
ASKED = (
    ("www.example", "A", "NOERROR", 2),
    ("www.example", "AAAA", "NOERROR", 1),
    ("WwW.eXample", "TXT", "NOERROR", 1),
    ("example", "MX", "NOERROR", 2),
    ("alias.example", "A", "NOERROR", 3),
    ("www.example", "MX", "NOERROR", 0),
    ("nowhere.example", "A", "NXDOMAIN", 0),
)


@dataclass(frozen=True)
class Traced:
    server: DnsServer
    tracer: Tracer


@pytest.fixture(scope="module")
def nsd() -> Iterator[DnsServer]:
    with nsd_running({"example.": ZONE}) as server:
        yield server


@pytest.fixture(scope="module")
def unbound(nsd: DnsServer) -> Iterator[DnsServer]:
    with unbound_running({"example.": f"127.0.0.1@{nsd.port}"}) as server:
        yield server


@pytest.fixture(params=["nsd", "unbound"])
def traced(request: pytest.FixtureRequest, nsd: DnsServer, unbound: DnsServer) -> Iterator[Traced]:
    """Either server, and a tracer that watches it alone."""
    server = {"nsd": nsd, "unbound": unbound}[str(request.param)]
    with tracing("-p", str(server.port), mode="dns") as tracer:
        yield Traced(server, tracer)


def said(*command: str) -> str:
    """What a program prints. It is not known whether it is content with the answers."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    return done.stdout


def dig(server: DnsServer, host: str, *words: str) -> str:
    return said("dig", f"@{host}", "-p", str(server.port), "+tries=1", *words)


def answers(rows: Sequence[Row]) -> list[tuple[str | None, str, str | None, int]]:
    return [(row["key"], row["command"], row["code"], row["answers"]) for row in rows]


def shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_questions_of_dig_are_logged_as_they_were_asked(
    traced: Traced, transport: str, host: str
) -> None:
    option = "+tcp" if transport == "tcp" else "+notcp"
    printed = [dig(traced.server, host, option, name, kind) for name, kind, _, _ in ASKED]
    ids = [int(re.findall(r"id: (\d+)", text)[0]) for text in printed]
    rows = traced.tracer.rows_when(len(ASKED))
    assert answers(rows) == list(ASKED)
    assert [row["id"] for row in rows] == ids
    assert {row["transport"] for row in rows} == {transport}
    assert {row["server"] for row in rows} == {shown(host, traced.server.port)}
    assert {(row["status"], row["quality"], row["attempts"]) for row in rows} == {
        ("ok", "exact", 1)
    }
    assert traced.tracer.numbers(traced.server.port)["total_reqs"] == len(ASKED)


def test_questions_of_kdig_on_one_connection_are_logged_in_their_order(traced: Traced) -> None:
    words = [word for name, kind, _, _ in ASKED for word in (name, kind)]
    said("kdig", "@127.0.0.1", "-p", str(traced.server.port), "+tcp", "+keepopen", *words)
    rows = traced.tracer.rows_when(len(ASKED))
    # kdig asks in small letters.
    assert answers(rows) == [(name.lower(), *rest) for name, *rest in ASKED]
    assert len({row["client"] for row in rows}) == 1
    assert {(row["transport"], row["quality"]) for row in rows} == {("tcp", "exact")}


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_latency_is_less_than_the_client_measures(
    traced: Traced, transport: str, host: str
) -> None:
    ask = dns.query.udp if transport == "udp" else dns.query.tcp
    took_ns: list[int] = []
    replies: list[dns.message.Message] = []
    for number in range(50):
        question = dns.message.make_query(f"h{number}.example", "A", id=number)
        began_ns = time.monotonic_ns()
        replies.append(ask(question, host, DEADLINE_S, traced.server.port))
        took_ns.append(time.monotonic_ns() - began_ns)
    rows = traced.tracer.rows_when(len(replies))
    assert [row["id"] for row in rows] == [reply.id for reply in replies]
    assert [row["reply_bytes"] for row in rows] == [
        len(reply.to_wire()) + (2 if transport == "tcp" else 0) for reply in replies
    ]
    for row, limit_ns in zip(rows, took_ns, strict=True):
        latency_ns = row["latency_ns"]
        assert latency_ns is not None
        assert 0 < latency_ns < limit_ns


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_everything_that_dnsperf_asks_is_counted(
    nsd: DnsServer, tmp_path: Path, transport: str
) -> None:
    kinds = ("A", "AAAA", "TXT")
    asked = [(f"h{n % 600}.example", kinds[n % 3]) for n in range(3000)]
    questions = tmp_path / "questions"
    questions.write_text("".join(f"{name} {kind}\n" for name, kind in asked))
    with tracing("-p", str(nsd.port), mode="dns") as tracer:
        server = ("-s", "127.0.0.1", "-p", str(nsd.port), "-m", transport)
        report = said("dnsperf", *server, "-d", str(questions), "-n", "1", "-c", "5", "-q", "50")
        completed = int(re.findall(r"Queries completed: +(\d+)", report)[0])
        rows = tracer.rows_when(completed)
        numbers = tracer.numbers(nsd.port)
        outcome = tracer.stop()
    assert completed == len(asked)
    assert numbers["total_reqs"] == sum(numbers["latencies"]) == completed
    assert outcome.out.count("\n") == completed
    assert Counter((row["key"], row["command"]) for row in rows) == Counter(asked)
    codes = Counter(row["code"] for row in rows)
    found = {name: int(n) for name, n in re.findall(r"(NOERROR|NXDOMAIN) (\d+)", report)}
    assert codes == found
    assert {(row["transport"], row["quality"]) for row in rows} == {(transport, "exact")}


def test_transfer_is_one_exchange_with_all_records_of_the_zone(nsd: DnsServer) -> None:
    with tracing("-p", str(nsd.port), mode="dns") as tracer:
        report = dig(nsd, "127.0.0.1", "example", "AXFR")
        records = int(re.findall(r"XFR size: (\d+) records", report)[0])
        (row,) = tracer.rows_when(1)
        numbers = tracer.numbers(nsd.port)
    assert records == ZONE.count("\n") - 2 + 1  # two lines are no records; the SOA comes twice
    assert (row["command"], row["key"], row["answers"]) == ("AXFR", "example", records)
    assert row["reply_bytes"] > int(re.findall(r"bytes (\d+)", report)[0])
    assert row["reply_last_ns"] > row["reply_first_ns"]
    assert numbers["total_reqs"] == 1


def test_resolver_and_the_server_that_it_asks_are_told_apart(
    nsd: DnsServer, unbound: DnsServer
) -> None:
    with tracing("-p", f"{unbound.port},{nsd.port}", mode="dns") as tracer:
        for number in range(10):
            dig(unbound, "127.0.0.1", f"new{number}.example", "A")
        asked = [f"new{number}.example" for number in range(10)]
        rows = tracer.rows_when(20)
    by_server: dict[str, list[Row]] = {}
    for row in rows:
        by_server.setdefault(row["server"], []).append(row)
    outside = by_server[shown("127.0.0.1", unbound.port)]
    inside = by_server[shown("127.0.0.1", nsd.port)]
    assert [row["key"] for row in outside] == asked
    assert {row["key"] for row in inside} == {*asked}
    for row, within in zip(outside, inside, strict=True):
        assert row["request_last_ns"] < within["request_first_ns"]
        assert within["reply_last_ns"] < row["reply_first_ns"]


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["ipv4", "ipv6"])
def test_answer_in_fragments_is_one_exchange(lab: Lab, family: int) -> None:
    """Only the first fragment has ports: the capture's filter must let all of them pass."""
    long = zone("example.", *(f'long TXT "{number} {"t" * 200}"' for number in range(12)))
    host = lab.server.address(family)
    sizes = ("ipv4-edns-size: 4096", "ipv6-edns-size: 4096")
    with (
        nsd_running({"example.": long}, [host], lab.server.prefix, sizes) as server,
        tracing(
            *("-p", str(server.port)), mode="dns", interface=LINK, prefix=lab.server.prefix
        ) as tracer,
        lab.client.open_socket(family, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(DEADLINE_S)
        client.connect((host, server.port))
        client.send(query("long.example", "TXT", 7, payload=4096))
        reply = client.recv(65535)
        (row,) = tracer.rows_when(1)
    assert len(reply) > 2 * 1280
    assert answers([row]) == [("long.example", "TXT", "NOERROR", 12)]
    assert row["reply_bytes"] == len(reply)
    assert row["reply_last_ns"] > row["reply_first_ns"]
    assert row["quality"] == "exact"


def test_timeout_over_udp_is_logged_while_the_server_hangs() -> None:
    with (
        nsd_running({"example.": ZONE}) as server,
        tracing("-p", str(server.port), "--timeout", "1", mode="dns") as tracer,
    ):
        client = UdpClient("127.0.0.1", port=server.port)
        client.ask(query("www.example", "A", 1))
        server.pause()
        try:
            for _ in range(3):
                client.send(query("www.example", "AAAA", 2))
            hanging = tracer.rows_when(2)[1]
        finally:
            server.resume()
        client.replies(3)
        client.ask(query("www.example", "TXT", 3))
        rows = tracer.rows_when(3)
        numbers = tracer.numbers(server.port)
        outcome = tracer.stop()
        client.close()
    assert (hanging["request"], hanging["status"]) == ("AAAA www.example", "timeout")
    assert (hanging["latency_ns"], hanging["reply_bytes"]) == (None, 0)
    assert (hanging["id"], hanging["attempts"]) == (2, 3)
    assert hanging["time_ns"] == hanging["request_last_ns"] + NS_PER_S
    assert [row["id"] for row in rows] == [1, 2, 3]
    assert numbers["total_reqs"] == sum(numbers["latencies"]) == 2
    assert counter(outcome.err, "timeouts") == 1
    assert counter(outcome.err, "late") + counter(outcome.err, "duplicates") == 3


def test_timeout_over_tcp_is_logged_and_so_is_the_late_answer() -> None:
    with (
        nsd_running({"example.": ZONE}) as server,
        tracing("-p", str(server.port), "--timeout", "1", mode="dns") as tracer,
    ):
        client = TcpClient("127.0.0.1", port=server.port)
        client.ask(query("www.example", "A", 1))
        server.pause()
        try:
            client.send(query("www.example", "AAAA", 2))
            hanging = tracer.rows_when(2)[1]
        finally:
            server.resume()
        client.reply()
        late = tracer.rows_when(3)[2]
        numbers = tracer.numbers(server.port)
        client.close()
    assert (hanging["request"], hanging["status"]) == ("AAAA www.example", "timeout")
    assert hanging["time_ns"] == hanging["request_last_ns"] + NS_PER_S
    assert (late["request"], late["status"], late["flags"]) == ("AAAA www.example", "ok", ["late"])
    assert late["request_last_ns"] == hanging["request_last_ns"]
    assert late["latency_ns"] is not None
    assert late["latency_ns"] > NS_PER_S
    assert numbers["total_reqs"] == sum(numbers["latencies"]) == 2
