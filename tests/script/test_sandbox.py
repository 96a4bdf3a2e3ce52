"""What a script cannot reach, and what it can, in every version of Lua."""

import pytest

from tcpkit.errors import ScriptError, TcpkitError
from tcpkit.sinks.log_file import OutputClosed
from tests.script.running import Lua

FORBIDDEN = (
    "python", "debug", "ffi", "lupa", "jit.opt", "jit.util", "jit.profile", "jit.p",
    "string.buffer", "table.new",
)  # fmt: skip


def said(lua: Lua, body: str) -> list[str]:
    """What `body` prints in `process`."""
    running = lua(f"function process(packet)\n{body}\nend")
    lines = running.process()
    assert running.told == []
    return lines


@pytest.mark.parametrize("name", FORBIDDEN)
def test_module_is_not_there(name: str, lua: Lua) -> None:
    body = f"print(_G['{name}'], package.loaded['{name}'], package.preload['{name}'])"
    assert said(lua, f"{body} print((pcall(require, '{name}')))") == ["nil\tnil\tnil\n", "false\n"]


def test_no_table_that_a_script_sees_leads_to_what_is_forbidden(lua: Lua) -> None:
    body = """
        local seen, forbidden = {}, { sethook = true, getregistry = true, cdef = true,
            loadlib = true, newproxy = true, on = true, as_attrgetter = true }
        local function look(value, path)
            if type(value) == "userdata" then
                if io.type(value) == nil then print("userdata", path) end
            elseif type(value) == "table" and not seen[value] then
                seen[value] = true
                for k, v in next, value do
                    if forbidden[k] then print(path, k) end
                    look(k, path) look(v, path .. "." .. tostring(k))
                end
            end
            local meta = getmetatable(value)
            if type(meta) == "table" then look(meta, path .. "()") end
        end
        look(_G, "_G") look(packet, "packet") look("", "string") look(io.stdout, "stdout")
        if getfenv then
            for _, f in pairs(seen) do look(f, "") end
            look(getfenv(0), "env") look(getfenv(1), "env") look(getfenv(print), "env")
            look(getfenv(pcall), "env")
        end
        print("looked")
    """
    assert said(lua, body) == ["looked\n"]


def test_only_lua_files_of_the_folder_are_required(lua: Lua) -> None:
    (lua.folder / "part.lua").write_text("#!shebang\nreturn { word = 'found' }")
    (lua.folder / "deep").mkdir()
    (lua.folder / "deep" / "part.lua").write_text("return { word = ... }")
    (lua.folder / "library.so").write_bytes(b"\x7fELF")
    assert said(lua, "print(require('part').word, require('deep.part').word)") == [
        "found\tdeep.part\n"
    ]
    assert said(lua, "print(#(package.searchers or package.loaders), package.cpath == '')") == [
        "2\ttrue\n"
    ]
    assert said(lua, "print((pcall(require, 'library')))") == ["false\n"]


def test_module_that_cannot_be_compiled_says_where(lua: Lua) -> None:
    (lua.folder / "part.lua").write_text("x = = 1")
    [line] = said(lua, "print(select(2, pcall(require, 'part')))")
    assert "part.lua:1: unexpected symbol" in line


def test_binary_chunks_are_not_loaded(lua: Lua) -> None:
    body = """
        local binary = string.dump(function() return 6 end)
        print(load(binary))
        print(load(binary, "x", "b"))
        print(loadstring(binary))
        local once = binary
        print(load(function() local part = once once = nil return part end))
        local path = "FOLDER/binary.lua"
        local file = io.open(path, "wb") file:write(binary) file:close()
        print(loadfile(path))
        print(select(2, pcall(dofile, path)))
        print((pcall(require, "binary")))
    """.replace("FOLDER", str(lua.folder))
    refused = "binary chunks are not loaded\n"
    assert said(lua, body) == [f"nil\t{refused}"] * 5 + [refused, "false\n"]


def test_loaded_texts_have_the_globals_of_the_script(lua: Lua) -> None:
    body = """
        word = "seen"
        print(load("return word")(), loadstring("return word")())
        print(load("return word", "name", "t", { word = "own" })())
        print(load("return _G == ...")(_G), package.loaded._G == _G)
    """
    assert said(lua, body) == ["seen\tseen\n", "own\n", "true\ttrue\n"]


def test_finalizers_cannot_be_made(lua: Lua) -> None:
    body = """
        print(io.stdout.__index, io.stdout.__gc, getmetatable(io.stdout), newproxy)
        local run = false
        local meta = { __gc = function() run = true end }
        pcall(setmetatable, {}, meta)
        collectgarbage() collectgarbage()
        print(run)
    """
    assert said(lua, body) == ["nil\tnil\tfile\tnil\n", "false\n"]


def test_globals_that_refuse_every_name_do_not_end_the_program(lua: Lua) -> None:
    text = """
        function process(packet) print(packet.sip) return missing end
        setmetatable(_G, { __index = function(_, name) error("no " .. name) end,
            __newindex = function(_, name) error("no " .. name) end })
    """
    running = lua(text)
    assert running.process(3) == ["10.0.0.1\n"] * 3
    assert running.numbers() == {"processed": 3, "errors": 3}
    assert "script.lua:3: no missing" in running.told[0]


def test_table_named_debug_is_the_scripts_own_business(lua: Lua) -> None:
    text = """
        debug = setmetatable({}, { __index = function() error("touched") end })
        function process(packet) error("mine") end
    """
    running = lua(text)
    running.process(2)
    assert "script.lua:3: mine" in running.told[0]


