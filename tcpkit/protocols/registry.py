"""The protocols that can be traced: a mode is offered when it stands here."""

from collections.abc import Mapping
from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from tcpkit.flow.stream import StreamOpener
from tcpkit.protocols.message import PairingCounts, Recorder
from tcpkit.protocols.redis.opener import RedisOpener

RAW: Final = "raw"


@mypyc_attr(allow_interpreted_subclasses=True)
class Protocol:
    """A mode: its name, its usual ports, and what opens its sessions over TCP."""

    __slots__ = ("name", "ports", "udp")

    def __init__(self, name: str, ports: tuple[int, ...], udp: bool) -> None:
        self.name = name
        self.ports = ports
        self.udp = udp  # whether its servers may speak UDP (-u)

    def opener(
        self, recorders: Mapping[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> StreamOpener:
        """Opens a session for each connection; `recorders` by server port."""
        raise NotImplementedError


@final
class Redis(Protocol):
    def opener(
        self, recorders: Mapping[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> StreamOpener:
        return RedisOpener(dict(recorders), counts, timeout_ns)


PROTOCOLS: Final[dict[str, Protocol]] = {
    protocol.name: protocol for protocol in (Redis("redis", (6379,), False),)
}


def modes() -> list[str]:
    return [RAW, *PROTOCOLS]
