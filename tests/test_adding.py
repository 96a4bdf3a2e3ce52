"""docs/protocols.md keeps its promise: one file and one line make a mode."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tcpkit
from tests.build import Conversation, Packet, drop, write_pcap

PACKAGE = Path(tcpkit.__file__).parent
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "protocols.md"
LINES = 30
HANDSHAKE = 3


def blocks() -> list[str]:
    """The document's pieces of Python: the module, and the registry's line."""
    return re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources with the protocol added as the document says."""
    module, line = blocks()
    folder = tmp_path_factory.mktemp("tree")
    package = folder / "tcpkit"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    (package / "protocols" / "echo.py").write_text(module)
    registry = package / "protocols" / "registry.py"
    before, begin, after = registry.read_text().partition("_MODULES: Final[dict[str, str]] = {\n")
    assert begin
    registry.write_text(before + begin + line + after)
    return folder


def conversation() -> list[Packet]:
    made = Conversation(server="10.0.0.2:7").handshake()
    for number in range(LINES):
        made.client(b"line %d\n" % number, at_us=1000 * number)
        made.server(b"line %d\n" % number, at_us=1000 * number + 250)
    return made.close().packets


def traced(tree: Path, packets: list[Packet], *options: str) -> list[str]:
    file = tree / "echo.pcap"
    write_pcap(file, packets)
    command = [sys.executable, "-m", "tcpkit", "-r", str(file), "-m", "echo", "-q", *options]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_new_mode_logs_and_pairs(tree: Path) -> None:
    lines = traced(tree, conversation())
    assert len(lines) == LINES
    assert lines[3].endswith("10.0.0.1:40000 => 10.0.0.2:7 | 0.250 ms | line 3")


def test_new_mode_survives_a_loss_as_the_others_do(tree: Path) -> None:
    rows = [json.loads(line) for line in traced(tree, drop(conversation(), HANDSHAKE + 21), "-j")]
    assert len(rows) >= LINES - 10
    assert {row["latency_ns"] for row in rows} == {250_000}
    assert [row["quality"] for row in rows[:10]] == ["exact"] * 10
    assert {row["quality"] for row in rows[10:]} == {"inferred"}


def test_new_mode_has_numbers_by_command_and_by_server(tree: Path) -> None:
    file = tree / "divided.pcap"
    write_pcap(file, conversation())
    command = [sys.executable, "-m", "tcpkit", "-r", str(file), "-m", "echo"]
    done = subprocess.run(
        [*command, "--by", "command,server"], cwd=tree, capture_output=True, text=True, check=True
    )
    rows = [line.split()[:2] for line in done.stderr.splitlines()]
    assert ["ECHO", str(LINES)] in rows
    assert ["10.0.0.2:7", str(LINES)] in rows


def test_document_counts_its_steps() -> None:
    headings = re.findall(r"^## (\d)\.", DOCUMENT.read_text(), re.MULTILINE)
    assert headings == ["1", "2", "3", "4", "5", "6"]
