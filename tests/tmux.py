"""A real terminal: tmux, which draws what a program writes to it."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.program import DEADLINE_S, environment, wait_until

_SOCKET = "tmux"


class Terminal:
    """One window in which a shell runs a command; the folder holds its settings and files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def tmux(self, *arguments: str) -> str:
        command = ["tmux", "-S", str(self.folder / _SOCKET), "-f", os.devnull, *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=DEADLINE_S, check=True
        )
        return done.stdout

    def lines(self) -> list[str]:
        """What is on the screen."""
        return [line.rstrip() for line in self.tmux("capture-pane", "-p").split("\n")[:-1]]

    def text(self) -> str:
        return "\n".join(self.lines())

    def press(self, *keys: str) -> None:
        """Keys by tmux's names: `q`, `Tab`, `Enter`, `Escape`, `C-c`."""
        self.tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self.tmux("send-keys", "-l", text)

    def resize(self, width: int, height: int) -> None:
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def wait_for(self, *texts: str) -> str:
        """The screen as soon as it has all of them."""
        wait_until(lambda: all(text in self.text() for text in texts), f"{texts} on the screen")
        return self.text()

    def wait_without(self, *texts: str) -> str:
        """The screen as soon as it has none of them."""
        wait_until(lambda: not any(text in self.text() for text in texts), f"no {texts}")
        return self.text()

    def is_full_screen(self) -> bool:
        """Whether a program has the whole screen, or has left it."""
        return self.tmux("display", "-p", "#{alternate_on}") == "1\n"

    def status(self) -> int:
        """The exit status of the command, when it has ended."""
        path = self.folder / "status"
        wait_until(lambda: path.exists() and path.read_text().endswith("\n"), "it ends")
        return int(path.read_text())

    def process(self) -> int:
        """The process id of the command, when it runs."""
        path = self.folder / "pid"
        wait_until(lambda: path.exists() and path.read_text().endswith("\n"), "it starts")
        return int(path.read_text())

    def errors(self) -> str:
        """What the command has written to its standard error."""
        return (self.folder / "errors").read_text()

    def is_as_before(self) -> bool:
        """Whether the terminal is as it was: its modes, its cursor, its mouse."""
        before, after = (self.folder / name for name in ("before", "after"))
        wait_until(lambda: after.exists() and after.read_text().endswith("\n"), "the modes")
        shown = self.tmux("display", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}")
        return before.read_text() == after.read_text() and shown == "0 1 0\n"


@contextmanager
def terminal(
    command: list[str],
    width: int = 100,
    height: int = 30,
    env: Mapping[str, str] | None = None,
) -> Iterator[Terminal]:
    """A window of this size with `command` in it, whose standard error goes to a file."""
    with tempfile.TemporaryDirectory(prefix="tcpkit-tmux-") as name:
        folder = Path(name)
        window = Terminal(folder)
        script = (
            'cd "$0"; stty -g > before; '
            """sh -c 'echo $$ > pid; exec "$@"' sh "$@" 2> errors; """
            "echo $? > status; stty -g > after; exec cat"
        )
        shown = {**environment(), **(env or {})}
        changes = [word for each in shown.items() for word in ("-e", "=".join(each))]
        window.tmux(
            *("new-session", "-d", "-x", str(width), "-y", str(height), *changes),
            *("sh", "-c", script, str(folder), *command),
        )
        try:
            yield window
        finally:
            window.tmux("kill-server")
