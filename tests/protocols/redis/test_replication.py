"""A replica's link: its handshake, the snapshot, and the commands that flow without replies.

What the server sends is as version 7.0 does: see pcaps/redis/replica_*.py.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.errors import ProtocolError
from tcpkit.protocols.message import GAP, REPLICATION
from tcpkit.protocols.redis.replication import (
    BROKEN,
    COMMANDS,
    HEADER,
    MARK_BYTES,
    STATUS,
    ReplicationStream,
)
from tcpkit.protocols.redis.request import RequestScanner
from tests.build import Conversation, drop
from tests.protocols.capture import SECOND_US, Capture, capture
from tests.protocols.redis.resp import bulk, command, line

OK = b"+OK\r\n"
FULL = b"+FULLRESYNC " + b"a" * 40 + b" 0\r\n"
SNAPSHOT = b"REDIS0010\n\r\n$5\r\n+OK\r\n*1\r\n" + bytes(range(256))
SIZED = b"$%d\r\n" % len(SNAPSHOT) + SNAPSHOT
MARK = b"0123456789abcdef0123456789abcdef01234567"
MARKED = b"$EOF:" + MARK + b"\r\n" + SNAPSHOT + MARK[:39] + SNAPSHOT + MARK
STREAM = line("SELECT 0") + command("SET", "k", "v" * 30) + line("PING")

ANSWERS = {
    "a snapshot of known length": (STATUS, FULL + SIZED),
    "a snapshot closed by a mark": (STATUS, FULL + MARKED),
    "line feeds while it is made": (STATUS, FULL + b"\n\n" + MARKED),
    "an empty snapshot": (STATUS, FULL + b"$0\r\n"),
    "to go on": (STATUS, b"+CONTINUE\r\n"),
    "to go on under another name": (STATUS, b"+CONTINUE " + b"b" * 40 + b"\r\n"),
    "to SYNC": (HEADER, SIZED),
    "to SYNC, line feeds first": (HEADER, b"\n\n" + MARKED),
    "to be taken back": (STATUS, FULL + b"-ERR BGSAVE failed, replication can't continue\r\n"),
}


def stream(phase: int) -> ReplicationStream:
    return ReplicationStream(phase, RequestScanner())


def read(phase: int, data: bytes, cuts: list[int]) -> tuple[int, int]:
    """Where the answer ended, and how many commands were behind it."""
    reader = stream(phase)
    at, commands, begin = 0, 0, 0
    for end in [*sorted(cuts), len(data)]:
        pos = begin
        if reader.is_answering():
            pos = int(reader.answer(data, begin, end))
            at = pos
        if not reader.is_answering():
            commands += int(reader.commands(data, pos, end))
        begin = end
    assert reader.phase == COMMANDS
    return at, commands


@pytest.mark.parametrize("name", ANSWERS)
def test_answer_ends_where_it_does_however_it_is_cut(name: str) -> None:
    phase, answer = ANSWERS[name]
    data = answer + STREAM + b"\n" + STREAM
    for cut in range(len(data)):
        assert read(phase, data, [cut]) == (len(answer), 6)
    assert read(phase, data, list(range(len(data)))) == (len(answer), 6)


@given(st.sampled_from(sorted(ANSWERS)), st.lists(st.integers(0, 900), max_size=6))
def test_any_split_gives_the_same_end(name: str, cuts: list[int]) -> None:
    phase, answer = ANSWERS[name]
    data = answer + STREAM
    assert read(phase, data, [min(cut, len(data)) for cut in cuts]) == (len(answer), 3)


@pytest.mark.parametrize(
    "answer",
    [
        b"+OK\r\n", b"+FULLRESYNC\r\n", FULL + b"$-1\r\n", FULL + b"$EOF:short\r\n",
        FULL + b":5\r\n", FULL + b"$12345678901234567\r\n", b"+" + b"x" * 300,
    ],
)  # fmt: skip
def test_what_no_master_sends_is_refused(answer: bytes) -> None:
    with pytest.raises(ProtocolError):
        stream(STATUS).answer(answer, 0, len(answer))


@given(st.binary(max_size=200), st.sampled_from([COMMANDS, BROKEN]))
def test_commands_that_are_none_raise_nothing(data: bytes, phase: int) -> None:
    reader = stream(phase)
    assert 0 <= reader.commands(data, 0, len(data)) <= len(data)


def test_mark_is_not_longer_than_it_is() -> None:
    assert len(MARK) == MARK_BYTES


# On a connection


def handshake() -> Conversation:
    made = Conversation().handshake().client(line("PING"), at_us=100).server(b"+PONG\r\n")
    made.client(line("REPLCONF listening-port 6390"), at_us=200).server(OK)
    return made.client(line("PSYNC ? -1"), at_us=300)


def told(run: Capture) -> list[tuple[str, str, int]]:
    return [(x.request, x.status, int(x.reply_bytes)) for x in run.exchanges]


HANDSHAKE = [("PING", "ok", 7), ("REPLCONF listening-port 6390", "ok", 5)]


@pytest.mark.parametrize("snapshot", [SIZED, MARKED])
@pytest.mark.parametrize("mss", [1, 39, 1448])
def test_full_synchronization_lasts_until_the_snapshot_ends(snapshot: bytes, mss: int) -> None:
    made = handshake()
    made.mss = mss
    made.server(FULL, at_us=400).server(b"\n", at_us=5000).server(snapshot, at_us=9000)
    last_us = (made.now_ns - made.start_ns) / 1000
    made.client(line("REPLCONF ACK 1")).server(STREAM).client(line("REPLCONF ACK 99"))
    run = capture(made.packets)
    assert told(run) == [
        *HANDSHAKE,
        ("PSYNC ? -1", "ok", len(FULL) + 1 + len(snapshot)),
        ("REPLCONF ACK 1", "silent", 0),
        ("REPLCONF ACK 99", "silent", 0),
    ]
    assert run.flags()[1:] == [["replication"]] * 4
    psync = run.exchanges[2]
    latency_us = run.latencies_us()[2]
    assert latency_us is not None
    assert latency_us >= 100 - 30  # the request may have come in parts
    assert psync.reply_last_ns - made.start_ns == last_us * 1000
    assert (run.pairing.pushes, run.pairing.silent, run.pairing.unpaired) == (3, 2, {})
    assert all(exchange.exact for exchange in run.exchanges)


def test_partial_synchronization_is_answered_by_a_line() -> None:
    run = capture(handshake().server(b"+CONTINUE\r\n" + STREAM, at_us=450).packets)
    assert told(run) == [*HANDSHAKE, ("PSYNC ? -1", "ok", 11)]
    assert run.latencies_us()[2] == 150
    assert run.pairing.pushes == 3


def test_line_feeds_before_the_answer_are_no_part_of_it() -> None:
    made = handshake().server(b"\n", at_us=1000).server(b"\n", at_us=2000)
    run = capture(made.server(FULL + SIZED, at_us=3300).packets)
    assert told(run)[2] == ("PSYNC ? -1", "ok", len(FULL + SIZED))
    assert run.latencies_us()[2] == 3000


def test_old_sync_is_answered_by_the_snapshot() -> None:
    made = Conversation().handshake().client(b"SYNC\r\n", at_us=100)
    run = capture(made.server(b"\n", at_us=150).server(SIZED + STREAM, at_us=300).packets)
    assert told(run) == [("SYNC", "ok", len(SIZED))]
    assert run.latencies_us() == [200]
    assert run.pairing.pushes == 3


def test_synchronization_taken_back_is_an_error() -> None:
    failed = b"-ERR BGSAVE failed, replication can't continue\r\n"
    run = capture(handshake().server(FULL).server(failed).server_fin().packets)
    (psync,) = run.exchanges[2:]
    assert (psync.status, psync.code, psync.reply_bytes) == ("error", "ERR", len(FULL + failed))


def test_refused_synchronization_leaves_an_ordinary_connection() -> None:
    made = handshake().server(b"-NOMASTERLINK Can't SYNC while not connected\r\n")
    run = capture(made.client(line("GET k")).server(bulk("v")).packets)
    assert told(run)[2:] == [("PSYNC ? -1", "error", 46), ("GET k", "ok", 7)]
    assert all(exchange.exact for exchange in run.exchanges)


def test_synchronization_that_breaks_off_is_aborted() -> None:
    run = capture(handshake().server(FULL + SIZED[:50]).server_reset().packets)
    assert told(run)[2] == ("PSYNC ? -1", "aborted", 0)


def test_long_synchronization_is_no_timeout() -> None:
    made = handshake().server(FULL, at_us=400)
    for second in range(1, 30):
        made.server(b"\n", at_us=second * SECOND_US)
    run = capture(made.server(SIZED).packets)
    assert told(run)[2] == ("PSYNC ? -1", "ok", len(FULL) + 29 + len(SIZED))
    assert run.pairing.timeouts == 0


def test_replica_that_asks_is_not_answered() -> None:
    """The server closes the link: a replica may not make it reply."""
    made = handshake().server(FULL + SIZED + STREAM).client(line("PING") + line("PSYNC ? -1"))
    run = capture(made.server(STREAM).server_fin().packets)
    assert told(run)[3:] == [("PSYNC ? -1", "silent", 0), ("PING", "aborted", 0)]


@pytest.mark.parametrize("text", ["REPLCONF ACK 5", "replconf getack *"])
def test_acknowledgment_has_no_reply_whoever_sends_it(text: str) -> None:
    sent = line(text) + line("GET k")
    run = capture(Conversation().handshake().client(sent).server(bulk("v")).packets)
    assert told(run) == [(text, "silent", 0), ("GET k", "ok", 7)]


def test_acknowledgment_behind_another_option_is_distrusted() -> None:
    sent = line("REPLCONF capa eof ACK 5") + line("GET k")
    run = capture(Conversation().handshake().client(sent).server(bulk("v")).packets)
    assert [x for x in run.exchanges if x.exact] == []
    assert run.pairing.unpaired["unknown whether replied"] == 1


def test_acknowledgment_in_a_transaction_makes_its_exec_distrusted() -> None:
    """EXEC is `*2` then, and one element."""
    sent = b"".join(map(line, ["MULTI", "REPLCONF ACK 1", "PING", "EXEC", "ECHO x", "ECHO y"]))
    got = OK + b"+QUEUED\r\n" * 2 + b"*2\r\n+PONG\r\n" + bulk("x") + bulk("y")
    run = capture(Conversation().handshake().client(sent).server(got).packets)
    exact = {x.request for x in run.exchanges if x.exact}
    assert exact.isdisjoint({"ECHO x", "ECHO y"})


@pytest.mark.parametrize("hides", ["CLIENT REPLY OFF", "CLIENT REPLY SKIP"])
def test_hidden_synchronization_is_distrusted(hides: str) -> None:
    """It is answered all the same, unless it is refused."""
    made = Conversation().handshake().client(line(hides)).client(line("PSYNC ? -1"))
    made.server(FULL + SIZED).client(line("REPLCONF ACK 1")).server(STREAM * 5)
    run = capture(made.packets)
    assert [x.status for x in run.exchanges if x.request != hides] == ["silent"]


def test_synchronization_in_mid_stream_makes_no_pair() -> None:
    made = handshake().server(FULL + SIZED)
    first = len(made.packets)
    for second in range(1, 9):
        made.server(STREAM * 3, at_us=second * SECOND_US).client(line(f"REPLCONF ACK {second}"))
    run = capture(made.packets[first:])
    assert {(x.command, x.status) for x in run.exchanges} == {("REPLCONF", "silent")}


@pytest.mark.parametrize("snapshot", [SIZED, MARKED])
def test_no_lost_packet_makes_a_wrong_exchange(snapshot: bytes) -> None:
    made = handshake()
    made.mss = 40
    made.server(FULL).server(b"\n").server(snapshot)
    for second in range(1, 4):
        made.client(line(f"REPLCONF ACK {second}"), at_us=second * SECOND_US).server(STREAM)
    truth = set(told(capture(made.packets)))
    for lost in range(len(made.packets)):
        assert set(told(capture(drop(made.packets, lost)))) <= truth, f"without packet {lost}"


def test_bytes_lost_in_a_snapshot_are_counted() -> None:
    made = handshake()
    made.mss = 40
    made.server(FULL).server(SIZED)
    lost = len(made.packets) - 4
    made.client_ack().server(STREAM).client(line("REPLCONF ACK 1"))
    for second in range(1, 4):
        made.server(STREAM, at_us=second * SECOND_US).client(line("REPLCONF ACK 2"))
    run = capture(drop(made.packets, lost))
    (psync,) = (x for x in run.exchanges if x.command == "PSYNC")
    assert (psync.status, psync.exact) == ("ok", False)
    assert psync.reply_bytes == len(FULL + SIZED)
    assert psync.flags == GAP | REPLICATION


def test_snapshot_whose_mark_was_lost_is_not_called_aborted() -> None:
    made = handshake().server(FULL + MARKED[:-1])
    made.server(MARKED[-1:]).client_ack()
    lost = len(made.packets) - 2
    for second in range(1, 4):
        made.server(STREAM, at_us=second * SECOND_US).client(line("REPLCONF ACK 2"))
    run = capture(drop(made.server_fin().packets, lost))
    assert [text for text, status, _ in told(run) if status == "aborted"] == []
    assert run.pairing.unpaired == {"lost in step": 1}
