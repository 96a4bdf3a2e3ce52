"""A session whose parsers are Lua coroutines: the line protocol `echo`.

Each direction is a coroutine that asks for more bytes by `coroutine.yield()` and tells a
message by `coroutine.yield(text, bytes)`. It is resumed with what arrives, as often as it
tells messages, and knows nothing of times and positions: they are counted here.
"""

import importlib
from collections.abc import Callable
from functools import partial

from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.message import PairingCounts, Recorder
from tests.protocols.slices.queued import Message, QueuedOpener, QueuedStream

SCRIPT = b"""
local function line_reader(more)
  local pending = more
  while true do
    local stop = string.find(pending, "\\n", 1, true)
    if stop then
      local text = string.sub(pending, 1, stop - 1)
      pending = string.sub(pending, stop + 1)
      coroutine.yield(text, stop)
    else
      pending = pending .. coroutine.yield()
    end
  end
end

function reader()
  local run = coroutine.create(line_reader)
  return function(more)
    local ok, text, size = coroutine.resume(run, more)
    if not ok then error(text) end
    if text then return text, size end
  end
end
"""

Resume = Callable[[bytes], tuple[bytes, int] | None]


class Direction:
    """A coroutine, and where its next message begins."""

    def __init__(self, resume: Resume) -> None:
        self._resume = resume
        self._first_ns: int | None = None  # of the message that has begun
        self._seq: int | None = None

    def feed(self, data: bytes, ts_ns: int, seq: int) -> list[Message]:
        """The messages that end in `data`."""
        if self._seq is None:
            self._seq = seq
        if self._first_ns is None:
            self._first_ns = ts_ns
        found = []
        told = self._resume(data)
        while told is not None:
            text, size = told
            found.append(
                Message(
                    0,
                    text.decode(errors="backslashreplace"),
                    self._seq,
                    size,
                    self._first_ns,
                    ts_ns,
                )
            )
            self._seq = (self._seq + size) & 0xFFFFFFFF
            self._first_ns = ts_ns
            told = self._resume(b"")
        if self._seq == (seq + len(data)) & 0xFFFFFFFF:
            self._first_ns = None
        return found


class LuaStream(QueuedStream):
    def __init__(
        self,
        make: Callable[[], Resume],
        ends: Endpoints,
        recorder: Recorder,
        counts: PairingCounts,
        timeout_ns: int,
    ) -> None:
        super().__init__(ends, recorder, counts, timeout_ns)
        self._requests = Direction(make())
        self._replies = Direction(make())

    def request_data(
        self, data: bytes, start: int, end: int, ts_ns: int, seq: int, ack: int
    ) -> None:
        if not self.lost:
            for message in self._requests.feed(data[start:end], ts_ns, seq):
                self.asked(message)

    def reply_data(self, data: bytes, start: int, end: int, ts_ns: int, seq: int, ack: int) -> None:
        if not self.lost:
            for message in self._replies.feed(data[start:end], ts_ns, seq):
                self.answered(message)


def lua_opener(recorder: Recorder, counts: PairingCounts, timeout_ns: int) -> QueuedOpener:
    """One Lua state for all connections; two coroutines for each."""
    lua = importlib.import_module("lupa.luajit21").LuaRuntime(encoding=None)
    lua.execute(SCRIPT)
    make: Callable[[], Resume] = lua.globals()[b"reader"]
    return QueuedOpener(partial(LuaStream, make), recorder, counts, timeout_ns)
