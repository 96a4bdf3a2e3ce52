"""The verdict of score.py on the captures of other projects, for the modes that are built.

TCPKIT_PEER_CAPTURES names the folder that holds it; without it this module is not collected.
"""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

import pytest

from tcpkit.errors import ConfigError
from tcpkit.options import parse
from tests.program import command, environment

FOLDER = Path(os.environ["TCPKIT_PEER_CAPTURES"])
DEADLINE_S = 300.0


class Case(TypedDict):
    """What is looked at of a case."""

    id: str
    args: list[str]


def is_built(case: Case) -> bool:
    """Whether the case asks for a mode and options that there are."""
    try:
        parse(["-r", "x", *case["args"]])
    except ConfigError:
        return False
    return True


def cases() -> list[Case]:
    every: list[Case] = json.loads((FOLDER / "cases.json").read_text())
    return [case for case in every if is_built(case)]


def group(case: Case) -> str:
    return case["id"].partition("/")[0]


CASES = cases()


@pytest.mark.parametrize("name", sorted({group(case) for case in CASES}))
def test_other_projects_agree(name: str, tmp_path: Path) -> None:
    chosen = tmp_path / "cases.json"
    chosen.write_text(json.dumps([case for case in CASES if group(case) == name]))
    done = subprocess.run(
        [
            *(sys.executable, str(FOLDER / "score.py"), "--cases", str(chosen)),
            *("--root", str(FOLDER), "--tcpkit", shlex.join(command())),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
