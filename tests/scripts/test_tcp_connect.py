"""scripts/tcp-connect.lua: connect times as they follow from the packets' own numbers."""

from pathlib import Path

import pytest

from tests.build import ACK, RST, START_NS, SYN, Conversation, write_pcap
from tests.scripts.lua import LUAS, PCAPS, lines_of, script_lines
from tests.scripts.reading import Row, ms, rows, when

SCRIPT = "tcp-connect.lua"
CAPTURE = PCAPS / "tcp" / "connect.pcap"
UNANSWERED_NS = 10_000_000_000
NOTHING_LEFT = "# at the end 0 attempts wait; attempts left out 0"


def syns_text(count: int) -> str:
    return "1 SYN" if count == 1 else f"{count} SYNs"


def expected(packets: list[Row]) -> list[str]:
    """A line for each client's port, in the order of their outcomes."""
    found: list[tuple[int, str]] = []
    clients = dict.fromkeys((row.source, row.destination) for row in packets if row.flags == SYN)
    for client, server in clients:
        sent = [row for row in packets if row.source == client]
        back = [row for row in packets if row.destination == client]
        syns = [row.ts_ns for row in sent if row.flags == SYN]
        begin = f"{client} => {server} |"
        if not back:
            at, within = syns[0] + UNANSWERED_NS, len([t for t in syns if t < syns[0] + 10**10])
            what = f"unanswered 10.000 s | {syns_text(within)}"
        elif back[0].flags & RST:
            at, what = back[0].ts_ns, f"refused {ms(syns[0], back[0].ts_ns)} | 1 SYN"
        else:
            last = next(row for row in sent if row.flags & (ACK | RST))
            at = last.ts_ns
            outcome = "no ACK" if last.flags & RST else f"ACK {ms(syns[0], at)}"
            answer = f"SYN-ACK {ms(syns[0], back[0].ts_ns)}"
            what = f"{answer} | {outcome} | {syns_text(len(syns))}"
        found.append((at, f"{when(at)} {begin} {what}"))
    return [line for _, line in sorted(found)]


@pytest.mark.parametrize("lua", LUAS)
def test_every_attempt_has_its_line(lua: str) -> None:
    lines = script_lines(SCRIPT, CAPTURE, lua=lua)
    assert lines[:-1] == expected(rows(CAPTURE))
    assert lines[-1] == "# at the end 1 attempts wait; attempts left out 0"


def test_the_capture_has_all_outcomes() -> None:
    text = "\n".join(expected(rows(CAPTURE)))
    words = ["| 1 SYN\n", "| 2 SYNs\n", "refused", "unanswered", "no ACK", "[fd00::1]"]
    assert [word for word in words if word not in text] == []


def test_ports_select_servers() -> None:
    lines = script_lines(SCRIPT, CAPTURE, "-p", "81")
    assert [line.split(" | ")[0][-2:] for line in lines[:-1]] == ["81", "81"]


def test_answer_after_it_was_called_unanswered_has_its_line_too(tmp_path: Path) -> None:
    late = Conversation().handshake().packets
    packets = [late[0], *Conversation(start_ns=late[0].ts_ns + 12 * 10**9).handshake().packets[1:]]

    lines = lines_of(SCRIPT, packets, tmp_path)

    assert [line.split(" | ", 1)[1] for line in lines[:-1]] == [
        "unanswered 10.000 s | 1 SYN",
        "SYN-ACK 12000.001 ms | ACK 12000.002 ms | 1 SYN",
    ]
    assert lines[-1] == NOTHING_LEFT


def test_connections_older_than_the_capture_are_none_of_its_business(tmp_path: Path) -> None:
    talk = Conversation().handshake().client(b"PING\r\n").server(b"+PONG\r\n").close()

    assert lines_of(SCRIPT, talk.packets[1:], tmp_path) == [NOTHING_LEFT]
    assert talk.packets[0].ts_ns == START_NS


FLOOD = [f"10.1.{number // 250}.{number % 250}:40000" for number in range(20_010)]


@pytest.fixture(scope="module")
def flood(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More SYNs than are kept, in 20 ms, and a connection long after."""
    packets = [
        Conversation(client=end, start_ns=START_NS + 1000 * number).handshake().packets[0]
        for number, end in enumerate(FLOOD)
    ]
    later = Conversation(start_ns=START_NS + 200 * 10**9).handshake().packets
    file = tmp_path_factory.mktemp("connect") / "flood.pcap"
    write_pcap(file, packets + later)
    return file


@pytest.mark.parametrize("lua", LUAS)
def test_flood_is_bounded_and_stays_within_the_budget(lua: str, flood: Path) -> None:
    *lines, last = script_lines(SCRIPT, flood, lua=lua)

    assert [line.split(" ")[2] for line in lines[:-1]] == FLOOD[:20_000]
    assert {line.split(" | ", 1)[1] for line in lines[:-1]} == {"unanswered 10.000 s | 1 SYN"}
    assert last == "# at the end 0 attempts wait; attempts left out 10"
