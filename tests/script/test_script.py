"""Errors are told once for each place; hooks are found and called."""

from pathlib import Path

import pytest

from tcpkit.config import Config
from tcpkit.errors import ScriptError
from tcpkit.script.script import MAX_PLACES, MAX_TEXT, Script
from tests.script.running import Lua


def test_error_is_told_once_for_each_place_with_traceback_and_packet(lua: Lua) -> None:
    text = """
        local function inner(payload)
            if payload == "a" then error("first") end
            return payload.none.none
        end
        function process(packet) inner(packet.payload) end
    """
    running = lua(text)
    running.script.wire.packets = 1234
    running.process(2, b"a")
    running.process(2, b"b")
    assert running.numbers() == {"processed": 4, "errors": 4}
    first, second = running.told
    assert first.startswith("tcpkit: error in the script (process, packet 1,234): ")
    assert "script.lua:3: first\nstack traceback:\n" in first
    assert "script.lua:3: in " in first
    assert "script.lua:6: in " in first
    assert "xpcall" not in first
    assert "script.lua:4: attempt to index" in second
    assert "tcpkit:" not in first.split("\n", 1)[1]


def test_messages_that_differ_at_one_place_are_told_once(lua: Lua) -> None:
    running = lua("local n = 0 function process() n = n + 1 error('number ' .. n) end")
    running.process(5)
    assert len(running.told) == 1


def test_message_without_a_place_counts_for_the_line_that_raised_it(lua: Lua) -> None:
    running = lua("local n = 0\nfunction process() n = n + 1\nerror('number ' .. n, 0) end")
    running.process(5)
    assert len(running.told) == 1


def test_places_that_are_told_have_a_bound(lua: Lua) -> None:
    running = lua("local n = 0 function process() n = n + 1 error('x.lua:' .. n .. ':', 0) end")
    running.process(MAX_PLACES + 10)
    assert running.script.counts.errors == MAX_PLACES + 10
    assert len(running.told) == MAX_PLACES


def test_message_is_cut_and_fit_for_a_terminal(lua: Lua) -> None:
    running = lua("function process(packet) error(packet.payload .. ('x'):rep(1000000)) end")
    running.process(1, b"\x1b[2J\x07\x9b\xff")
    [told] = running.told
    assert len(told) < MAX_TEXT + 100
    assert "\\x1b[2J\\x07" in told
    assert [c for c in told if ord(c) < 32 and c not in "\n\t"] == []


def test_packet_has_its_fields(lua: Lua) -> None:
    text = """
        function process(p)
            print(p.tv_sec, p.tv_usec, p.tv_nsec, p.sip, p.sport, p.dip, p.dport)
            print(p.payload, p.size, p.len, p.request, p.proto, p.seq)
        end
    """
    assert lua(text).process(1, b"a\x00\xff") == [
        "1500000000\t123456\t123456789\t10.0.0.1\t40000\t10.0.0.2\t53\n",
        "a\x00\xff\t3\t3\tfalse\tudp\tnil\n",
    ]


def test_init_gets_the_run_and_may_define_hooks(lua: Lua) -> None:
    path = lua.folder / "hooks.lua"
    path.write_text("""
        function init(c)
            print(c.mode, table.concat(c.ports, "+"), table.concat(c.servers, "+"), c.files[1],
                c.files[2], c.interface, c.udp, c.threshold_ms)
            function process() end
            function tick() end
        end
    """)
    config = Config(
        mode="redis", lua=lua.version, ports=(6379, 6380), servers=("::1", "10.0.0.1"),
        files=("a", "-"), threshold_ns=1_500_000,
    )  # fmt: skip
    printed: list[bytes] = []
    script = Script(path, config)
    assert not script.has("tick")
    script.begin(config, printed.append)
    assert printed == [b"redis\t6379+6380\t::1+10.0.0.1\ta\t-\tnil\tfalse\t1.5\n"]
    assert script.has("process")
    assert script.has("tick")


def test_what_is_printed_while_the_script_loads_comes_first(lua: Lua) -> None:
    running = lua("print('loaded') function init() print('begun') end")
    assert running.printed == ["loaded\n", "begun\n"]


def test_compiler_is_that_of_luajit_alone(lua: Lua) -> None:
    path = lua.folder / "script.lua"
    path.write_text("function process() end")
    config = Config(lua=lua.version, lua_jit=True)
    if lua.version == "luajit":
        assert Script(path, config).has("process")
        return
    with pytest.raises(ScriptError, match=r"--lua-jit: Lua 5\.\d has no compiler"):
        Script(path, config)


def test_name_of_a_script_may_be_any_bytes(tmp_path: Path) -> None:
    path = tmp_path / "\udcff.lua"
    path.write_text("function process() end")
    assert Script(path, Config()).has("process")
