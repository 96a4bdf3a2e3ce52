"""The protocols that can be traced: a mode is offered when it stands here."""

import importlib
from typing import Final

from tcpkit.errors import ScriptError
from tcpkit.protocols.protocol import Protocol

RAW: Final = "raw"

# Each has a `PROTOCOL`. A module is imported when its mode is asked for: start-up is short.
_MODULES: Final[dict[str, str]] = {
    "redis": "tcpkit.protocols.redis.protocol",
    "memcached": "tcpkit.protocols.memcached.protocol",
    "dns": "tcpkit.protocols.dns.protocol",
}

# What a script defines, from when it was loaded.
_SCRIPTED: Final[dict[str, Protocol]] = {}


def add(protocol: Protocol) -> None:
    """Offer a mode that a script brings. Raises ScriptError if there is one of its name."""
    if protocol.name in modes():
        raise ScriptError(f"tcpkit.protocol: there is a mode {protocol.name} already")
    _SCRIPTED[protocol.name] = protocol


def modes() -> list[str]:
    return [RAW, *_MODULES, *_SCRIPTED]


def protocol_of(mode: str) -> Protocol | None:
    """The protocol of a mode that `modes` offers; None for raw."""
    if mode == RAW:
        return None
    if mode in _SCRIPTED:
        return _SCRIPTED[mode]
    protocol = importlib.import_module(_MODULES[mode]).PROTOCOL
    assert isinstance(protocol, Protocol)
    return protocol
