"""The program that is measured: the compiled tcpkit of the running interpreter."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_INSTALLATION = "import tcpkit.installation as i; print(i.build_kind(), i.describe())"


class NotCompiled(Exception):
    """There is nothing here whose speed would mean anything."""


@dataclass(frozen=True)
class Tcpkit:
    """`folder`: where it is run; it holds no `tcpkit`, so that the installed one is taken."""

    folder: Path
    description: str

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "tcpkit", *arguments]


def installed(folder: Path) -> Tcpkit:
    """Raises NotCompiled for an interpreted build, or where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = subprocess.run(
        [sys.executable, "-c", _INSTALLATION],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        raise NotCompiled(f"tcpkit is not installed for {sys.executable}: pip install .")
    kind, description = asked.stdout.strip().split(" ", 1)
    if kind != "compiled":
        raise NotCompiled(
            f"the tcpkit of {sys.executable} is the {kind} build, whose speed says nothing: "
            "TCPKIT_COMPILE=1 pip install . tells why it was not compiled"
        )
    return Tcpkit(folder, description)
