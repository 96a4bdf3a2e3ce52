"""What a protocol's functions return cannot run away either."""

from pathlib import Path

import pytest

from tcpkit.script.version import VERSIONS
from tests.program import tcpkit_run

CAPTURE = Path(__file__).resolve().parent.parent.parent / "pcaps" / "redis" / "errors.pcap"
LOOP = "function() while true do end end"
REQUESTS = {
    "loop": "while true do end",
    "pcall": f"while true do pcall({LOOP}) end",
}
# Outside of a call no budget holds: nothing of the script's may run there.
RETURNED = {
    "index of what it returns": f"setmetatable({{}}, {{ __index = {LOOP} }})",
    "text of an id": f"""
        {{ command = "X", id = setmetatable({{}}, {{ __tostring = {LOOP} }}) }}""",
    "text of a command": f"{{ command = setmetatable({{}}, {{ __tostring = {LOOP} }}) }}",
    "flags": f"""{{ command = "X", flags = setmetatable({{}}, {{ __index = {LOOP} }}) }}""",
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("what", REQUESTS)
def test_protocol_that_runs_away_is_stopped(what: str, version: str, tmp_path: Path) -> None:
    script = tmp_path / "script.lua"
    script.write_text(f"""
        tcpkit.protocol {{
            name = "line", port = 6379,
            request = function(stream) {REQUESTS[what]} end,
            reply = function(stream) stream:line() return {{}} end,
        }}
    """)
    done = tcpkit_run(
        "-r", CAPTURE, "-m", "line", "-S", script, "--lua", version, "--lua-budget", "100000"
    )
    assert done.status == 0
    assert "the budget of 100000 instructions is spent" in done.err
    [counts] = [line for line in done.err.splitlines() if line.startswith("script ")]
    words = counts.split()
    assert words[words.index("errors") + 1] == words[words.index("budget") + 1]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("what", RETURNED)
def test_no_metamethod_of_what_a_protocol_returns_is_called(
    what: str, version: str, tmp_path: Path
) -> None:
    script = tmp_path / "script.lua"
    script.write_text(f"""
        tcpkit.protocol {{
            name = "line", port = 6379,
            request = function(stream) stream:line() return {RETURNED[what]} end,
            reply = function(stream) stream:line() return {{}} end,
        }}
    """)
    done = tcpkit_run("-r", CAPTURE, "-m", "line", "-S", script, "--lua", version)
    assert done.status == 0
    assert "budget" not in done.err