def test_library_that_the_script_breaks_is_not_the_hosts(lua: Lua) -> None:
    text = """
        for _, name in pairs({ "rawget", "type", "pairs", "ipairs", "tonumber", "tostring", "error",
            "pcall", "xpcall", "select", "load", "collectgarbage", "setmetatable" }) do
            _G[name] = nil
        end
        string.gmatch, string.find, string.gsub, string.sub, table.concat = nil, nil, nil, nil, nil
        getmetatable("").__index = nil
        string, table, coroutine, package, io, math = nil, nil, nil, nil, nil, nil
        function init(config) print(config.mode) end
        function process(packet) print(packet.sip) nothing() end
    """
    running = lua(text)
    assert running.process(2) == ["10.0.0.1\n"] * 2
    assert running.printed[0] == "raw\n"
    assert "script.lua:10: " in running.told[0]


def test_environments_lead_nowhere(lua: Lua) -> None:
    body = """
        if not setfenv then return print("ok") end
        assert(getfenv(0) == _G and getfenv(1) == _G and getfenv(print) == _G)
        assert(not pcall(setfenv, 0, {}) and not pcall(setfenv, next, {}))
        setfenv(print, {}) setfenv(load, {}) setfenv(xpcall, {}) setfenv(bit32.band, {})
        local print, loadstring, setfenv = print, loadstring, setfenv
        local pcall = pcall
        for level = 2, 5 do pcall(setfenv, level, {}) end
        print(loadstring("return 'ok'")())
    """
    assert said(lua, body) == ["ok\n"]


def test_nothing_of_python_comes_with_a_log_that_cannot_be_written(lua: Lua) -> None:
    text = """
        function process(packet)
            if caught then print(type(caught), caught) end
            caught = select(2, pcall(print, "first"))
        end
    """
    running = lua(text)

    def closed(line: bytes) -> None:
        raise OutputClosed

    running.script.vm.attach(closed)
    with pytest.raises(OutputClosed):
        running.process()
    running.script.vm.attach(running.write)
    assert running.process() == ["string\tthe log cannot be written\n", "first\n"]


def test_exit_is_an_error(lua: Lua) -> None:
    running = lua("function process(packet) os.exit(3) end")
    running.process()
    assert "os.exit is not there" in running.told[0]


@pytest.mark.parametrize(
    "value",
    ["{}", "nil", "setmetatable({}, { __tostring = function() return {} end })",
     "setmetatable({}, { __tostring = function() error('again') end })",
     "setmetatable({}, { __tostring = function() while true do end end })"],
)  # fmt: skip
def test_error_that_is_no_text_is_told_once(value: str, lua: Lua) -> None:
    running = lua(f"function process(packet) error({value}) end")
    running.process(3)
    assert running.script.counts.errors == 3
    assert len(running.told) == 1


def test_what_print_gets_is_made_text(lua: Lua) -> None:
    text = """
        function process(packet)
            print(setmetatable({}, { __tostring = function()
                return setmetatable({}, { __concat = function() return {} end })
            end }))
        end
    """
    running = lua(text)
    assert running.process() == []
    assert "'__tostring' must return a string" in running.told[0]


def test_all_ways_to_print_go_to_the_log_in_their_order(lua: Lua) -> None:
    body = """
        print(1, nil, "a\\0b") io.write("x", 2, "\\n") io.stdout:write("y\\n"):write("z\\n") print()
    """
    assert said(lua, body) == ["1\tnil\ta\x00b\n", "x2\n", "y\n", "z\n", "\n"]


def test_io_write_goes_to_the_file_that_io_output_names(lua: Lua) -> None:
    path = lua.folder / "out"
    said(lua, f"io.output('{path}') io.write('there') io.close() io.output(io.stdout)")
    assert path.read_text() == "there"


def test_what_other_versions_have_is_there(lua: Lua) -> None:
    body = """
        print(unpack({ 1, 2 })) print(table.unpack({ 3, 4 }))
        print(string.format("%u %5u|%-3u|%%u %s", 7, 8, 9, "u"))
        print(loadstring("return 5")())
        local function fail() error("a", 0) end
        print(select(2, xpcall(fail, function(what) return what .. "b" end)))
    """
    assert said(lua, body) == ["1\t2\n", "3\t4\n", "7     8|9  |%u u\n", "5\n", "ab\n"]


def test_script_may_begin_with_the_line_of_an_interpreter(lua: Lua) -> None:
    running = lua("#!/usr/bin/env lua\nfunction process(packet) error('here') end")
    running.process()
    assert "script.lua:2: here" in running.told[0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = = 1", "script.lua:1: unexpected symbol"),
        ("\n error('no good')", "script.lua:2: no good"),
        ("error('', 0)", "an error without a text"),
        ("error()", "nil"),
        ("\x1bLua", "binary chunks are not loaded"),
        ("while true do end", "script.lua:1: the budget of 200000 instructions is spent"),
        ("local t while true do t = { t } end", "not enough memory"),
        ("pcall(function() while true do t = { t } end end)", "memory"),
    ],
)
def test_script_that_does_not_load_says_why(text: str, why: str, lua: Lua) -> None:
    with pytest.raises(TcpkitError) as caught:
        lua(text, memory_mib=8, budget=200_000 if "{" not in text else 10**9)
    assert isinstance(caught.value, ScriptError)
    assert why in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
