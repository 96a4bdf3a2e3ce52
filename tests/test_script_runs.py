"""-S as a user types it."""

import json
import os
from pathlib import Path

import pytest

from tests.program import Outcome, assert_refused, shell_run, tcpkit_run

PCAPS = Path(__file__).resolve().parent.parent / "pcaps"
RESET = PCAPS / "redis" / "reset.pcap"  # 11 exchanges, 3 of them answered, in 30 packets
TIMEOUTS = PCAPS / "dns" / "timeouts.pcap"

ALL = """
function init(config) print("init", config.mode, config.files[1] ~= nil) end
function process(packet) print("process", packet.proto) end
function exchange(e) print("exchange", e.command, e.status, e.code, #e.flags) end
function finish() print("finish") end
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "script.lua"


def run(script: Path, text: str, *arguments: str | Path) -> Outcome:
    script.write_text(text)
    return tcpkit_run(*arguments, "-S", script)


def test_hooks_are_called_in_their_order_in_raw_mode(script: Path) -> None:
    done = run(script, ALL, "-r", RESET)
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines == ["init\traw\ttrue", *["process\ttcp"] * 30, "finish"]
    assert "script    processed 30\n" in done.err


def test_exchange_gets_all_and_the_log_the_slow_ones(script: Path) -> None:
    arguments = ("-r", RESET, "-m", "redis", "-t", "0.25")
    done = run(script, ALL, *arguments)
    plain = tcpkit_run(*arguments)
    own = [line for line in done.out.splitlines() if line.startswith(("init", "exch", "fini"))]
    others = [line for line in done.out.splitlines() if line not in own]
    assert others == plain.out.splitlines()
    assert own[0] == "init\tredis\ttrue"
    assert own[-1] == "finish"
    assert len(own) == 13
    assert done.err == plain.err.replace("pairs ", "script    exchanges 11\npairs ")


def test_exchange_has_the_fields_of_the_json_line(script: Path) -> None:
    text = """
        function exchange(e)
            local names = {}
            for name in pairs(e) do names[#names + 1] = name end
            table.sort(names)
            print(table.concat(names, " "))
            print(e.client, e.server, e.request, e.status, e.quality, e.depth)
        end
    """
    for capture, mode in ((RESET, "redis"), (TIMEOUTS, "dns")):
        logged = tcpkit_run("-r", capture, "-m", mode, "-j", "-q").out.splitlines()
        done = run(script, text, "-r", capture, "-m", mode, "-q", "-j")
        own = [line for line in done.out.splitlines() if not line.startswith("{")]
        expected: list[str] = []
        for row in map(json.loads, logged):
            names = sorted(name for name, value in row.items() if value is not None)
            fields = ("client", "server", "request", "status", "quality", "depth")
            expected += [" ".join(names), "\t".join(str(row[name]) for name in fields)]
        assert own == expected


def test_tick_comes_with_capture_time(script: Path) -> None:
    done = run(script, "function tick(now) print(now) end", "-r", TIMEOUTS, "-m", "dns", "-q", "-j")
    ticks = [int(line) for line in done.out.splitlines() if not line.startswith("{")]
    assert len(ticks) > 10
    assert ticks == list(range(ticks[0], ticks[0] + len(ticks)))


def test_what_a_script_writes_to_files_is_there_at_the_end(script: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    text = f"""
        local file = io.open("{kept}", "w")
        local pipe = io.popen("cat > {kept}.pipe", "w")
        function process(packet) file:write(packet.proto, "\\n") pipe:write("x") end
    """
    assert run(script, text, "-r", RESET, "-q").status == 0
    assert kept.read_text() == "tcp\n" * 30
    text += "function finish() pipe:close() end"
    assert run(script, text, "-r", RESET, "-q").status == 0
    assert Path(f"{kept}.pipe").read_text() == "x" * 30


def test_file_that_cannot_be_written_is_an_error(script: Path) -> None:
    text = "local file = io.open('/dev/full', 'w') function process() file:write('x') end"
    assert_refused(run(script, text, "-r", RESET, "-q"), 1, "script.lua", "No space left")


def test_log_that_cannot_be_written_ends_the_run(script: Path) -> None:
    script.write_text("function process() pcall(print, ('x'):rep(100000)) end")
    done = shell_run('"$@" > /dev/full', "-r", RESET, "-S", script)
    assert done.status == 1
    assert done.err.endswith(
        "tcpkit: error: cannot write standard output: No space left on device\n"
    )


def test_closed_output_ends_the_run_quietly(script: Path, tmp_path: Path) -> None:
    script.write_text(f"""
        local file = io.open("{tmp_path}/kept", "w")
        function process() file:write("x") pcall(print, ("x"):rep(100000)) end
    """)
    done = shell_run('"$@" | head -c 3', "-r", RESET, "-S", script)
    assert (done.out, done.err) == ("xxx", "")
    assert (tmp_path / "kept").read_text().startswith("x")


def test_error_is_told_and_the_run_goes_on(script: Path) -> None:
    done = run(script, "function process(packet)\n return nothing.there end", "-r", RESET)
    assert done.status == 0
    lines = done.err.splitlines()
    assert lines[0].startswith("tcpkit: error in the script (process, packet 1): ")
    assert "script.lua:2: attempt to index global 'nothing'" in lines[0]
    assert lines[1] == "stack traceback:"
    assert "script    processed 30   errors 30\n" in done.err


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("x = = 1", "raw", ["script.lua:1: unexpected symbol near '='"]),
        ("\nerror('no')", "raw", ["script.lua:2: no"]),
        ("x = 1", "raw", ["process(packet)", "-m raw"]),
        ("process = 1", "raw", ["process(packet)"]),
        ("function process() end", "redis", ["exchange, init, tick, finish", "-m redis"]),
        ("\x1bLJ\x02", "raw", ["binary"]),
        ("function process() end", "nosuch", ["nosuch"]),
    ],
)
def test_script_that_does_not_fit_is_one_line_and_status_2(
    text: str, mode: str, words: list[str], script: Path
) -> None:
    assert_refused(run(script, text, "-r", RESET, "-m", mode), 2, *words)


def test_script_that_cannot_be_read_is_one_line_and_status_2(tmp_path: Path) -> None:
    assert_refused(tcpkit_run("-r", RESET, "-S", tmp_path), 2, str(tmp_path), "Is a directory")
    missing = tmp_path / "none.lua"
    assert_refused(tcpkit_run("-r", RESET, "-S", missing), 2, "none.lua", "No such file")


def test_version_that_has_no_compiler_refuses_lua_jit(script: Path) -> None:
    done = run(script, ALL, "-r", RESET, "--lua-jit", "--lua", "lua54")
    assert_refused(done, 2, "--lua-jit", "Lua 5.4")


def test_lua_jit_says_that_the_budget_is_off(script: Path) -> None:
    done = run(script, ALL, "-r", RESET, "--lua-jit", "-q")
    assert done.status == 0
    assert len(done.out.splitlines()) == 32
    assert done.err == (
        "tcpkit: --lua-jit: the budget is off, an endless loop in the script is not stopped\n"
    )


def test_version_is_the_one_that_was_asked_for(script: Path) -> None:
    for name, version in (("lua51", "Lua 5.1"), ("lua54", "Lua 5.4"), ("lua55", "Lua 5.5")):
        done = run(script, "function init() print(_VERSION, jit) end function process() end",
                   "-r", RESET, "-q", "--lua", name)  # fmt: skip
        assert done.out == f"{version}\tnil\n"
    done = run(script, "print(jit and jit.version) function process() end", "-r", RESET, "-q")
    assert done.out.startswith("LuaJIT 2.1")


def test_budget_and_memory_are_those_that_were_asked_for(script: Path) -> None:
    loop = "function process() for i = 1, 1000000 do end print('done') end"
    assert "done" in run(script, loop, "-r", RESET).out
    done = run(script, loop, "-r", RESET, "--lua-budget", "10000")
    assert "the budget of 10000 instructions is spent" in done.err
    assert "processed 20   errors 20   over the budget 20   calls left out 10" in done.err
    big = "function process() local s = ('x'):rep(20000000) print(#s) end"
    assert "20000000" in run(script, big, "-r", RESET).out
    done = run(script, big, "-r", RESET, "--lua-memory", "16")
    assert "not enough memory" in done.err


def test_module_beside_the_script_is_found_from_any_folder(script: Path, tmp_path: Path) -> None:
    (tmp_path / "part.lua").write_text("return { word = 'found' }")
    script.write_text("function process() print(require('part').word) end")
    (tmp_path / "elsewhere").mkdir()
    done = tcpkit_run(
        "-r", RESET, "-S", os.path.join("..", "script.lua"), "-q", cwd=tmp_path / "elsewhere"
    )
    assert done.out == "found\n" * 30


def test_packaged_script_is_found_by_its_name_and_one_beside_goes_first(tmp_path: Path) -> None:
    arguments = ("-q", "-r", PCAPS / "mysql" / "ordinary.pcap", "-m", "mysql")
    script = ("-S", "protocols/mysql.lua")
    found = tcpkit_run(*arguments, *script, cwd=tmp_path)
    assert (found.err, found.status) == ("", 0)
    assert "SELECT" in found.out
    (tmp_path / "protocols").mkdir()
    (tmp_path / "protocols" / "mysql.lua").write_text("error('mine')")
    outcome = tcpkit_run(*arguments, *script, cwd=tmp_path)
    assert_refused(outcome, 2, "protocols/mysql.lua", "mine")
