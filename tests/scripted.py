"""Protocols of scripts/protocols, for tests: each loaded once, and no mode of the registry."""

from functools import cache

from tcpkit.config import Config
from tcpkit.protocols import registry
from tcpkit.protocols.lua.protocol import LuaProtocol
from tcpkit.protocols.protocol import Protocol
from tcpkit.script.definition import definitions
from tcpkit.script.script import Script
from tests.goldens import SCRIPTS, scripted


def protocol_of(mode: str, lua: str = "") -> Protocol:
    """The protocol of a mode: one that is built in, or a script's; `redis-lua` is redis.lua's."""
    if mode in scripted() or mode.endswith("-lua"):
        return loaded(mode, lua)[0]
    protocol = registry.protocol_of(mode)
    assert protocol is not None
    return protocol


@cache
def loaded(mode: str, lua: str = "") -> tuple[LuaProtocol, Script]:
    """What scripts/protocols/<mode>.lua defines, in a version of Lua, and the script."""
    path = SCRIPTS / f"{mode.removesuffix('-lua')}.lua"
    script = Script(path, Config(mode=mode, script=str(path), lua=lua))
    (definition,) = definitions(script)
    return LuaProtocol(script, definition), script
