"""What a trace remembers of one connection."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.half_stream import NOT_KNOWN
from tcpkit.flow.sequence import MASK, distance
from tcpkit.protocols.message import RETRANSMISSION, Exchange

MAX_RECENT: Final = 64  # exchanges looked at when bytes are sent again
MAX_HURT: Final = 32  # numbers of requests that are told; further ones are counted

Place = tuple[int, int, int, int, int]  # number; position and size of request and reply


@final
class Talk:
    """`place` is how many connections began before it."""

    def __init__(self, place: i64) -> None:
        self.place = place
        self.requests: i64 = 0
        self.started_ns: i64 = NOT_KNOWN
        self.is_shown = False  # its start was told
        # the numbers of requests that timed out and may be answered yet, by position
        self.waits_for: dict[int, tuple[int, int]] | None = None
        self.hurt: list[int] = []  # numbers of requests that retransmissions were part of
        self.hurt_more: i64 = 0  # such requests beyond MAX_HURT
        self._recent: list[Place] = []

    def take(self, exchange: Exchange, number: i64) -> None:
        """Remember where an exchange lies in the two streams."""
        if exchange.flags & RETRANSMISSION:
            self._hurt(int(number))
        if len(self._recent) >= 2 * MAX_RECENT:
            self._recent = self._recent[MAX_RECENT:]
        request, reply = int(exchange.request_seq), int(exchange.reply_seq)
        sizes = int(exchange.request_bytes), int(exchange.reply_bytes)
        self._recent.append((int(number), request, sizes[0], reply, sizes[1]))

    def sent_again(self, from_client: bool, first: i64, last: i64) -> None:
        """Bytes of one direction came again: whose they were."""
        for number, request, request_size, reply, reply_size in self._recent:
            at, size = (request, request_size) if from_client else (reply, reply_size)
            if at < 0 or size == 0:
                continue
            if distance(last, at) > 0 and distance((at + size) & MASK, first) > 0:
                self._hurt(number)

    def _hurt(self, number: int) -> None:
        if number in self.hurt:
            return
        if len(self.hurt) < MAX_HURT:
            self.hurt.append(number)
        else:
            self.hurt_more += 1
