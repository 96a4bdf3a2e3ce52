"""scripts/mysql-queries.lua: each command with the packets that end it and that answer it."""

from pathlib import Path

import pytest

from tests.build import Conversation, Packet, drop
from tests.scripts.lua import LUAS, PCAPS, lines_of, script_lines
from tests.scripts.reading import Row, ms, rows, when

SCRIPT = "mysql-queries.lua"
CAPTURE = PCAPS / "tcp" / "mysql-queries.pcap"
SERVER = "10.0.0.2:3306"
QUERY, PING, PREPARE, EXECUTE, QUIT = b"\3", b"\x0e", b"\x16", b"\x17", b"\1"
OK_REPLY = b"\1\0\0\1\0"

# What the client's packet has from its fifth byte on, what is shown, the outcome; the statements
# are those of pcaps/tcp/mysql_queries.py.
COMMANDS = [
    (QUERY + b"select 1", "select 1", "ok"),
    (QUERY + b"select sleep(0.05)", "select sleep(0.05)", "ok"),
    (QUERY + b"select * from", "select * from nowhere.nothing", "error 1146"),
    (PING, "PING", "ok"),
    (QUERY + b"set password", "set password for ***", "error 1290"),
    (PREPARE, "PREPARE select ? + 1", "ok"),
    (EXECUTE, "EXECUTE select ? + 1", "ok"),
    (QUERY + b"select 'xxx", "select '" + "x" * 120 + "...", "ok"),
    (QUERY + b"select 'the last", "select 'the last'", "ok"),
    (QUERY + b"shutdown", "shutdown", "ok"),
]


def answered(packets: list[Row], begin: bytes, shown: str, outcome: str) -> str:
    """The line of a command: it may stand behind another one in its packet."""
    at = next(
        i
        for i, row in enumerate(packets)
        if row.destination == SERVER
        and begin in (row.payload[4 : 4 + len(begin)], row.payload[13 : 13 + len(begin)])
        and row.payload[3:4] == b"\0"
    )
    client = packets[at].source
    rest = [row for row in packets[at:] if row.payload and client in (row.source, row.destination)]
    end = next(i for i, row in enumerate(rest) if row.source == SERVER)
    reply = rest[end].ts_ns
    ends = f"{client} => {SERVER}"
    return f"{when(reply)} {ends} | {ms(rest[end - 1].ts_ns, reply)} | {shown} | {outcome}"


@pytest.mark.parametrize("lua", LUAS)
def test_every_command_has_its_line(lua: str) -> None:
    lines = script_lines(SCRIPT, CAPTURE, lua=lua)
    packets = rows(CAPTURE)
    assert lines[:-1] == [answered(packets, *command) for command in COMMANDS]
    assert lines[-1] == (
        "# at the end 0 queries wait; replies not seen 0, pipelined commands 2, "
        "encrypted connections 0, left out 0"
    )


def command(kind: bytes, rest: bytes = b"") -> bytes:
    return (len(rest) + 1).to_bytes(3, "little") + b"\0" + kind + rest


def told(packets: list[Packet], folder: Path) -> tuple[list[str], str]:
    """What is said of the queries, and the closing line behind its colon."""
    *lines, last = lines_of(SCRIPT, packets, folder)
    return [line.split(" | ", 1)[1] for line in lines], last.split("; ")[1]


def session() -> Conversation:
    return Conversation(server=SERVER).handshake()


def test_query_without_a_reply_is_a_timeout_once(tmp_path: Path) -> None:
    talk = session().client(command(QUERY, b"select sleep(99)"), at_us=10)
    talk.client_ack(at_us=61_000_000).client_ack(at_us=200_000_000)
    assert told(talk.packets, tmp_path)[0] == ["timeout | select sleep(99)"]


def test_connection_that_ends_aborts_its_query(tmp_path: Path) -> None:
    talk = session().client(command(QUERY, b"select 1")).server_reset()
    assert told(talk.packets, tmp_path)[0] == ["aborted | select 1"]


def test_lost_reply_is_not_paired_with_the_next(tmp_path: Path) -> None:
    talk = session()
    for at in (1000, 2000, 3000):
        talk.client(command(QUERY, b"select %d" % at), at_us=at).server(OK_REPLY, at_us=at + 100)
    lines, rest = told(drop(talk.packets, 4), tmp_path)
    assert lines == ["0.100 ms | select 2000 | ok", "0.100 ms | select 3000 | ok"]
    assert rest.startswith("replies not seen 1,")


def test_commands_without_a_reply_do_not_wait(tmp_path: Path) -> None:
    close = command(b"\x19", b"\1\0\0\0")
    talk = (
        session().client(close).client(close + command(PING), at_us=10).server(OK_REPLY, at_us=30)
    )
    assert told(talk.packets, tmp_path)[0] == ["0.020 ms | PING | ok"]


def test_encrypted_connection_is_counted(tmp_path: Path) -> None:
    hello = b"\x16\3\1\0\x10" + bytes(16)
    talk = session().client(hello).client(hello)
    lines, rest = told(talk.packets, tmp_path)
    assert lines == []
    assert "encrypted connections 1," in rest
