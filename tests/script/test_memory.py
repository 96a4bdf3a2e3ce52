"""A script that wants too much memory is refused it, and capture goes on."""

import pytest

from tcpkit.script.script import MAX_IN_A_ROW
from tests.script.running import Lua

ENOUGH = 10**8  # instructions: more than it takes to fill the memory
GREEDY = {
    "huge string": "return ('x'):rep(1e9):byte()",
    "string that doubles": "local s = 'x' while true do s = s .. s end",
    "table of strings": "local t = {} while true do t[#t + 1] = ('x'):rep(100) .. #t end",
    "tables in tables": "local t while true do t = { t } end",
    "coroutines": """
        local t = {}
        while true do
            t[#t + 1] = coroutine.create(function() coroutine.yield() end)
            coroutine.resume(t[#t])
        end""",
    "buffer": "local t = {} for i = 1, 1e5 do t[i] = ('x'):rep(200) end return #table.concat(t)",
    "endless text": "local n = 0 load(function() n = n + 1 return ('x'):rep(1e5) .. n end)",
}  # fmt: skip


@pytest.mark.parametrize("what", GREEDY)
def test_call_that_wants_too_much_fails_and_the_next_one_works(what: str, lua: Lua) -> None:
    text = f"""
        function process(packet)
            if packet.payload == "greedy" then {GREEDY[what]} end
            print(#("x"):rep(1000000))
        end
    """
    running = lua(text, ENOUGH)
    for _ in range(3):
        assert running.process(1, b"greedy") == []
        assert running.process(2) == ["1000000\n"] * 2
    assert running.numbers() == {"processed": 9, "errors": 3, "out of memory": 3}
    assert "memory" in running.told[0]


HOLDS = {
    "tables": "while true do kept = { kept } end",
    "strings": "while true do kept[#kept + 1] = ('x'):rep(50) .. #kept end",
    "short strings": "while true do kept[#kept + 1] = 'x' .. #kept end",
    "long strings": "while true do kept[#kept + 1] = ('x'):rep(100000) .. #kept end",
}


@pytest.mark.parametrize("what", HOLDS)
def test_script_that_lets_go_works_again(what: str, lua: Lua) -> None:
    text = f"""
        kept = {{}}
        function process(packet)
            if packet.payload == "take" then pcall(function() {HOLDS[what]} end)
            elseif packet.payload == "give" then kept = {{}}
            end
            print(packet.payload:sub(1, 5))
        end
    """
    running = lua(text, ENOUGH)
    for _ in range(3):
        running.process(1, b"take")
        assert running.script.counts.out_of_memory > 0
        running.process(3, b"y" * 65000)  # there must be room for it, whether the script has any
        running.process(1, b"give")
        told = int(running.script.counts.out_of_memory)
        assert running.process(2, b"z" * 65000) == ["zzzzz\n"] * 2
        assert running.script.counts.out_of_memory == told


@pytest.mark.parametrize("what", HOLDS)
def test_script_that_does_not_let_go_is_not_called_any_more(what: str, lua: Lua) -> None:
    text = f"""
        kept = {{}}
        function process(packet) pcall(function() {HOLDS[what]} end) end
        function finish() kept = nil print("finished") end
    """
    running = lua(text, ENOUGH)
    running.process(MAX_IN_A_ROW + 5, b"x" * 65000)
    assert running.script.counts.left_out == 5
    assert "it is not called any more" in running.told[-1]
    running.script.finish()
    assert running.printed == ["finished\n"]


def test_tries_to_get_memory_when_there_is_none_are_few(lua: Lua) -> None:
    text = """
        function process(packet)
            kept = {}
            while true do pcall(function() while true do kept = { kept } end end) end
        end
    """
    running = lua(text, 10**6)
    running.process(2)
    assert running.script.counts.errors == 2


def test_garbage_is_no_matter(lua: Lua) -> None:
    text = """
        collectgarbage("stop")
        function process(packet) for i = 1, 100 do local t = { packet.payload .. i } end end
    """
    running = lua(text)
    running.process(200, b"x" * 10000)
    assert running.numbers() == {"processed": 200}


def test_half_of_the_memory_may_be_held(lua: Lua) -> None:
    text = """
        kept = {}
        for i = 1, 28 do kept[i] = ("x"):rep(100000) .. i end
        function process(packet) print(#kept) end
    """
    running = lua(text)
    assert running.process(100, b"x" * 10000) == ["28\n"] * 100
    assert running.told == []
