"""The examples in README.md and docs give the output that stands below them.

An example is a `console` block: a line `$ command`, then what it prints on both streams,
until the next such line. It is run by sh where there are the shipped captures, the shipped
scripts, and the page's `lua` blocks under the name in their first line, and no source tree,
so that `tcpkit` is the build under test; local time is UTC.
"""

import re
from pathlib import Path

import pytest

from tests.program import shell_run

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SCRIPT = re.compile(r"^```lua\n(-- (\S+\.lua)\n.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")


def scripts() -> dict[str, str]:
    """The Lua that the pages show, by its file's name."""
    texts = [document.read_text(encoding="utf-8") for document in DOCUMENTS]
    return {name: text for page in texts for text, name in _SCRIPT.findall(page)}


def examples() -> list[tuple[str, str]]:
    """Each command with its output as shown."""
    found: list[tuple[str, str]] = []
    for document in DOCUMENTS:
        for block in _BLOCK.findall(document.read_text(encoding="utf-8")):
            for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, shown = example.partition("\n")
                found.append((command, shown))
    return found


@pytest.mark.parametrize(("command", "shown"), examples(), ids=[each[0] for each in examples()])
def test_example_prints_what_is_shown(command: str, shown: str, tmp_path: Path) -> None:
    for folder in ("pcaps", "scripts"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    for name, text in scripts().items():
        (tmp_path / name).write_text(text)
    # The first argument is the interpreter; a function keeps the commands as they are shown.
    script = f'run=$1; tcpkit() {{ "$run" -m tcpkit "$@"; }}; {{ {command}; }} 2>&1'

    outcome = shell_run(script, cwd=tmp_path)

    assert outcome.err == ""
    assert outcome.out == shown
    assert outcome.status == 0


def test_the_examples_trace_and_count_and_print_json() -> None:
    commands = " ".join(command for command, _ in examples())

    assert [word for word in (" -t ", " -j ", " -q ", "slow.pcap") if word not in commands] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=[each.name for each in DOCUMENTS])
def test_every_file_that_is_linked_is_there(document: Path) -> None:
    links = _LINK.findall(document.read_text(encoding="utf-8"))

    assert [link for link in links if not (document.parent / link).is_file()] == []
