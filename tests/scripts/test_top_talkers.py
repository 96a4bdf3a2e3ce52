"""scripts/top-talkers.lua: the bytes of each address, added up by dpkt."""

from collections import Counter
from pathlib import Path

import pytest

from tests.build import START_NS, Packet, datagram
from tests.scripts.lua import LUAS, PCAPS, lines_of, script_lines
from tests.scripts.reading import rows

SCRIPT = "top-talkers.lua"
CAPTURE = PCAPS / "tcp" / "http-requests.pcap"
SERVER = "10.0.0.2:53"


def numbers(line: str) -> tuple[str, int, int]:
    """Address, bytes sent, bytes received."""
    _, address, sent, received, _ = line.split(" | ")
    return address.strip(), int(sent.split()[0]), int(received.split()[0])


@pytest.mark.parametrize("lua", LUAS)
def test_last_table_has_all_bytes_of_the_capture(lua: str) -> None:
    sent: Counter[str] = Counter()
    received: Counter[str] = Counter()
    for row in rows(CAPTURE):
        sent[row.source.rpartition(":")[0].strip("[]")] += len(row.payload)
        received[row.destination.rpartition(":")[0].strip("[]")] += len(row.payload)

    head, *table = script_lines(SCRIPT, CAPTURE, lua=lua)

    total = sum(sent.values())
    assert head.endswith(f"4 of 4 addresses, {total} bytes in {len(rows(CAPTURE))} packets")
    assert {numbers(line) for line in table} == {(a, sent[a], received[a]) for a in sent}
    order = [sent[a] + received[a] for a, _, _ in map(numbers, table)]
    assert order == sorted(order, reverse=True)


def packet(at_s: float, source: str, size: int) -> Packet:
    return datagram(f"{source}:40000", SERVER, bytes(size), START_NS + int(at_s * 1e9))


def test_every_ten_seconds_there_is_a_table_of_those_alone(tmp_path: Path) -> None:
    packets = [packet(0.5, "10.0.0.3", 100), packet(12, "10.0.0.4", 300), packet(40, "10.0.0.3", 7)]

    lines = lines_of(SCRIPT, packets, tmp_path, "-u")

    assert lines == [
        "2017-07-14 02:40:10 | 10 s | 2 of 2 addresses, 100 bytes in 1 packets",
        "2017-07-14 02:40:10 | 10.0.0.2         |          0 sent |        100 received | 100.0 %",
        "2017-07-14 02:40:10 | 10.0.0.3         |        100 sent |          0 received | 100.0 %",
        "2017-07-14 02:40:20 | 10 s | 2 of 2 addresses, 300 bytes in 1 packets",
        "2017-07-14 02:40:20 | 10.0.0.2         |          0 sent |        300 received | 100.0 %",
        "2017-07-14 02:40:20 | 10.0.0.4         |        300 sent |          0 received | 100.0 %",
        "2017-07-14 02:40:40 | 41 s | 3 of 3 addresses, 407 bytes in 3 packets",
        "2017-07-14 02:40:40 | 10.0.0.2         |          0 sent |        407 received | 100.0 %",
        "2017-07-14 02:40:40 | 10.0.0.4         |        300 sent |          0 received |  73.7 %",
        "2017-07-14 02:40:40 | 10.0.0.3         |        107 sent |          0 received |  26.3 %",
    ]


def test_with_too_many_addresses_the_small_ones_go_and_it_says_so(tmp_path: Path) -> None:
    many = [f"10.1.{number // 250}.{number % 250}" for number in range(3000)]
    packets = [packet(0, "10.0.0.9", 1400)]
    packets += [packet(number / 1e6, address, 10) for number, address in enumerate(many)]

    lines = lines_of(SCRIPT, packets, tmp_path, "-u")

    assert lines[0].endswith("31400 bytes in 3001 packets")
    assert [numbers(line) for line in lines[1:3]] == [
        ("10.0.0.2", 0, 31400),
        ("10.0.0.9", 1400, 0),
    ]
    kept = int(lines[0].split(" of ")[1].split()[0])
    left_out = len(many) + 2 - kept
    assert kept <= 2000
    assert lines[-1] == (
        f"# left out: {left_out} times an address with little, {10 * left_out} bytes in all"
    )
