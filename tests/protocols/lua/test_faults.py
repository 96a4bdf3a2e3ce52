"""What a script does wrong is told once for each place and counted; the rest goes on."""

import pytest

from tcpkit.errors import TcpkitError
from tcpkit.script.script import MAX_IN_A_ROW
from tcpkit.script.version import VERSIONS
from tests.build import Packet, merge
from tests.protocols.lua.traced import Traced, conversation

PROTOCOL = """
tcpkit.protocol {
  name = "faulty", port = 7,
  request = function(stream)
    local line = stream:line()
    if line == "evil" then
      REQUEST
    end
    return { command = line }
  end,
  reply = function(stream, request)
    local line = stream:line()
    if line == "evil" then
      REPLY
    end
    return { code = line }
  end,
  OTHERS
}
"""


def script(request: str = "", reply: str = "", others: str = "") -> str:
    text = PROTOCOL.replace("REQUEST", request).replace("REPLY", reply)
    return text.replace("OTHERS", others)


def packets(asked: bytes = b"evil\n", answered: bytes = b"fine\n") -> list[Packet]:
    """Three connections, of which the second says something evil."""
    good = conversation("10.0.0.1:40000").client(b"ask\n", at_us=1000).server(b"yes\n", at_us=9000)
    bad = conversation("10.0.0.1:40001").client(asked, at_us=2000).server(answered, at_us=3000)
    bad.client(b"more\n", at_us=4000).server(b"more\n", at_us=5000)
    last = conversation("10.0.0.1:40002").client(b"ask\n", at_us=8000).server(b"no\n", at_us=8500)
    return merge(good.packets, bad.packets, last.packets)


OTHERS_FINE = [("ask", "ok", "no"), ("ask", "ok", "yes")]


def assert_told_once(run: Traced, words: str) -> None:
    """There was one error: the log has one of `words`, and where it was."""
    assert len(run.errors) == 1, run.errors
    assert any(word in run.errors[0] for word in words.split("|")), run.errors
    assert "-m faulty, packet" in run.errors[0]
    assert run.script.counts.errors == 1


BAD_REQUESTS = {
    "an index of nil": ("local x = nil; x.y = 1", "protocol.lua:7:"),
    "an error without a text": ("error({})", "an error without a text|table:"),
    "a number": ("return 7", "request must return nil or a table with `command`"),
    "a text": ('return "x"', "request must return nil or a table with `command`"),
    "false": ("return false", "request must return nil or a table with `command`"),
    "no command": ("return {}", "request must return nil or a table with `command`"),
    "a number as command": ("return { command = 7 }", "`command`, a string"),
    "a table as command": ("return { command = {} }", "`command`, a string"),
    "a command by metatable": (
        'return setmetatable({}, { __index = function() return "x" end })',
        "`command`, a string",
    ),
    "a metatable that never ends": (
        "return setmetatable({}, { __index = function() while true do end end })",
        "`command`, a string",
    ),
    "negative replies": ('return { command = "x", replies = -1 }', "`replies` must be"),
    "half a reply": ('return { command = "x", replies = 1.5 }', "`replies` must be"),
    "NaN replies": ('return { command = "x", replies = 0/0 }', "`replies` must be"),
    "endless replies": ('return { command = "x", replies = math.huge }', "`replies` must be"),
    "replies in words": ('return { command = "x", replies = "two" }', "`replies` must be"),
    "a flag": ('return { command = "x", flags = "late" }', "`flags` must be"),
    "flags of numbers": ('return { command = "x", flags = { 1 } }', "`flags` must be"),
    "a table as id": ('return { command = "x", id = {} }', "`id` must be"),
    "NaN as id": ('return { command = "x", id = 0/0 }', "`id` that is a number"),
    "a fraction as id": ('return { command = "x", id = 1.5 }', "`id` that is a number"),
    "a huge id": ('return { command = "x", id = ("x"):rep(300) }', "`id` has more than"),
    "half a byte read": ("stream:read(1.5)", "whole number|part of a byte|no integer"),
    "less than nothing read": ("stream:read(-1)", "takes a whole number"),
    "NaN read": ("stream:read(0/0)", "takes a whole number"),
    "too much read": ("stream:read(1048577)", "1048576 bytes at most"),
    "too much looked at": ("stream:peek(65537)", "65536 bytes at most"),
    "a line without end": ("stream:line(math.huge)", "bytes at most"),
    "too much skipped": ("stream:skip(2^53)", "bytes at most"),
    "a number of seven bytes": ("stream:number(7)", "6 bytes at most"),
    "a place moved back": ("stream.pos = 1", "consumed nothing"),
    "a place that is none": ("stream.pos = 0/0", "part of a byte"),
    "a place at the end of the world": ("stream.pos = -math.huge", "part of a byte"),
    "a skip by hand": ("coroutine.yield(4, 0/0) error('back')", ""),
    "a yield by hand": ("coroutine.yield(2, 7)", "`command`, a string"),
}


