"""Connections of protocols in Lua: what the functions return is paired, timed and counted."""

import pytest

from tcpkit.script.version import VERSIONS
from tests.build import merge
from tests.protocols.lua.traced import ECHO, PORT, Traced, conversation, traced, words

SECOND_US = 1_000_000


@pytest.mark.parametrize("lua", VERSIONS)
@pytest.mark.parametrize("mss", [1, 2, 3, 5, 1448])
def test_pipelined_lines_are_paired_in_any_segments(lua: str, mss: int) -> None:
    lines = [b"line %d\r\n" % number for number in range(12)]
    sent = b"".join(lines)
    made = conversation(mss=mss).client(sent, at_us=1000).server(sent, at_us=9000)
    run = traced(ECHO, made.packets, lua)
    assert [exchange.key for exchange in run.exchanges] == [line.decode().strip() for line in lines]
    assert [reply for _, reply in run.pairs] == lines
    assert all(run.exact)
    assert run.stats[PORT].total().total_reqs == 12


def test_lines_are_timed_by_their_last_and_first_bytes() -> None:
    made = conversation().client(b"one\n", at_us=1000).server(b"one\n", at_us=1250)
    made.client(b"tw", at_us=2000).client(b"o\n", at_us=2100)
    made.server(b"tw", at_us=2400).server(b"o\n", at_us=3000)
    run = traced(ECHO, made.packets)
    assert run.latencies_us() == [250, 300]
    second = run.exchanges[1]
    assert second.request_last_ns - second.request_first_ns == 100_000
    assert second.reply_last_ns - second.reply_first_ns == 600_000


def test_bytes_that_are_no_text_reach_lua_as_they_are() -> None:
    run = traced(ECHO, conversation().client(b"\0a\x7f\n").server(b"\xff\xfe\r\0\n").packets)
    assert run.told == [("\\x00a\\x7f", "ok", "\\xff\\xfe\\x0d\\x00")]
    assert int(run.exchanges[0].reply_bytes) == 5


def test_connections_have_coroutines_of_their_own() -> None:
    one = conversation("10.0.0.1:40000").client(b"on", at_us=1000).client(b"e\n", at_us=1200)
    two = conversation("10.0.0.1:40001").client(b"tw", at_us=1100).client(b"o\n", at_us=1300)
    one.server(b"one\n", at_us=2000)
    two.server(b"two\n", at_us=2100)
    run = traced(ECHO, merge(one.packets, two.packets))
    assert [x.request for x in run.exchanges] == ["one", "two"]
    assert run.latencies_us() == [800, 800]


def test_requests_time_out_and_come_late() -> None:
    made = conversation().client(b"one\n", at_us=1000)
    run = Traced(ECHO).feed(made.packets).advance(11 * SECOND_US)
    assert [x.status for x in run.exchanges] == ["timeout"]
    late = made.server(b"one\n", at_us=12 * SECOND_US).packets[-1:]
    run.feed(late)
    assert [x.status for x in run.exchanges] == ["timeout", "ok"]
    assert run.flags() == [[], ["late"]]
    assert run.pairing.late == 1


def test_requests_are_aborted_with_their_connection_and_unanswered_with_the_capture() -> None:
    made = conversation().client(b"one\n", at_us=1000)
    assert traced(ECHO, made.packets).pairing.unanswered == 1
    run = Traced(ECHO).feed(made.server_reset(at_us=1500).packets).advance(9 * SECOND_US)
    assert [x.status for x in run.exchanges] == ["aborted"]


def test_blocking_requests_never_time_out() -> None:
    made = conversation().client(b"wait flag=blocking\n", at_us=1000)
    run = Traced(words()).feed(made.packets).advance(60 * SECOND_US)
    assert run.exchanges == []
    run.feed(made.server(b"fine\n", at_us=61 * SECOND_US).packets[-1:])
    assert run.flags() == [["blocking"]]
    assert (run.pairing.blocking, run.pairing.late, run.pairing.timeouts) == (1, 0, 0)
    assert run.stats[PORT].total().total_reqs == 0


def test_flags_that_are_no_names_of_the_log_are_none() -> None:
    made = conversation().client(b"one flag=strange\n").server(b"fine\n")
    assert traced(words(), made.packets).flags() == [[]]


def test_requests_without_a_reply_are_silent() -> None:
    made = conversation().client(b"quiet replies=0\nask\n", at_us=1000).server(b"fine\n")
    run = traced(words(), made.packets)
    assert run.told == [("quiet replies=0", "silent", None), ("ask", "ok", "fine")]
    assert run.exact == [True, True]
    assert run.pairing.silent == 1


