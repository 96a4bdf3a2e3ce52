"""Small protocols in Lua, and what tcpkit makes of packets by them."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from tcpkit.config import Config
from tcpkit.protocols.lua.protocol import LuaProtocol
from tcpkit.script.definition import definitions
from tcpkit.script.script import Script
from tests.build import Conversation, Packet
from tests.protocols.capture import Capture

PORT = 7
CLIENT = "10.0.0.1:40000"
SERVER = f"10.0.0.2:{PORT}"

ECHO = """
tcpkit.protocol {
  name = "echo", port = 7,
  request = function(stream)
    local line = stream:line()
    return { command = "ECHO", key = line, request = line }
  end,
  reply = function(stream)
    return { status = "ok", code = stream:line() }
  end,
}
"""

# A line is `name arguments`; what stands in it says what the script returns.
WORDS = """
local function number(text, name)
  return tonumber(text:match(name .. "=(%-?%d+)"))
end
tcpkit.protocol {
  name = "words", ports = { 7 }, transport = TRANSPORT,
  request = function(stream)
    local line = stream:line()
    if line:find("^hello") then return nil end
    local told = { command = line:match("^%S+"), request = line }
    told.replies = number(line, "replies")
    told.id = line:match("id=(%w+)")
    local flag = line:match("flag=(%S+)")
    told.flags = flag and { flag }
    return told
  end,
  reply = function(stream, request)
    local line = stream:line()
    if line:find("^hello") then return nil end
    return {
      status = line:find("^bad") and "error" or "ok", code = line:match("^%S+"),
      id = line:match("id=(%w+)"), push = line:find("^push") ~= nil,
    }
  end,
}
"""


def loaded(text: str, lua: str = "", budget: int = 1_000_000, memory_mib: int = 64) -> Script:
    """A script of this text, in a machine of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "protocol.lua"
        path.write_text(text)
        return Script(path, Config(lua=lua, lua_budget=budget, lua_memory_mib=memory_mib))


def words(transport: str = "tcp") -> str:
    return WORDS.replace("TRANSPORT", f'"{transport}"')


class Traced(Capture):
    """A run of the first protocol of a script. `errors` are what was told of it."""

    def __init__(
        self,
        text: str,
        lua: str = "",
        keep_bytes: bool = True,
        explaining: bool = False,
        **limits: int,
    ) -> None:
        self.script = loaded(text, lua, **limits)
        self.errors: list[str] = []
        self.script.tell = self.errors.append
        self.lines: list[bytes] = []
        self.script.vm.attach(self.lines.append)
        protocol = LuaProtocol(self.script, definitions(self.script)[0])
        super().__init__(
            ports=protocol.ports, keep_bytes=keep_bytes, protocol=protocol, explains=explaining
        )

    @property
    def told(self) -> list[tuple[str, str, str | None]]:
        """Each exchange's request, status and code."""
        return [(each.request, each.status, each.code) for each in self.exchanges]

    @property
    def exact(self) -> list[bool]:
        return [bool(each.exact) for each in self.exchanges]


def traced(text: str, packets: Iterable[Packet], lua: str = "") -> Traced:
    """A whole capture, whose script made no error."""
    run = Traced(text, lua)
    run.feed(packets).finish()
    assert run.errors == []
    return run


def conversation(client: str = CLIENT, mss: int = 1448) -> Conversation:
    return Conversation(client=client, server=SERVER, mss=mss).handshake()
