"""A script that runs away is stopped, whatever it does; the next call has its whole budget."""

import time
from pathlib import Path

import pytest

from tcpkit.errors import ScriptError
from tcpkit.script.script import MAX_IN_A_ROW
from tests.script.running import BUDGET, Lua, Running

LOOP = "while true do end"
# What `process` does, and where it needs it, what is there before.
RUNAWAYS = {
    "loop": ("", LOOP),
    "recursion": (
        "local function f(n) if n > 0 then for i = 1, 100 do f(n - 1) end end end", "f(100)",
    ),
    "coroutine": ("", f"coroutine.resume(coroutine.create(function() {LOOP} end))"),
    "wrap": ("", f"coroutine.wrap(function() {LOOP} end)()"),
    "coroutines one after the other": (
        "", "while true do coroutine.wrap(function() for i = 1, 900 do end end)() end",
    ),
    "nested coroutines": (
        "local function f() while true do coroutine.resume(coroutine.create(f)) end end", "f()",
    ),
    "coroutine in the loop of another": (
        f"local function f() {LOOP} end",
        "coroutine.wrap(function() while true do pcall(coroutine.wrap(f)) end end)()",
    ),
    "many coroutines that were there": (
        """local waiting = {}
        local function f()
            while true do
                local other = table.remove(waiting)
                if other then pcall(coroutine.resume, other) end
            end
        end
        for i = 1, 50 do waiting[i] = coroutine.create(f) end""",
        "f()",
    ),
    "pcall": ("", f"while true do pcall(function() {LOOP} end) end"),
    "pcall of an error": ("", "while true do pcall(error) end"),
    "pcall of an error, in other steps": ("", "while true do local x = 1 pcall(error, x) end"),
    "pcall of an error in a coroutine": (
        "", "coroutine.wrap(function() while true do pcall(error) end end)()",
    ),
    "resume of what is dead": (
        "local dead = coroutine.create(function() end) coroutine.resume(dead)",
        "while true do coroutine.resume(dead) end",
    ),
    "pcall in a coroutine": (
        "", f"coroutine.wrap(function() while true do pcall(function() {LOOP} end) end end)()",
    ),
    "pcall that returns last": ("", f"return pcall(function() {LOOP} end)"),
    "xpcall": (
        "", f"while true do xpcall(function() {LOOP} end, function() {LOOP} end) end",
    ),
    "handler of an error": ("", f"xpcall(error, function() {LOOP} end)"),
    "gsub": ("", f"string.gsub(('x'):rep(1000), '.', function() {LOOP} end)"),
    "gsub with pcall": (
        "", f"string.gsub(('x'):rep(1000), '.', function() pcall(function() {LOOP} end) end)",
    ),
    "sort": ("", f"table.sort({{ 1, 2, 3 }}, function() {LOOP} end)"),
    "index": ("", f"return setmetatable({{}}, {{ __index = function() {LOOP} end }}).x"),
    "less": (
        f"local meta = {{ __lt = function() {LOOP} end }}",
        "return setmetatable({}, meta) < setmetatable({}, meta)",
    ),
    "tostring": ("", f"print(setmetatable({{}}, {{ __tostring = function() {LOOP} end }}))"),
    "tostring of an error": (
        "", f"error(setmetatable({{}}, {{ __tostring = function() {LOOP} end }}))",
    ),
    "reader": ("", f"load(function() {LOOP} end)"),
    "endless text": ("", "load(function() return ' ' end)"),
    "endless text of C": ("", "load(os.date)"),
    "name of the host's": ("", f"load('{LOOP}', '=tcpkit: budget')()"),
}  # fmt: skip
# Lua 5.4 and later: closing of variables.
CLOSING = "local closed <close> = setmetatable({}, { __close = function() while true do end end }) "
CLOSED = {
    "close": f"load([[{CLOSING}]])()",
    "close after the budget": f"load([[{CLOSING} {LOOP}]])()",
    "close after the budget in pcall": f"while true do pcall(load([[{CLOSING} {LOOP}]])) end",
    "close of a coroutine": f"""
        local thread = coroutine.create(load([[{CLOSING} coroutine.yield()]]))
        coroutine.resume(thread) coroutine.close(thread)""",
    "close of a coroutine after the budget": f"""
        local thread = coroutine.create(load([[{CLOSING} {LOOP}]]))
        coroutine.resume(thread) coroutine.close(thread)""",
}


def assert_stopped(running: Running) -> None:
    """Each of three calls was stopped, and afterwards a whole budget is there."""
    started = time.process_time()
    running.process(3)
    assert time.process_time() - started < 3  # thirty times what it takes
    assert running.numbers() == {"processed": 3, "errors": 3, "over the budget": 3}
    assert len(running.told) <= 3


@pytest.mark.parametrize("what", RUNAWAYS)
def test_runaway_is_stopped(what: str, lua: Lua) -> None:
    before, body = RUNAWAYS[what]
    assert_stopped(lua(f"{before}\nfunction process(packet)\n{body}\nend", memory_mib=64))


