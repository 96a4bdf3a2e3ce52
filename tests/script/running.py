"""Runs a script on packets, as raw mode does."""

from pathlib import Path

from tcpkit.config import Config
from tcpkit.flow.packet_filter import PacketFilter
from tcpkit.script.packets import PacketScript
from tcpkit.script.script import Script
from tcpkit.wire.segment import Datagram

BUDGET = 200_000
MEMORY_MIB = 8


class Running:
    """A script with what it prints and what is told of it."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.printed: list[str] = []
        self.told: list[str] = []
        self.packets = PacketScript(script, PacketFilter((), ()))
        script.tell = self.told.append
        script.begin(Config(), self.write)

    def write(self, line: bytes) -> None:
        self.printed.append(line.decode("latin-1"))

    def process(self, times: int = 1, payload: bytes = b"hello") -> list[str]:
        """Call `process` so often; the lines that it has printed."""
        before = len(self.printed)
        for _ in range(times):
            self.packets.datagram(datagram(payload))
        self.script.deliver()
        return self.printed[before:]

    def numbers(self) -> dict[str, int]:
        """The counters that are not zero."""
        return {name: number for name, number in self.script.counts.numbers().items() if number}


def datagram(payload: bytes) -> Datagram:
    """From 10.0.0.1:40000 to 10.0.0.2:53, at 1,500,000,000.123456789 s."""
    made = Datagram()
    made.a0 = 0x0A000001 << 32 | 0x0A000002
    made.ports = 40000 << 16 | 53
    made.data = payload
    made.end = made.size = len(payload)
    made.ts_ns = 1_500_000_000_123_456_789
    return made


class Lua:
    """One version of Lua; calling it loads a script."""

    def __init__(self, version: str, folder: Path) -> None:
        self.version = version
        self.folder = folder

    def __call__(self, text: str, budget: int = BUDGET, memory_mib: int = MEMORY_MIB) -> Running:
        """Raises ScriptError where it does not load."""
        path = self.folder / "script.lua"
        path.write_text(text)
        config = Config(lua=self.version, lua_budget=budget, lua_memory_mib=memory_mib)
        return Running(Script(path, config))
