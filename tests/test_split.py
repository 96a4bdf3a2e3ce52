"""Where the time went, as the log tells it, against the packets as dpkt reads them.

The captures hold one client's connection from its start, nothing lost. Where a message ends
is found here, or known from the capture's maker; when a byte came, by the packets.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import dpkt
import pytest

from pcaps.client import encode
from pcaps.redis.slow_transfers import SIZE
from tcpkit.sinks.units import duration
from tests.goldens import GOLDEN, PCAPS, captures, golden_path, log_of
from tests.truth.captures import read
from tests.truth.wire import Wire

WHOLE = ["pipeline", "deep-pipeline", "large-values", "queued", "echo", "split-requests"]
# In these some replies are not logged, since whose they are is not clear; they came all the same.
UNCLEAR = {f"memcached/{name}.pcap" for name in ("any-bridge", "binary-quiet", "meta-quiet")}
SLOW_REQUESTS = [encode("SET", "large", bytes(SIZE)), encode("STRLEN", "large")]
SLOW_REQUESTS += [encode("GET", "large"), encode("PING")]
SLOW_REPLIES = [b"+OK\r\n", b":%d\r\n" % SIZE, b"$%d\r\n%s\r\n" % (SIZE, bytes(SIZE)), b"+PONG\r\n"]


class Times(NamedTuple):
    """When the first and the last byte of a message came."""

    first_ns: int
    last_ns: int


@dataclass(frozen=True)
class Direction:
    """What one end of a connection sent."""

    source: str
    destination: str
    start: int  # position of the first byte
    data: bytes


class Logged(NamedTuple):
    """The split of one exchange, in the words of the JSON line."""

    upload_ns: int
    wait_ns: int
    queue_ns: int
    service_ns: int
    download_ns: int


def message_end(data: bytes, at: int) -> int:
    """The position behind the RESP2 message that begins at `at`; inline requests are lines."""
    stop = data.index(b"\n", at) + 1
    kind, number = data[at : at + 1], data[at + 1 : stop].strip()
    if kind == b"$":
        return stop if number == b"-1" else stop + int(number) + 2
    if kind == b"*":
        for _ in range(int(number)):
            stop = message_end(data, stop)
    return stop


def sizes_of(data: bytes) -> list[int]:
    """The sizes of the messages that the stream holds."""
    sizes: list[int] = []
    while sum(sizes) < len(data):
        at = sum(sizes)
        sizes.append(message_end(data, at) - at)
    return sizes


def connections(path: Path) -> list[tuple[Direction, Direction]]:
    """The request stream and the reply stream of each connection, by dpkt."""
    _, packets = read(path)
    starts: dict[tuple[str, str], int] = {}
    bytes_at: dict[tuple[str, str], dict[int, bytes]] = {}
    order: list[tuple[str, str]] = []
    for packet in packets:
        ip = dpkt.ethernet.Ethernet(packet.frame).data
        tcp = ip.data
        source = f"{'.'.join(map(str, ip.src))}:{tcp.sport}"
        ends = source, f"{'.'.join(map(str, ip.dst))}:{tcp.dport}"
        if tcp.flags & dpkt.tcp.TH_SYN:
            starts[ends] = tcp.seq + 1
            if not tcp.flags & dpkt.tcp.TH_ACK:
                order.append(ends)
        elif tcp.data:
            bytes_at.setdefault(ends, {}).setdefault(tcp.seq - starts[ends], bytes(tcp.data))

    def direction(ends: tuple[str, str]) -> Direction:
        data = b""
        for at, piece in sorted(bytes_at[ends].items()):
            data = data[:at] + piece
        return Direction(*ends, starts[ends], data)

    return [(direction(ends), direction((ends[1], ends[0]))) for ends in order]


def times_of(wire: Wire, stream: Direction, sizes: list[int]) -> list[Times]:
    found: list[Times] = []
    at = stream.start
    for size in sizes:
        ends = stream.source, stream.destination
        found.append(Times(wire.first_time(*ends, at), wire.first_time(*ends, at + size - 1)))
        at += size
    return found


def split(requests: list[Times], replies: list[Times]) -> list[Logged]:
    """By the definitions of docs/stats.md."""
    assert len(requests) == len(replies)
    earlier_ns = 0
    found: list[Logged] = []
    for request, reply in zip(requests, replies, strict=True):
        wait_ns = reply.first_ns - request.last_ns
        queue_ns = min(wait_ns, max(0, earlier_ns - request.last_ns))
        upload_ns = request.last_ns - request.first_ns
        download_ns = reply.last_ns - reply.first_ns
        found.append(Logged(upload_ns, wait_ns, queue_ns, wait_ns - queue_ns, download_ns))
        earlier_ns = reply.last_ns
    return found


def logged(name: str) -> dict[tuple[str, str], list[Logged]]:
    """By client and server, in the order of the log, what tcpkit says of a capture of redis."""
    found: dict[tuple[str, str], list[Logged]] = {}
    for line in log_of(Path("redis") / f"{name}.pcap").splitlines():
        fields = json.loads(line)
        values = Logged(*(fields[name] for name in Logged._fields))
        found.setdefault((fields["client"], fields["server"]), []).append(values)
    return found


@pytest.mark.parametrize("name", WHOLE)
def test_split_is_that_of_the_packets(name: str) -> None:
    path = PCAPS / "redis" / f"{name}.pcap"
    link_type, packets = read(path)
    wire = Wire(packets, link_type)
    expected = {
        (requests.source, requests.destination): split(
            times_of(wire, requests, sizes_of(requests.data)),
            times_of(wire, replies, sizes_of(replies.data)),
        )
        for requests, replies in connections(path)
    }
    assert logged(name) == expected


def test_split_of_slow_transfers_is_that_of_the_packets() -> None:
    path = PCAPS / "redis" / "slow-transfers.pcap"
    link_type, packets = read(path)
    wire = Wire(packets, link_type)
    ((requests, replies),) = connections(path)

    expected = split(
        times_of(wire, requests, [len(request) for request in SLOW_REQUESTS]),
        times_of(wire, replies, [len(reply) for reply in SLOW_REPLIES]),
    )

    assert list(logged("slow-transfers").values()) == [expected]
    # A slow client, which the latency does not tell of.
    assert expected[0].upload_ns > 50_000_000 > 10 * expected[0].wait_ns
    assert expected[2].download_ns > 50_000_000 > 5 * expected[2].wait_ns


def test_requests_of_a_real_server_are_queued_behind_what_held_it_up() -> None:
    path = PCAPS / "redis" / "queued.pcap"
    link_type, packets = read(path)
    ((requests, replies),) = connections(path)
    wire = Wire(packets, link_type)
    asked = times_of(wire, requests, sizes_of(requests.data))
    answered = times_of(wire, replies, sizes_of(replies.data))

    reasons = [
        json.loads(line)["reason"]
        for line in log_of(Path("redis/queued.pcap"), "--explain").splitlines()
    ]

    # By the maker: what is sent behind KEYS, the second EVAL, six EVALs, MIGRATE and BLPOP.
    alone, together = None, "answered together with others"
    loop = "EVAL local n = 0 while n < tonumber(ARGV[1]) ..."
    migrate = "MIGRATE 10.0.0.9 6379 key 0 30 AUTH2 user ***"
    culprits = [alone, *["KEYS absent:*"] * 5, *[together] * 3, alone, alone, loop]
    culprits += [*[together] * 6, "6 requests", alone, migrate, "blocked by design", together]
    earlier = [
        max(
            (each.last_ns for each in answered[:at] if each.last_ns < answered[at].first_ns),
            default=0,
        )
        for at in range(len(answered))
    ]
    expected = [
        f"queued {duration(earlier[at] - asked[at].last_ns)} behind {culprit}"
        if culprit is not None and not culprit.startswith(("answered", "blocked"))
        else culprit
        for at, culprit in enumerate(culprits)
    ]
    assert reasons == expected


@pytest.mark.parametrize(
    "capture", [each for each in captures() if each.parts[0] != "tcp"], ids=str
)
def test_parts_add_up_to_the_times_of_the_line(capture: Path) -> None:
    earlier: dict[tuple[str, str], int] = {}
    for line in golden_path(capture).read_text().splitlines():
        fields = json.loads(line)
        upload_ns = fields["request_last_ns"] - fields["request_first_ns"]
        assert (fields["upload_ns"], fields["wait_ns"]) == (upload_ns, fields["latency_ns"])
        if fields["latency_ns"] is None:
            assert (fields["queue_ns"], fields["service_ns"]) == (None, None)
            continue
        ends = fields["client"], fields["server"]
        earlier_ns = earlier.get(ends, 0)
        earlier[ends] = fields["reply_last_ns"]
        assert fields["download_ns"] == fields["reply_last_ns"] - fields["reply_first_ns"]
        if fields["queue_ns"] is None:
            assert (fields["quality"], fields["service_ns"]) == ("inferred", None)
            continue
        assert fields["queue_ns"] + fields["service_ns"] == fields["wait_ns"]
        waited_ns = min(fields["wait_ns"], max(0, earlier_ns - fields["request_last_ns"]))
        no_order = fields["transport"] == "udp" or fields["protocol"] == "dns"
        if str(capture) in UNCLEAR:
            assert waited_ns <= fields["queue_ns"]
        else:
            assert fields["queue_ns"] == (0 if no_order else waited_ns)


def test_golden_logs_hold_requests_that_waited() -> None:
    waited = {
        path.parent.name
        for path in GOLDEN.glob("*/*.jsonl")
        for line in path.read_text().splitlines()
        if json.loads(line).get("queue_ns")
    }
    assert waited >= {"redis", "memcached", "http", "mysql", "postgresql"}
