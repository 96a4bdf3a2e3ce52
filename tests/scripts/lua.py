"""Runs a shipped script as a user does, in each version of Lua."""

from pathlib import Path

from tcpkit.script.version import VERSIONS
from tests.build import Packet, write_pcap
from tests.program import tcpkit_run

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
PCAPS = ROOT / "pcaps"
LUAS = list(VERSIONS)


def script_lines(
    script: str | Path, capture: Path, *options: str, lua: str = "luajit"
) -> list[str]:
    """What `tcpkit -S script -r capture` prints, without a complaint. `script` is below scripts."""
    outcome = tcpkit_run("-q", "--lua", lua, "-S", SCRIPTS / script, "-r", capture, *options)
    assert outcome.err == ""
    assert outcome.status == 0
    return outcome.out.splitlines()


def lines_of(script: str, packets: list[Packet], folder: Path, *options: str) -> list[str]:
    """The same for packets that a test made."""
    file = folder / "made.pcap"
    write_pcap(file, packets)
    return script_lines(script, file, *options)
