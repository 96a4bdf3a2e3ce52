"""`tcpkit.protocol`: what is wrong with a definition is one line with its place, and exit 2."""

from pathlib import Path

import pytest

from tcpkit.script.version import VERSIONS
from tests.program import Outcome, assert_refused, tcpkit_run

CAPTURE = Path(__file__).resolve().parent.parent.parent / "pcaps" / "tcp" / "echo.pcap"
FUNCTIONS = (
    "request = function(s) return { command = s:line() } end, "
    "reply = function(s) s:line() return {} end"
)
GOOD = f'tcpkit.protocol {{ name = "lines", port = 7, {FUNCTIONS} }}'

WRONG = {
    "tcpkit.protocol(7)": "takes a table",
    f"tcpkit.protocol {{ port = 7, {FUNCTIONS} }}": "`name`",
    f'tcpkit.protocol {{ name = "Big", port = 7, {FUNCTIONS} }}': "`name`",
    f'tcpkit.protocol {{ name = ("x"):rep(33), port = 7, {FUNCTIONS} }}': "`name`",
    f"tcpkit.protocol {{ name = {{}}, port = 7, {FUNCTIONS} }}": "`name`",
    f'tcpkit.protocol {{ name = "x", {FUNCTIONS} }}': "`port`",
    f'tcpkit.protocol {{ name = "x", ports = {{}}, {FUNCTIONS} }}': "`ports`",
    f'tcpkit.protocol {{ name = "x", ports = 7, {FUNCTIONS} }}': "`ports`",
    f'tcpkit.protocol {{ name = "x", port = 0, {FUNCTIONS} }}': "1 to 65535",
    f'tcpkit.protocol {{ name = "x", port = 65536, {FUNCTIONS} }}': "1 to 65535",
    f'tcpkit.protocol {{ name = "x", port = 7.5, {FUNCTIONS} }}': "1 to 65535",
    f'tcpkit.protocol {{ name = "x", port = 0/0, {FUNCTIONS} }}': "1 to 65535",
    f'tcpkit.protocol {{ name = "x", port = "7", {FUNCTIONS} }}': "1 to 65535",
    f'tcpkit.protocol {{ name = "x", port = 7, transport = "sctp", {FUNCTIONS} }}': "`transport`",
    f'tcpkit.protocol {{ name = "x", port = 7, transport = false, {FUNCTIONS} }}': "`transport`",
    'tcpkit.protocol { name = "x", port = 7, reply = print }': "`request`",
    'tcpkit.protocol { name = "x", port = 7, request = print, reply = "r" }': "`reply`",
    f'tcpkit.protocol {{ name = "x", port = 7, starts = 1, {FUNCTIONS} }}': "`starts`",
    f'tcpkit.protocol {{ name = "x", port = 7, matches = {{}}, {FUNCTIONS} }}': "`matches`",
    f"{GOOD}; {GOOD}": "defined already",
}


def run(folder: Path, text: str, *options: str) -> Outcome:
    script = folder / "lines.lua"
    script.write_text(f"-- a comment\n{text}\n")
    return tcpkit_run("-q", "-r", CAPTURE, "-S", script, *options)


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_definition_is_one_line_with_its_place(text: str, tmp_path: Path) -> None:
    outcome = run(tmp_path, text, "-m", "lines")
    assert_refused(outcome, 2, "lines.lua:2: ", WRONG[text])


@pytest.mark.parametrize("mode", ["redis", "memcached", "dns", "raw"])
def test_the_name_of_a_mode_that_is_built_in_is_refused(mode: str, tmp_path: Path) -> None:
    outcome = run(tmp_path, GOOD.replace('"lines"', f'"{mode}"'), "-m", mode)
    assert_refused(outcome, 2, mode, "lines.lua")


def test_a_mode_that_no_script_brings_is_refused(tmp_path: Path) -> None:
    assert_refused(run(tmp_path, GOOD, "-m", "other"), 2, "other")
    assert_refused(tcpkit_run("-r", CAPTURE, "-m", "lines"), 2, "lines")


def test_udp_is_refused_where_it_is_not_spoken(tmp_path: Path) -> None:
    assert_refused(run(tmp_path, GOOD, "-m", "lines", "-u"), 2, "-u")


def test_a_script_of_a_protocol_has_nothing_to_do_in_other_modes(tmp_path: Path) -> None:
    assert_refused(run(tmp_path, GOOD, "-m", "raw"), 2, "process")
    assert_refused(run(tmp_path, GOOD, "-m", "redis"), 2, "exchange")


@pytest.mark.parametrize("version", VERSIONS)
def test_several_protocols_and_a_hook_in_one_script(version: str, tmp_path: Path) -> None:
    text = f"""{GOOD}
    tcpkit.protocol {{ name = "others", ports = {{ 8, 7 }}, {FUNCTIONS} }}
    function exchange(e) print(e.protocol, e.request) end"""
    for mode in ("lines", "others"):
        outcome = run(tmp_path, text, "-m", mode, "-t", "100000", "--lua", version)
        assert (outcome.status, outcome.err) == (0, "")
        lines = outcome.out.splitlines()
        assert len(lines) == 4
        assert {line.split("\t")[0] for line in lines} == {mode}


def test_a_protocol_defined_in_a_hook_is_an_error_of_the_script(tmp_path: Path) -> None:
    outcome = run(tmp_path, f"{GOOD} function init() {GOOD} end", "-m", "lines")
    assert outcome.status == 0
    assert "only while the script is loaded" in outcome.err
    assert len(outcome.out.splitlines()) == 4