def test_silence_behind_a_reply_or_an_end_that_was_lost_is_not_exact() -> None:
    """What the client had and nobody captured may have ended what `quiet` belongs to."""
    made = conversation().client(b"ask\n", at_us=1000).server(b"fine\n", at_us=2000)
    made.client(b"ask\n", at_us=3000).server(b"bad\n", at_us=4000).server_fin()
    made.client(b"quiet replies=0\n", at_us=5000).client_fin()
    fin, quiet = len(made.packets) - 3, ("quiet replies=0", "silent", None)
    for lost in ({fin}, {fin - 1, fin}):
        left = [packet for at, packet in enumerate(made.packets) if at not in lost]
        run = traced(words(), left)
        assert dict(zip(run.told, run.exact, strict=True))[quiet] is False, lost
    assert quiet not in traced(words(), made.packets).told


def test_silence_captured_before_the_reply_that_its_client_had_is_exact() -> None:
    made = conversation().client(b"ask\n", at_us=1000).server(b"fine\n", at_us=2000)
    made.client(b"ask\n", at_us=3000).server(b"bad\n", at_us=4000)
    made.client(b"quiet replies=0\n", at_us=5000)
    *begin, reply, quiet = made.packets
    run = traced(words(), [*begin, quiet, reply])
    assert run.told[-1] == ("quiet replies=0", "silent", None) and all(run.exact)


@pytest.mark.parametrize("mss", [1, 4, 1448])
@pytest.mark.parametrize("replies", [2, 3])
def test_several_replies_are_one_with_pushes_between(replies: int, mss: int) -> None:
    answers = (
        b"push\nfine 1\n" + b"push a\nbad 2\n" + (b"push b\nfine 3\n" if replies == 3 else b"")
    )
    made = conversation(mss=mss).client(b"many replies=%d\nask\n" % replies, at_us=1000)
    made.server(answers + b"last\n", at_us=5000)
    run = traced(words(), made.packets)
    assert run.told == [(f"many replies={replies}", "error", "bad"), ("ask", "ok", "last")]
    assert run.pairs[0][1] == answers.removeprefix(b"push\n")
    assert run.pairing.pushes == replies
    assert all(run.exact)


def test_pushes_answer_nobody() -> None:
    made = conversation().server(b"push\n", at_us=500).client(b"ask\n", at_us=1000)
    made.server(b"push\npush\nfine\npush\n", at_us=2000)
    run = traced(words(), made.packets)
    assert run.told == [("ask", "ok", "fine")]
    assert run.pairs[0][1] == b"fine\n"
    assert run.pairing.pushes == 4
    assert run.pairing.unpaired == {}


def test_parts_of_a_handshake_are_no_exchanges() -> None:
    made = conversation().server(b"hello\n").client(b"hello\n").server(b"hello again\n")
    made.client(b"ask\n").server(b"hello\nfine\n")
    run = traced(words(), made.packets)
    assert run.told == [("ask", "ok", "fine")]
    assert run.exact == [True]


def test_ids_pair_in_any_order() -> None:
    made = conversation().client(b"a id=1\nb id=2\nc id=3\n", at_us=1000)
    made.server(b"second id=2\nthird id=3\nfirst id=1\n", at_us=2000)
    run = traced(words(), made.packets)
    assert sorted(run.told) == [
        ("a id=1", "ok", "first"),
        ("b id=2", "ok", "second"),
        ("c id=3", "ok", "third"),
    ]
    assert run.exact == [True] * 3
    assert run.pairing.unpaired == {}


def test_an_id_may_come_again_once_it_is_answered() -> None:
    made = conversation()
    for at in range(4):
        made.client(b"a%d id=1\n" % at, at_us=1000 * at).server(b"r%d id=1\n" % at)
    run = traced(words(), made.packets)
    assert [code for _, _, code in run.told] == ["r0", "r1", "r2", "r3"]
    assert run.exact == [True] * 4


def test_of_two_requests_that_wait_with_one_id_neither_is_believed() -> None:
    made = conversation().client(b"a id=1\nb id=1\nc id=2\n", at_us=1000)
    made.server(b"x id=1\ny id=1\nz id=2\n", at_us=2000)
    run = traced(words(), made.packets)
    assert run.told == [("c id=2", "ok", "z")]
    assert run.exact == [False]
    assert run.pairing.unpaired == {"request id reused": 2}


def test_a_reply_of_an_unknown_id_harms_no_other_and_ends_what_is_exact() -> None:
    made = conversation().client(b"a id=1\n", at_us=1000)
    made.server(b"x id=9\ny id=1\n", at_us=2000)
    made.client(b"b id=2\n", at_us=3000).server(b"z id=2\nz id=2\n", at_us=4000)
    run = traced(words(), made.packets)
    assert run.told == [("a id=1", "ok", "y"), ("b id=2", "ok", "z")]
    assert run.exact == [False, False]
    assert run.pairing.unpaired == {"reply without request": 2}