@pytest.mark.parametrize("lua", VERSIONS)
@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_a_bad_request_is_told_and_harms_no_other_connection(name: str, lua: str) -> None:
    fault, words = BAD_REQUESTS[name]
    run = Traced(script(request=fault), lua).feed(packets()).finish()
    assert [each for each in run.told if each[0] == "ask"] == OTHERS_FINE
    assert {each[0] for each in run.told} == {"ask"}
    if words:
        assert_told_once(run, words)


BAD_REPLIES = {
    "an index of nil": ("local x = nil; x.y = 1", "protocol.lua:14:"),
    "a number": ("return 7", "reply must return nil or a table"),
    "a text": ('return "x"', "reply must return nil or a table"),
    "true": ("return true", "reply must return nil or a table"),
    "a table as id": ("return { id = {} }", "`id` must be"),
    "a huge id": ('return { id = ("x"):rep(300) }', "`id` has more than"),
    "half a byte read": ("stream:read(0.5)", "whole number|part of a byte|no integer"),
}


@pytest.mark.parametrize("lua", VERSIONS)
@pytest.mark.parametrize("name", BAD_REPLIES)
def test_a_bad_reply_is_told_and_harms_no_other_connection(name: str, lua: str) -> None:
    fault, words = BAD_REPLIES[name]
    run = Traced(script(reply=fault), lua).feed(packets(b"first\n", b"evil\n")).finish()
    assert run.told == OTHERS_FINE
    assert_told_once(run, words)
    assert run.pairing.not_protocol == 1
    assert run.pairing.unpaired == {"not the protocol": 1}


BAD_TEXTS = {
    "a table as key": ('return { command = "x", key = {} }', "", "`key` must be a string"),
    "a function as text": (
        'return { command = "x", request = print }',
        "",
        "`request` must be a string",
    ),
    "a command taken away": (
        'local told = { command = "x" }; stream.connection.told = told; return told',
        "stream.connection.told.command = nil; return {}",
        "",
    ),
    "a text by metatable": (
        'return setmetatable({ command = "x" }, { __index = function(_, name) '
        'if name ~= "replies" then error("no") end end })',
        "",
        "",
    ),
    "a code that is a table": ('return { command = "x" }', "return { code = {} }", "`code` must"),
    "a status of its own": (
        'return { command = "x" }',
        'return { status = "fine" }',
        "`status` must be ok or error",
    ),
}


@pytest.mark.parametrize("lua", VERSIONS)
@pytest.mark.parametrize("name", BAD_TEXTS)
def test_a_text_that_is_none_is_left_out_and_told(name: str, lua: str) -> None:
    request, reply, words = BAD_TEXTS[name]
    run = Traced(script(request, reply), lua).feed(packets(b"evil\n", b"evil\n")).finish()
    assert len(run.told) == 4
    assert [words in error for error in run.errors] == ([True] if words else [])


def test_numbers_are_texts_of_keys_and_codes() -> None:
    text = script('return { command = "x", key = 5 / 1 }', "return { code = 404 }")
    run = Traced(text, "lua54").feed(packets(b"evil\n", b"evil\n")).finish()
    assert ("x 5", "ok", "404") in run.told
    assert run.errors == []


def test_an_error_of_one_place_is_told_once_and_counted_each_time() -> None:
    made = [
        conversation(f"10.0.0.1:{40000 + at}").client(b"evil\n", at_us=1000 * at).packets
        for at in range(10)
    ]
    run = Traced(script(request="error('oh')")).feed(merge(*made)).finish()
    assert len(run.errors) == 1
    assert "protocol.lua:7: oh" in run.errors[0]
    assert "stack traceback" in run.errors[0]
    assert run.script.counts.errors == 10


