"""A user's script: loaded, its hooks called, its errors told once for each place."""

import ctypes
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from tcpkit.config import Config
from tcpkit.errors import ScriptError, TcpkitError
from tcpkit.script.counts import ScriptCounts
from tcpkit.script.vm import Function, Vm
from tcpkit.wire.counts import WireCounts

MAX_PLACES: Final = 100  # places whose errors are told, each with its traceback
MAX_IN_A_ROW: Final = 20  # calls that take too much before a hook is not called any more
NS_PER_MS: Final = 1_000_000
MAX_TEXT: Final = 8192  # characters of a report: a script may raise anything
_PLACE: Final = re.compile(r"[^\n]*?:\d+:")
_ADDRESS: Final = re.compile(r"0x[0-9a-f]+")
_UNPRINTABLE: Final = re.compile(r"[^\n\t -~\xa0-\U0010ffff]")
_OUT_OF_MEMORY: Final = ("not enough memory", "the script holds too much memory")
BETWEEN: Final = b"\1"  # parts of a list that is handed over as one text


def _untold(text: str) -> None:
    return None


def _deliver_nothing() -> None:
    return None


class Script:
    """The script of `config`. Before a run, `tell` is to be set, in it `wire`.

    `tell` takes diagnostics; `wire` counts the packets of the capture. `deliver` hands over the
    packets that wait for `process`: it is called before any other hook.
    """

    def __init__(self, path: Path, config: Config) -> None:
        """Load it. Raises ScriptError, one line, where that fails."""
        self.name = str(path)
        self.counts = ScriptCounts()
        self.tell: Callable[[str], None] = _untold
        self.wire = WireCounts()
        self.deliver: Callable[[], None] = _deliver_nothing
        try:
            text = path.read_bytes()
        except OSError as error:
            raise ScriptError(f"cannot read {path}: {error.strerror}") from None
        self.vm = Vm(
            config.lua, config.lua_jit, config.lua_budget, config.lua_memory_mib, path.parent
        )
        self.packets = self.vm.functions("batch")
        (
            load, self._has, self._find, self.exchange, self._init, self._tick, self._finish,
        ) = self.vm.functions("hooks")  # fmt: skip
        for name in ("stream", "told", "definition"):
            self.vm.run(name, self.vm.host)
        self.protocols = self.vm.functions("protocol")
        self._told: set[str] = set()
        self._overruns: dict[str, tuple[int, int]] = {}  # hook: how many in a row, the last number
        self._given_up: set[str] = set()
        report = self._report(load, text.removeprefix(b"\xef\xbb\xbf"), os.fsencode(path))
        if report is not None:
            why = report[0].split("\n", 1)[0] or "an error without a text"
            raise ScriptError(f"cannot load {path}: {why}")
        self._find()

    def has(self, hook: str) -> bool:
        """Whether the script has a global function of this name."""
        return self._has(hook.encode()) is True

    def begin(self, config: Config, write: Callable[[bytes], None]) -> None:
        """`print` writes by `write` from now on; `init` is called. Raises what `write` raises."""
        self.vm.attach(write)
        if self.has("init"):
            threshold_ns = config.threshold_ns
            self._call(
                "init", 0, self._init, config.mode.encode(), _listed(map(str, config.ports)),
                _listed(config.servers), _listed(config.files),
                None if config.interface is None else config.interface.encode(), config.udp,
                None if threshold_ns is None else threshold_ns / NS_PER_MS,
            )  # fmt: skip
            self._find()

    def tick(self, now_s: int) -> None:
        if "tick" in self._given_up:
            self.counts.left_out += 1
            return
        self.deliver()
        self.counts.ticks += 1
        self._call("tick", int(self.counts.ticks), self._tick, now_s)

    def finish(self) -> None:
        """The capture has ended. Raises what the log raises."""
        self.deliver()
        if self.has("finish"):
            self._call("finish", 0, self._finish)

    def flush(self) -> None:
        """Write what the script has written to files. Raises TcpkitError where that fails.

        The program leaves without Lua's or C's own endings.
        """
        if ctypes.CDLL(None, use_errno=True).fflush(None):
            reason = os.strerror(ctypes.get_errno())
            raise TcpkitError(f"cannot write a file of the script {self.name}: {reason}")

    def is_given_up(self, hook: str) -> bool:
        """Whether a hook ran away so often that it is not to be called any more."""
        return hook in self._given_up

    def _call(self, hook: str, number: int, function: Function, *arguments: object) -> None:
        report = self._report(function, *arguments)
        self.settle(hook, number, report)

    def _report(self, function: Function, *arguments: object) -> tuple[str, bool] | None:
        try:
            return read_report(function(*arguments))
        except self.vm.errors as error:
            return read_report(error)

    def settle(
        self, hook: str, number: int, report: tuple[str, bool] | None, packet: int | None = None
    ) -> None:
        """Count and tell what came of call `number` of a hook. Raises what the log raised.

        `packet` is the number of the capture's packet, the first one being 1; None: the one
        that is being read.
        """
        self.vm.raise_failure()
        if report is None:
            return
        text, told = report
        took_too_much = self.vm.recover() or told
        counts = self.counts
        counts.errors += 1
        message = text.split("\n", 1)[0]
        is_memory = any(words in message for words in _OUT_OF_MEMORY)
        if is_memory:
            counts.out_of_memory += 1
        elif took_too_much:
            counts.over_budget += 1
        if took_too_much or is_memory:
            self._note_overrun(hook, number)
        place = _place(text)
        if place not in self._told and len(self._told) < MAX_PLACES:
            self._told.add(place)
            if packet is None:
                packet = int(self.wire.packets)
            self.tell(f"tcpkit: error in the script ({hook}, packet {packet:,}): {text}")

    def _note_overrun(self, hook: str, number: int) -> None:
        in_a_row, last = self._overruns.get(hook, (0, number - 1))
        in_a_row = in_a_row + 1 if number == last + 1 else 1
        self._overruns[hook] = (in_a_row, number)
        if in_a_row >= MAX_IN_A_ROW and hook not in self._given_up:
            self._given_up.add(hook)
            self.tell(
                f"tcpkit: {hook} took too much {MAX_IN_A_ROW} times in a row: "
                "it is not called any more"
            )


def read_report(outcome: object) -> tuple[str, bool] | None:
    """What a guarded call returned or raised: None where all went well.

    Else the text, with the traceback where there is one, and whether the budget was spent.
    """
    if outcome is None:
        return None
    if isinstance(outcome, tuple):
        return _text(outcome[0]), outcome[1] is True
    return _text(outcome), False


def _text(report: object) -> str:
    """For a terminal: a message may hold a packet's bytes."""
    if isinstance(report, MemoryError):
        return "not enough memory"
    text = report.decode("utf-8", "backslashreplace") if isinstance(report, bytes) else str(report)
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found.group()):02x}", text[:MAX_TEXT])


def _place(text: str) -> str:
    """Where an error came from: what its message says, else the innermost function's line."""
    found = _PLACE.search(text)
    return found.group().strip() if found else _ADDRESS.sub("", text.split("\n", 1)[0])


def _listed(texts: Iterable[str]) -> bytes:
    return BETWEEN.join(text.encode("utf-8", "surrogateescape") for text in texts)