@pytest.fixture(params=["lua54", "lua55"])
def closing_lua(request: pytest.FixtureRequest, tmp_path: Path) -> Lua:
    """A version that has variables to be closed."""
    return Lua(str(request.param), tmp_path)


@pytest.mark.parametrize("what", CLOSED)
def test_runaway_in_what_is_closed_is_stopped(what: str, closing_lua: Lua) -> None:
    assert_stopped(closing_lua(f"function process(packet)\n{CLOSED[what]}\nend"))


def test_coroutine_whose_budget_was_spent_stays_open(closing_lua: Lua) -> None:
    text = f"""
        local thread
        function process(packet)
            if not thread then
                thread = coroutine.create(load([[{CLOSING} {LOOP}]]))
                coroutine.resume(thread)
            end
            print(coroutine.close(thread))
        end
    """
    running = closing_lua(text)
    spent = f"false\tthe budget of {BUDGET} instructions is spent\n"
    assert running.process(2) == [spent, spent]
    assert running.numbers()["errors"] == 1


def test_next_call_has_its_whole_budget_in_coroutines_that_live_on_too(lua: Lua) -> None:
    text = f"""
        local number = 0
        local step = coroutine.wrap(function()
            while true do
                for i = 1, {BUDGET // 4} do end
                number = number + 1
                coroutine.yield()
            end
        end)
        function process(packet)
            if packet.payload == "loop" then {LOOP} end
            step() step()
            print(number)
        end
    """
    running = lua(text)
    assert running.process(3) == ["2\n", "4\n", "6\n"]
    running.process(2, b"loop")
    assert running.process(3) == ["8\n", "10\n", "12\n"]
    assert running.numbers() == {"processed": 8, "errors": 2, "over the budget": 2}


def test_budget_is_that_of_one_call(lua: Lua) -> None:
    running = lua(f"function process(packet) for i = 1, {BUDGET // 2} do end print('done') end")
    assert len(running.process(40)) == 40
    assert running.told == []


@pytest.mark.parametrize("budget", [1000, 20_000, 10**12 - 1])
def test_budget_of_any_size_lets_a_short_call_pass(budget: int, lua: Lua) -> None:
    running = lua("function process(packet) print(packet.size) end", budget)
    assert running.process(2000) == ["5\n"] * 2000


def test_hook_that_runs_away_again_and_again_is_not_called_any_more(lua: Lua) -> None:
    running = lua(f"function process(packet) {LOOP} end", budget=1000)
    running.process(MAX_IN_A_ROW + 5)
    assert running.numbers() == {
        "processed": MAX_IN_A_ROW,
        "errors": MAX_IN_A_ROW,
        "over the budget": MAX_IN_A_ROW,
        "calls left out": 5,
    }
    assert len(running.told) == 2
    assert running.told[1] == (
        "tcpkit: process took too much 20 times in a row: it is not called any more"
    )


def test_runaways_that_are_not_in_a_row_are_no_reason_to_stop(lua: Lua) -> None:
    text = f"""
        local n = 0
        function process(packet) n = n + 1 if n % {MAX_IN_A_ROW} ~= 0 then {LOOP} end end
    """
    running = lua(text, budget=1000)
    running.process(3 * MAX_IN_A_ROW)
    assert running.script.counts.left_out == 0
    assert running.script.counts.over_budget == 3 * (MAX_IN_A_ROW - 1)


@pytest.mark.parametrize("hook", ["init", "finish"])
def test_hook_at_either_end_is_stopped(hook: str, lua: Lua) -> None:
    running = lua(f"function {hook}() {LOOP} end function process(packet) print(1) end")
    assert running.process() == ["1\n"]
    running.script.finish()
    assert running.numbers() == {"processed": 1, "errors": 1, "over the budget": 1}
    assert f"({hook}, packet 0)" in running.told[0]


def test_module_that_loops_is_stopped(lua: Lua) -> None:
    (lua.folder / "part.lua").write_text(LOOP)
    with pytest.raises(
        ScriptError, match=r"part\.lua:1: the budget of 200000 instructions is spent"
    ):
        lua("require('part')")


def test_calls_of_c_that_nest_without_end_are_an_error(lua: Lua) -> None:
    calls = [
        "string.gsub('a', 'a', f)",
        "string.gsub('a', 'a', coroutine.wrap(f))",
        "table.sort({ 1, 2 }, f)",
        "coroutine.wrap(f)()",
        "error(pcall(f))",
    ]
    for call in calls:
        running = lua(f"local function f() return ({call}) end function process(packet) f() end")
        running.process(2)
        assert running.script.counts.errors == 2, call


def test_callback_of_gsub_may_fail_often(lua: Lua) -> None:
    text = """
        function process(packet)
            for i = 1, 500 do pcall(string.gsub, "a", "a", function() error("no") end) end
            print((string.gsub("abc", "b", { b = "x" })))
            print((string.gsub("abc", ".", string.upper, 2)))
        end
    """
    assert lua(text).process() == ["axc\n", "ABc\n"]