def test_what_is_not_the_protocol_is_no_error_of_the_script() -> None:
    run = Traced(script(request='stream:fail("no")')).feed(packets()).finish()
    assert [each for each in run.told if each[0] == "ask"] == OTHERS_FINE
    assert (run.errors, run.script.counts.errors) == ([], 0)
    assert run.pairing.not_protocol == 1


def test_a_reply_that_is_not_the_protocol_ends_its_connection() -> None:
    made = conversation().client(b"one\ntwo\n", at_us=1000).server(b"one\n", at_us=2000)
    made.server(b"evil\n", at_us=3000).client(b"three\n", at_us=4000).server(b"three\n")
    run = Traced(script(reply='stream:fail("no")')).feed(made.packets).finish()
    assert run.told == [("one", "ok", "one")]
    assert run.pairing.not_protocol == 1
    assert run.pairing.unpaired == {"not the protocol": 1}


def test_matches_that_fails_answers_no() -> None:
    text = script(others="matches = function(request, reply) return request.x.y end")
    run = Traced(text).feed(packets(b"a\n", b"a\n")).finish()
    assert run.told == []
    assert len(run.errors) == 1
    assert run.script.counts.errors >= 3


def test_starts_that_fails_answers_no() -> None:
    made = packets(b"a\n", b"a\n")[9:]
    run = Traced(script(others="starts = function(bytes) return nil + 1 end")).feed(made).finish()
    assert len(run.errors) == 1
    assert run.script.counts.errors >= 1


@pytest.mark.parametrize("lua", VERSIONS)
def test_a_reply_that_consumes_nothing_and_answers_nobody_is_an_error(lua: str) -> None:
    text = """tcpkit.protocol { name = "x", port = 7,
      request = function(stream) return { command = stream:line() } end,
      reply = function(stream) stream:peek(1); return {} end }"""
    made = conversation().client(b"a\nb\n", at_us=1000).server(b"x\n", at_us=2000)
    run = Traced(text, lua).feed(made.packets).finish()
    assert [request for request, _, _ in run.told] == ["a", "b"]
    assert "reply consumed nothing, and answers nobody" in run.errors[0]
    for what in ("{ push = true }", "nil", '{ id = "9" }'):
        run = Traced(text.replace("{} end }", f"{what} end }}"), lua).feed(made.packets).finish()
        assert run.told == []


@pytest.mark.parametrize("lua", VERSIONS)
def test_a_parser_that_never_ends_is_stopped(lua: str) -> None:
    run = Traced(script(request="while true do end"), lua, budget=20_000)
    run.feed(packets()).finish()
    assert [each for each in run.told if each[0] == "ask"] == OTHERS_FINE
    assert run.script.counts.over_budget == 1
    assert len(run.errors) == 1


@pytest.mark.parametrize("lua", VERSIONS)
def test_a_parser_that_takes_all_memory_is_stopped(lua: str) -> None:
    hoards = 'local t = {} for i = 1, 1e6 do t[i] = ("x"):rep(1e6) .. i end'
    run = Traced(script(request=hoards), lua, memory_mib=16).feed(packets()).finish()
    assert [each for each in run.told if each[0] == "ask"] == OTHERS_FINE
    assert run.script.counts.errors == 1
    assert run.script.counts.out_of_memory == 1


def test_a_protocol_that_runs_away_too_often_is_called_no_more() -> None:
    made = [
        conversation(f"10.0.0.1:{40000 + at}").client(b"evil\n", at_us=1000 * at).packets
        for at in range(MAX_IN_A_ROW + 5)
    ]
    run = Traced(script(request="while true do end"), budget=20_000).feed(merge(*made)).finish()
    counts = run.script.counts
    assert counts.over_budget == MAX_IN_A_ROW
    assert counts.left_out == 5
    assert "-m faulty" in run.errors[-1]
    assert "not called any more" in run.errors[-1]


def test_a_parser_may_print() -> None:
    run = Traced(script(request='print("evil", 1)')).feed(packets(b"evil\n", b"x\n")).finish()
    assert run.lines == [b"evil\t1\n"]
    assert run.errors == []


def test_a_log_that_fails_while_a_parser_prints_ends_the_run() -> None:
    def full(line: bytes) -> None:
        raise TcpkitError("no space")

    for text in (script(request='pcall(print, "x")'), script(reply='print("x")')):
        run = Traced(text)
        run.script.vm.attach(full)
        with pytest.raises(TcpkitError, match="no space"):
            run.feed(packets(b"evil\n", b"evil\n"))
        assert run.errors == []
