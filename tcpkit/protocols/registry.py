"""The protocols that can be traced: a mode is offered when it stands here."""

import importlib
from typing import Final

from tcpkit.protocols.protocol import Protocol

RAW: Final = "raw"

# Each has a `PROTOCOL`. A module is imported when its mode is asked for: start-up is short.
_MODULES: Final[dict[str, str]] = {
    "redis": "tcpkit.protocols.redis.protocol",
    "memcached": "tcpkit.protocols.memcached.protocol",
    "dns": "tcpkit.protocols.dns.protocol",
}


def modes() -> list[str]:
    return [RAW, *_MODULES]


def protocol_of(mode: str) -> Protocol | None:
    """The protocol of a mode that `modes` offers; None for raw."""
    if mode == RAW:
        return None
    protocol = importlib.import_module(_MODULES[mode]).PROTOCOL
    assert isinstance(protocol, Protocol)
    return protocol
