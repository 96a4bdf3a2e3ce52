"""The terminal, written to by a thread of its own: a slow one never stops the capture."""

import os
from queue import Queue
from threading import Thread
from typing import Final

from textual.drivers.linux_driver import LinuxDriver

MAX_WAITING: Final = 64  # writes: some redraws
PARTING_S: Final = 2.0  # how long a terminal that takes nothing is waited for at the end
STDOUT: Final = 1


class Writer:
    """Writes texts to a descriptor in their order, and lets nobody wait.

    `waiting` is the number of texts that are not written yet.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._texts: Queue[str | None] = Queue()
        self._thread = Thread(target=self._run, name="tcpkit-terminal", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        return self._texts.unfinished_tasks

    def write(self, text: str) -> None:
        self._texts.put(text)

    def stop(self, timeout_s: float) -> None:
        """Write what waits and end; after `timeout_s` it is given up."""
        self._texts.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        gone = False  # the terminal: then what is written is thrown away
        while (text := self._texts.get()) is not None:
            if not gone:
                gone = not _written(self._descriptor, text.encode("utf-8", "replace"))
            self._texts.task_done()
        self._texts.task_done()


def _written(descriptor: int, data: bytes) -> bool:
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:  # somebody made it so
            os.set_blocking(descriptor, True)
        except OSError:
            return False
    return True


class PatientDriver(LinuxDriver):
    """Textual's driver, on standard output, without its wait for a slow terminal.

    Textual lets the event loop wait when 30 writes are queued, and the capture with it.
    Here what is drawn while the terminal is behind is thrown away; `lost` tells that the
    screen is to be drawn anew.
    """

    lost = False
    _writer: Writer | None = None
    _parting = False

    @property
    def behind(self) -> bool:
        return self._writer is not None and self._writer.waiting >= MAX_WAITING

    def _get_terminal_size(self) -> tuple[int, int]:
        """Columns and lines as they are: COLUMNS, which Textual believes, is of another time."""
        try:
            size = os.get_terminal_size(STDOUT)
        except OSError:
            return super()._get_terminal_size()
        return size.columns or 80, size.lines or 24

    def write(self, data: str) -> None:
        if self._writer is None:  # the first time, and after a stay in the background
            self._writer = Writer(STDOUT)
            self._parting = False
        if self.behind and not self._parting:
            self.lost = True
        else:
            self._writer.write(data)

    def stop_application_mode(self) -> None:
        self._parting = True  # what puts the terminal right is never left out
        super().stop_application_mode()

    def close(self) -> None:
        super().close()
        if self._writer is not None:
            self._writer.stop(PARTING_S)
            self._writer = None