def test_replies_without_an_id_belong_to_requests_without_in_their_order() -> None:
    made = conversation().client(b"a id=1\nb\nc id=2\nd\n", at_us=1000)
    made.server(b"rb\nrc id=2\nrd\nra id=1\n", at_us=2000)
    run = traced(words(), made.packets)
    assert sorted((request, code) for request, _, code in run.told) == [
        ("a id=1", "ra"),
        ("b", "rb"),
        ("c id=2", "rc"),
        ("d", "rd"),
    ]
    assert run.exact == [True] * 4


NUMBERED = """
tcpkit.protocol {
  name = "numbered", port = 7,
  request = function(stream) return { command = "N", id = stream:number(2) } end,
  reply = function(stream) return { id = stream:number(2) / 1 } end,
}
"""


@pytest.mark.parametrize("lua", VERSIONS)
def test_ids_are_equal_whether_whole_or_floats(lua: str) -> None:
    made = conversation().client(b"\0\5\1\0", at_us=1000).server(b"\1\0\0\5", at_us=2000)
    run = traced(NUMBERED, made.packets, lua)
    assert [reply for _, reply in run.pairs] == [b"\1\0", b"\0\5"]


ENCRYPTED = """
tcpkit.protocol {
  name = "tls", port = 7,
  request = function(stream)
    local line = stream:line()
    if line == "start" then stream.connection.starts = true end
    return { command = line }
  end,
  reply = function(stream)
    local line = stream:line()
    if stream.connection.starts and line == "go" then stream:encrypted() end
    return { code = line }
  end,
}
"""


def test_an_encrypted_connection_is_counted_and_left_alone() -> None:
    made = conversation().client(b"ask\n").server(b"fine\n").client(b"start\n").server(b"go\n")
    made.client(b"\x16\x03\n").server(b"\x16\x03\n")
    run = traced(ENCRYPTED, made.packets)
    assert run.told == [("ask", "ok", "fine")]
    assert run.pairing.encrypted == 1
    assert run.pairing.unpaired == {"encrypted": 1}
    assert run.pairing.not_protocol == 0


MATCHED = ECHO.replace(
    "name =", "matches = function(request, reply) return request.key == reply.code end,\n  name ="
)


def test_a_reply_that_does_not_match_breaks_the_step() -> None:
    made = conversation().client(b"one\ntwo\n", at_us=1000).server(b"one\nother\n", at_us=2000)
    run = traced(MATCHED, made.packets)
    assert run.told == [("one", "ok", "one")]
    assert "contradiction" in run.pairing.unpaired


# The server skips all requests after an error up to `sync`, which answers them all.
SKIPPING = """
tcpkit.protocol {
  name = "skipping", port = 7,
  request = function(stream)
    local line = stream:line()
    return { command = line }
  end,
  reply = function(stream, request)
    if stream:peek(5) == "READY" and request and request.command ~= "sync" then
      return { status = "error", code = "SKIPPED" }
    end
    return { code = stream:line() }
  end,
}
"""


@pytest.mark.parametrize("lua", VERSIONS)
@pytest.mark.parametrize("mss", [1, 2, 3, 4, 5, 6, 7, 1448])
def test_a_reply_that_consumes_nothing_answers_the_oldest(mss: int, lua: str) -> None:
    made = conversation(mss=mss).client(b"a\nb\nc\nsync\nd\n", at_us=1000)
    made.server(b"broken\nREADY\nfine five\n", at_us=3000)
    run = traced(SKIPPING, made.packets, lua)
    assert [(request, code) for request, _, code in run.told] == [
        ("a", "broken"),
        ("b", "SKIPPED"),
        ("c", "SKIPPED"),
        ("sync", "READY"),
        ("d", "fine five"),
    ]
    assert [reply for _, reply in run.pairs] == [b"broken\n", b"", b"", b"READY\n", b"fine five\n"]
    assert all(run.exact)


LOOKING = """
tcpkit.protocol {
  name = "looking", port = 7,
  request = function(stream)
    stream:peek(6)
    return { command = stream:read(2) }
  end,
  reply = function(stream) return { code = stream:read(2) } end,
}
"""


@pytest.mark.parametrize("mss", [1, 2, 3, 5, 1448])
def test_bytes_that_were_looked_at_belong_to_the_next_request(mss: int) -> None:
    made = conversation(mss=mss).client(b"aabbcc----", at_us=1000).server(b"112233", at_us=3000)
    run = traced(LOOKING, made.packets)
    assert [(x.command, x.request_bytes, x.request_seq) for x in run.exchanges] == [
        ("aa", 2, 1001),
        ("bb", 2, 1003),
        ("cc", 2, 1005),
    ]
