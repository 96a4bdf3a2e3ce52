"""scripts/alert.lua: one line when it becomes bad, one when it is over, and nothing between."""

from pathlib import Path

import pytest

from tests.build import Conversation, Packet, merge
from tests.scripts.lua import LUAS, PCAPS, lines_of, script_lines

SCRIPT = "alert.lua"
SERVER = "10.0.0.2:6379"
GET = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
OK, ERROR = b"$1\r\nv\r\n", b"-ERR no\r\n"
NOTHING = "# alarms 0, of which 0 are not over; requests of servers left out 0"


def alarms(packets: list[Packet], folder: Path) -> list[str]:
    """What is said of the state, without the closing line; the log's own lines are left out."""
    lines = lines_of(SCRIPT, packets, folder, "-m", "redis", "-t", "100000")
    return [line for line in lines[:-1] if " | " not in line]


def talk(replies: list[bytes], every_ms: int, latency_ms: float = 1) -> list[Packet]:
    """Requests one after the other, each with the reply of its place."""
    made = Conversation(server=SERVER).handshake()
    for number, reply in enumerate(replies):
        at_us = 1000 * every_ms * (number + 1)
        made.client(GET, at_us=at_us).server(reply, at_us=at_us + 1000 * latency_ms)
    return made.packets


def test_healthy_server_gives_no_alarm(tmp_path: Path) -> None:
    assert alarms(talk([OK] * 300, 100), tmp_path) == []


def test_errors_alarm_once_and_are_over_once(tmp_path: Path) -> None:
    # ten requests a second; half of those of 5 s are errors
    replies = [OK] * 100 + [OK, ERROR] * 25 + [OK] * 200

    lines = alarms(talk(replies, 100), tmp_path)

    # Replies come at 10.201, 10.401 ... 15.001 s. Before 12 s nine of the last hundred are errors
    # (four before 11 s); before 25 s it is the last one alone (six before 24 s).
    assert [line.split(" ", 2)[2] for line in lines] == [
        "ALARM 10.0.0.2:6379 errors: 9 of 100 requests (9.0 %) in 10 s",
        "over  10.0.0.2:6379 errors: 1 of 100 requests (1.0 %) in 10 s",
    ]
    assert [line[:19] for line in lines] == ["2017-07-14 02:40:12", "2017-07-14 02:40:25"]


def test_slow_requests_alarm(tmp_path: Path) -> None:
    [line] = alarms(talk([OK] * 30, 300, latency_ms=150), tmp_path)
    # the 22nd reply comes at 6.75 s, the 19th at 5.85 s: fewer than 20 say nothing
    assert line.endswith("02:40:07 ALARM 10.0.0.2:6379 slow: 22 of 22 requests (100.0 %) in 10 s")


def test_few_requests_say_nothing(tmp_path: Path) -> None:
    assert alarms(talk([ERROR] * 15, 50), tmp_path) == []


def test_a_single_timeout_alarms_and_is_over_when_the_window_has_passed(tmp_path: Path) -> None:
    hanging = Conversation(server=SERVER).handshake().client(GET, at_us=10)
    other = Conversation(client="10.0.0.1:40001", server="10.0.0.2:6379").handshake()
    for second in range(1, 30):
        other.client(GET, at_us=1e6 * second).server(OK, at_us=1e6 * second + 100)

    lines = alarms(merge(hanging.packets, other.packets), tmp_path)

    assert [line.split(" ", 2)[2].split(" of ")[0] for line in lines] == [
        "ALARM 10.0.0.2:6379 timeouts: 1",
        "over  10.0.0.2:6379 timeouts: 0",
    ]


def test_blocking_commands_are_not_slow() -> None:
    capture = PCAPS / "redis" / "blocking.pcap"
    assert script_lines(SCRIPT, capture, "-m", "redis", "-t", "100000")[-1] == NOTHING


@pytest.mark.parametrize("lua", LUAS)
@pytest.mark.parametrize("capture", ["redis/refusals", "redis/slow", "dns/timeouts"])
def test_every_lua_says_the_same(capture: str, lua: str) -> None:
    mode, file = capture.partition("/")[0], PCAPS / f"{capture}.pcap"
    lines = script_lines(SCRIPT, file, "-m", mode, lua=lua)
    assert any(" ALARM " in line for line in lines)
    assert lines == script_lines(SCRIPT, file, "-m", mode)
