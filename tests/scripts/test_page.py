"""docs/lua.md names every field, hook and method that there is, and none that is not."""

import re
from pathlib import Path

import pytest

from tcpkit.config import DEFAULT_LUA_BUDGET, DEFAULT_LUA_MEMORY_MIB
from tcpkit.options import parse
from tests.scripts.lua import LUAS, PCAPS, ROOT, script_lines

PAGE = (ROOT / "docs" / "lua.md").read_text(encoding="utf-8")
_NAME = re.compile(r"`([a-z_]+)`")

KEYS = """
local function keys(table_)
    local names = {}
    for name in pairs(table_) do names[#names + 1] = name end
    table.sort(names)
    return table.concat(names, " ")
end
"""


def first_column(heading: str) -> set[str]:
    """The names in the first column of the table whose heading begins so."""
    table = PAGE.split(f"| {heading} |")[1].split("\n\n")[0].split("\n")[2:]
    return {name for row in table for name in _NAME.findall(row.split(" | ")[0])}


def told(script: str, folder: Path, capture: str, *options: str) -> set[str]:
    """The names in the last line that the script prints."""
    file = folder / "keys.lua"
    file.write_text(KEYS + script)
    return set(script_lines(file, PCAPS / capture, *options)[-1].split())


def test_fields_of_a_packet(tmp_path: Path) -> None:
    script = "function process(packet) print(keys(packet)) end"
    fields = first_column("field of `packet`")
    assert told(script, tmp_path, "tcp/echo.pcap") == fields
    of_tcp = {"seq", "ack", "window", "flags"}
    assert told(script, tmp_path, "dns/ordinary.pcap", "-u") == fields - of_tcp


def test_fields_of_the_configuration(tmp_path: Path) -> None:
    script = "function init(config) config.interface = '' print(keys(config)) end"
    options = ["-m", "redis", "-t", "100000"]
    assert told(script, tmp_path, "redis/echo.pcap", *options) == first_column("field of `config`")


def test_fields_of_an_exchange(tmp_path: Path) -> None:
    script = """
    local all = {}
    function exchange(e) for name in pairs(e) do all[name] = true end end
    function finish() print(keys(all)) end
    """
    paragraph = PAGE.split("The fields of `e` are")[1].split("What is null")[0]
    shown = set(_NAME.findall(paragraph))
    options = ["-t", "100000"]
    of_redis = told(script, tmp_path, "redis/errors.pcap", "-m", "redis", *options)
    of_dns = told(script, tmp_path, "dns/ordinary.pcap", "-m", "dns", *options)
    of_memcached = told(script, tmp_path, "memcached/multi-get.pcap", "-m", "memcached", *options)
    of_queue = told(script, tmp_path, "redis/queued.pcap", "-m", "redis", "--explain", *options)
    assert of_queue - of_redis == {"reason"}
    assert of_redis | of_dns | of_memcached | of_queue == shown
    assert of_dns - of_redis - of_memcached == {"id", "attempts", "answers"}


def test_hooks(tmp_path: Path) -> None:
    hooks = set(re.findall(r"^\| `([a-z]+)\(", PAGE.split("## Other hooks")[1], re.MULTILINE))
    assert {"init", "tick", "finish"} <= hooks
    script = "".join(
        f"function {hook}() print('{hook}') end\n" for hook in ("init", "tick", "finish")
    )
    file = tmp_path / "hooks.lua"
    file.write_text(script + "function process() end")
    assert set(script_lines(file, PCAPS / "dns" / "timeouts.pcap")) == {"init", "tick", "finish"}


def test_methods_of_a_stream() -> None:
    source = (ROOT / "tcpkit" / "script" / "stream.lua").read_text()
    defined = set(re.findall(r"^function Stream:([a-z]+)", source, re.MULTILINE))
    assert set(re.findall(r"^\| `stream:([a-z]+)", PAGE, re.MULTILINE)) == defined


def test_fields_of_a_protocol() -> None:
    files = [ROOT / "tcpkit" / "script" / f"{name}.lua" for name in ("definition", "protocol")]
    source = "".join(file.read_text() for file in files)
    used = set(re.findall(r"\bdefinition\.([a-z]+)", source))
    table = PAGE.split("## A protocol")[1].split("| field |")[1].split("\n\n")[0]
    shown = re.findall(r"^\| `([a-z]+)(?:\([^)]*\))?`(?: or `([a-z]+)`)?", table, re.MULTILINE)
    assert {name for pair in shown for name in pair if name} == used


def test_defaults_of_the_limits() -> None:
    config = parse(["-r", "x"])
    assert (config.lua_budget, config.lua_memory_mib) == (
        DEFAULT_LUA_BUDGET,
        DEFAULT_LUA_MEMORY_MIB,
    )
    assert f"{DEFAULT_LUA_BUDGET:,} if not given" in PAGE
    assert f"{DEFAULT_LUA_MEMORY_MIB} if not given" in PAGE


def test_versions() -> None:
    shown = PAGE.split("`--lua` chooses the version:")[1].split(".\n")[0].split(". Lua's")[0]
    assert re.findall(r"`(lua\w+)`", shown) == ["luajit", *sorted(set(LUAS) - {"luajit"})]


@pytest.mark.parametrize("lua", LUAS)
def test_what_is_said_to_be_there_or_not(lua: str, tmp_path: Path) -> None:
    file = tmp_path / "there.lua"
    file.write_text("""
    print(debug, ffi, python, newproxy)
    print(pcall(os.exit))
    print(type(bit32.band), type(unpack), type(loadstring), type(require), type(io.open))
    print(pcall(require, "ffi") or pcall(require, "debug") or pcall(require, "python"))
    print(string.format("%u", 7))
    function process(packet) end
    """)
    lines = script_lines(file, PCAPS / "tcp" / "echo.pcap", lua=lua)
    assert lines[0] == "nil\tnil\tnil\tnil"
    assert lines[1].startswith("false\t")
    assert lines[2:] == ["function\tfunction\tfunction\tfunction\tfunction", "false", "7"]


def test_every_shipped_script_is_named_and_says_how_to_run_it() -> None:
    for path in sorted((ROOT / "scripts").glob("*.lua")):
        head = path.read_text(encoding="utf-8").partition("\n\n")[0]
        assert f"`scripts/{path.name}`" in PAGE
        assert all(line.startswith("--") for line in head.splitlines())
        assert "--   tcpkit " in head
        assert "cannot know" in head
