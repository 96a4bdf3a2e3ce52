"""Redis and Valkey as a mode."""

from collections.abc import Mapping
from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.stream import StreamOpener
from tcpkit.protocols.message import Exchange, PairingCounts, Recorder
from tcpkit.protocols.protocol import TCP_ONLY, Protocol
from tcpkit.protocols.redis.command import LISTED
from tcpkit.protocols.redis.opener import RedisOpener
from tcpkit.protocols.redis.reply_text import reply_text


@final
class Redis(Protocol):
    def command_names(self) -> frozenset[str]:
        return LISTED

    def opener(
        self, recorders: Mapping[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> StreamOpener:
        return RedisOpener(dict(recorders), counts, timeout_ns)

    def reply_text(self, exchange: Exchange) -> str:
        return reply_text(exchange)


PROTOCOL: Final = Redis("redis", (6379,), TCP_ONLY)
