"""A Lua virtual machine that cannot harm its host, and runs one script.

What the script gets is made safe by `sandbox.lua`: nothing of Python can be reached. Each call has
a budget of instructions, the whole machine one of memory: `budget.lua`. Errors come back as
reports: texts with the Lua traceback.
"""

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Final, Protocol, cast

from tcpkit.errors import ScriptError, TcpkitError
from tcpkit.script.version import VERSIONS

LOOK: Final = 10_000  # instructions between two looks at the budget; rarer ones cost nothing less
LOOKS: Final = 10  # at least, before a budget is spent
# Of the memory: what a script may hold between two calls. Arguments are handed over where nothing
# catches an error, and a new string may double the table of strings, up to half of what there is.
MAX_HELD_PERCENT: Final = 50
MAX_USED_PERCENT: Final = 65  # with what it does not hold any more, which is freed beyond this
MAX_EARLY: Final = 1 << 20  # bytes that a script may print before there is a log
SLACK: Final = 1 << 16  # bytes that a call gets although there are none, to let go of others
HERE: Final = Path(__file__).parent


class Function(Protocol):
    """A function of Lua. It raises what `Vm.errors` are."""

    def __call__(self, *arguments: object) -> object: ...


class _Table(Protocol):
    def __getitem__(self, key: bytes) -> Function: ...


class _Execute(Protocol):
    def __call__(self, code: bytes, *arguments: object, name: bytes = b"") -> object: ...


class Vm:
    """`write` of `print` is told where lines go by `attach`; before, they are kept."""

    def __init__(self, lua: str, jit: bool, budget: int, memory_mib: int, folder: Path) -> None:
        """`lua` is a name of VERSIONS, "" for the best one; Raises ScriptError.

        `budget` is in instructions per call, none with `jit`; `memory_mib` in MiB;
        `folder` is where `require` looks.
        """
        self.failure: TcpkitError | Exception | None = None  # of the log; to be raised by the host
        self._write: Callable[[bytes], None] | None = None
        self._early: list[bytes] = []
        self._early_size = 0
        module = _module(lua)
        try:
            runtime = module.LuaRuntime(
                encoding=None,
                source_encoding="utf-8",
                register_eval=False,
                register_builtins=False,
                unpack_returned_tuples=True,
                attribute_filter=_refuse,
                max_memory=memory_mib << 20,
            )
        except module.LuaError as error:
            raise ScriptError(f"cannot start {lua or 'Lua'}: {error}") from None
        self.errors: tuple[type[Exception], ...] = (module.LuaError, MemoryError, RecursionError)
        self.implementation: str = runtime.lua_implementation.decode()
        self.has_jit = self.implementation.startswith("LuaJIT")
        if jit and not self.has_jit:
            raise ScriptError(f"--lua-jit: {self.implementation} has no compiler")
        self._bound = runtime.set_max_memory
        self._used = runtime.get_memory_used
        self._memory = memory_mib << 20
        execute: _Execute = runtime.execute
        self._stop_hook: Function = runtime.globals()[b"debug"][b"sethook"]
        if self.has_jit and not jit:
            execute(b"jit.off()")
        steps = 0 if jit else budget
        kib = memory_mib << 10
        self.host = execute(_text_of("report"), name=_name_of("report"))
        execute(
            _text_of("budget"), self.host, steps, min(LOOK, budget // LOOKS), self._limit,
            kib * MAX_HELD_PERCENT // 100, kib * MAX_USED_PERCENT // 100,
            name=_name_of("budget"),
        )  # fmt: skip
        execute(
            _text_of("sandbox"), self.host, self._print, os.fsencode(folder.absolute()),
            name=_name_of("sandbox"),
        )  # fmt: skip
        table = cast(_Table, self.host)
        self._run: Function = table[b"run"]
        self._recover: Function = table[b"recover"]
        self.run("bit32", self.host)

    def run(self, name: str, *arguments: object) -> object:
        """Run one of the Lua files of this folder; what it returns."""
        return self._run(_text_of(name), _name_of(name), *arguments)

    def functions(self, name: str, *arguments: object) -> list[Function]:
        """Run one of the Lua files, which gets the sandbox's table and returns functions."""
        returned = self.run(name, self.host, *arguments)
        assert isinstance(returned, tuple)
        return list(returned)

    def recover(self) -> bool:
        """After a call that failed in whatever way: the next one finds all as it should be.

        True if the call has spent its budget and did not say so.
        """
        self._bound(0)
        self._stop_hook()  # of C: no hook can break it off
        return self._recover() is True

    def attach(self, write: Callable[[bytes], None]) -> None:
        """Lines go to `write` from now on. Raises what it raises."""
        self._write = write
        for line in self._early:
            write(line)
        self._early.clear()

    def raise_failure(self) -> None:
        """Raise what the log raised while the script ran."""
        failure = self.failure
        if failure is not None:
            self.failure = None
            raise failure

    def _limit(self, applies: bool) -> None:
        """What the machine calls to lift its own limit of memory."""
        limit = max(self._memory, self._used() + SLACK)
        self._bound(limit if applies else 0)

    def _print(self, line: bytes) -> bool:
        """What the script calls; whatever is raised must not get into its hands."""
        write = self._write
        if write is None:
            self._early_size += len(line)
            if self._early_size > MAX_EARLY:
                return False
            self._early.append(line)
            return True
        try:
            write(line)
        except Exception as error:
            self.failure = error
            return False
        return True


def _text_of(name: str) -> bytes:
    return (HERE / f"{name}.lua").read_bytes()


def _name_of(name: str) -> bytes:
    """By such a name the machine knows what is the host's."""
    return f"=tcpkit: {name}".encode()


def _module(lua: str) -> ModuleType:
    """Lupa's module for a version; for "" the best one that is there. Raises ScriptError."""
    for name in [lua] if lua else VERSIONS:
        try:
            return importlib.import_module(VERSIONS[name])
        except ImportError:
            continue
    raise ScriptError(f"{lua or 'Lua'} is not there: this installation of lupa has none")


def _refuse(owner: object, name: object, is_setting: bool) -> str:
    """No attribute of an object of Python's is for scripts."""
    raise AttributeError("not for scripts")
