"""Knows a datagram that was captured twice, as on `any` or a mirror port."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.wire.segment import Datagram

MAX_RECENT: Final = 8_192  # datagrams remembered
MARKED_NS: Final = 1_000_000_000  # copies of a datagram that has a mark come within this time
UNMARKED_NS: Final = 500_000  # and those of one without

_Sent = tuple[i64, i64, i64, i64, i64, bool, int]


@final
class Copies:
    __slots__ = ("_recent",)

    def __init__(self) -> None:
        self._recent: dict[_Sent, tuple[i64, i64]] = {}  # mark and time, the oldest first

    def is_copy(self, datagram: Datagram, of_client: bool, payload_hash: int) -> bool:
        """Whether it was captured before; remembered from now on."""
        sent = (
            datagram.a0, datagram.a1, datagram.a2, datagram.a3, datagram.ports, of_client,
            payload_hash,
        )  # fmt: skip
        recent = self._recent
        known = recent.pop(sent, None)
        recent[sent] = (datagram.mark, datagram.ts_ns)
        if known is None:
            if len(recent) > MAX_RECENT:
                del recent[next(iter(recent))]
            return False
        age = datagram.ts_ns - known[1]
        if age < 0:
            age = -age
        if known[0] != datagram.mark:
            return False
        return age <= (MARKED_NS if datagram.mark != 0 else UNMARKED_NS)
