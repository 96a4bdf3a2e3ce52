"""An interface of a pcapng section: its link type, and how its clock counts."""

from typing import Final, Literal, final

from mypy_extensions import i64

from tcpkit.capture.walker import NS_PER_SECOND

BAD_TIME: Final = -1

_OPTION_END: Final = 0
_OPTION_TSRESOL: Final = 9
_OPTION_TSOFFSET: Final = 14
_TSOFFSET_SIZE: Final = 8

_POWER_OF_TWO: Final = 0x80

# Sums below this cannot overflow; as a time it is the year 2116.
_SAFE: Final = 1 << 62


@final
class Interface:
    """Starts with the default clock: microseconds since the epoch.

    `snaplen`: 0 means that there is no limit.
    """

    __slots__ = (
        "_offset_ns", "_safe_high", "_tick_ns", "_ticks_per_second", "_wide_offset_ns",
        "link_type", "snaplen",
    )  # fmt: skip

    def __init__(self, link_type: i64, snaplen: i64) -> None:
        self.link_type = link_type
        self.snaplen = snaplen
        self._ticks_per_second: int = 0
        self._wide_offset_ns: int = 0
        self._tick_ns: i64 = 0
        self._offset_ns: i64 = 0
        self._safe_high: i64 = 0  # upper halves of timestamps below this go the short way
        self._set_clock(1_000_000, 0)

    def time_ns(self, high: i64, low: i64) -> i64:
        """The timestamp of halves `high` and `low` in ns since the epoch.

        Rounded down; BAD_TIME when it is before the epoch or does not fit (year 2262).
        """
        if high < self._safe_high:
            ts_ns: i64 = ((high << 32) | low) * self._tick_ns + self._offset_ns
            if ts_ns < 0:
                return BAD_TIME
            return ts_ns
        ticks = (int(high) << 32) | int(low)
        wide_ns = ticks * NS_PER_SECOND // self._ticks_per_second + self._wide_offset_ns
        if wide_ns < 0 or wide_ns >= 1 << 63:
            return BAD_TIME
        return i64(wide_ns)

    def read_options(self, options: bytes, big: bool) -> bool:
        """Set the clock from the options of the description; False if they are damaged.

        What came before the damage counts. Sections 3.5 and 4.2 of the draft.
        """
        order: Literal["big", "little"] = "big" if big else "little"
        ticks_per_second = self._ticks_per_second
        offset_s = 0
        sound = True
        pos = 0
        while pos + 4 <= len(options):
            code = int.from_bytes(options[pos : pos + 2], order)
            size = int.from_bytes(options[pos + 2 : pos + 4], order)
            value = options[pos + 4 : pos + 4 + size]
            pos += 4 + (size + 3 & ~3)
            if code == _OPTION_END:
                break
            if pos > len(options):
                sound = False
            elif code == _OPTION_TSRESOL and size == 1:
                exponent = value[0] & ~_POWER_OF_TWO
                ticks_per_second = (2 if value[0] & _POWER_OF_TWO else 10) ** exponent
            elif code == _OPTION_TSOFFSET and size == _TSOFFSET_SIZE:
                offset_s = int.from_bytes(value, order, signed=True)
            elif code in (_OPTION_TSRESOL, _OPTION_TSOFFSET):
                sound = False
        self._set_clock(ticks_per_second, offset_s)
        return sound

    def _set_clock(self, ticks_per_second: int, offset_s: int) -> None:
        self._ticks_per_second = ticks_per_second
        self._wide_offset_ns = offset_s * NS_PER_SECOND
        if NS_PER_SECOND % ticks_per_second == 0 and abs(self._wide_offset_ns) < _SAFE:
            self._tick_ns = NS_PER_SECOND // ticks_per_second
            self._offset_ns = self._wide_offset_ns
            self._safe_high = _SAFE // (self._tick_ns << 32)
        else:
            self._safe_high = 0
