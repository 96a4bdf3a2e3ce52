"""What lies in `deploy`, and the tools of others that read it."""

import subprocess
from pathlib import Path
from typing import Final

from tests.program import Outcome

# Not through a link: below it lies build/wheel, too.
ROOT: Final = Path(__file__).resolve().parents[2]
DEPLOY: Final = ROOT / "deploy"
DEADLINE_S: Final = 120.0


def tool_run(*command: str | Path, cwd: Path | None = None) -> Outcome:
    """A whole run of a tool that looks at our files."""
    done = subprocess.run(
        [*map(str, command)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=DEADLINE_S,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)
