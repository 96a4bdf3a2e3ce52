"""Where command and keys of a plain request lie, without taking it apart."""

from typing import Final, final

from librt.strings import read_i64_be
from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.protocols.redis.command import KEY_LIMIT, Plan, plan_of
from tcpkit.protocols.tally import MAX_KEYS, Keys

_SLOTS: Final = 256  # names that are remembered by their letters
_SHORT: Final = 8  # letters of such a name
_LF: Final = 10
_CR: Final = 13
_DOLLAR: Final = 36
# "\r\n$12\r\n." and "\r\n$1\r\n..", digits by their upper half.
_TWO_DIGITS: Final = 0x0D0A2430300D0A00
_TWO_MASK: Final = 0x7FFFFFF0F0FFFF00
_ONE_DIGIT: Final = 0x0D0A24300D0A0000
_ONE_MASK: Final = 0x7FFFFFF0FFFF0000


@final
class Outline:
    """`read` a request; then `plan` is that of its command, and `keys` are its keys."""

    __slots__ = ("plan", "keys", "_words", "_plans", "_at", "_size")

    def __init__(self) -> None:
        self.plan = plan_of(b"")
        self.keys = Keys()
        self._words = vec[i64]([0] * _SLOTS)
        self._plans: list[Plan] = [self.plan] * _SLOTS
        self._at: i64 = 0  # of the argument that was found last
        self._size: i64 = 0

    def read(self, raw: bytes) -> bool:
        """`raw` is a whole array of bulk strings; False where a closer look is needed."""
        end: i64 = len(raw)
        self._find(raw, 1, end)
        plan = self._plan(raw, end)
        self.plan = plan
        if not plan.simple:
            return False
        keys = self.keys
        keys.raw = raw
        keys.count = 0
        left = plan.key_at
        if left == 0:
            return True
        while self._find(raw, self._at + self._size, end):
            left -= 1
            if left > 0:
                continue
            if self._size > KEY_LIMIT or keys.count == MAX_KEYS:
                return False
            keys.starts[keys.count] = self._at
            keys.sizes[keys.count] = self._size
            keys.count += 1
            left = plan.step
            if left == 0:
                return True
        return True

    def _find(self, raw: bytes, at: i64, end: i64) -> bool:
        """Find the argument whose header is the next one behind `at`."""
        char: i64 = 0
        if at + 8 <= end:  # behind an argument, of a size of one or two digits
            word = read_i64_be(raw, at)
            if word & _TWO_MASK == _TWO_DIGITS:
                self._size = ((word >> 32) & 15) * 10 + ((word >> 24) & 15)
                self._at = at + 7
                return True
            if word & _ONE_MASK == _ONE_DIGIT:
                self._size = (word >> 32) & 15
                self._at = at + 6
                return True
        while at < end:
            char = raw[at]
            at += 1
            if char == _DOLLAR:
                break
        size: i64 = 0
        while at < end:
            char = raw[at]
            at += 1
            if char == _LF:
                self._at = at
                self._size = size
                return True
            if char != _CR:
                size = size * 10 + (char - 48)
        return False

    def _plan(self, raw: bytes, end: i64) -> Plan:
        """That of the command, which is the argument that was found."""
        at = self._at
        size = self._size
        if size < 1 or size > _SHORT or at + _SHORT > end:
            return plan_of(raw[at : at + size])
        word: i64 = read_i64_be(raw, at) >> (8 * (_SHORT - size))
        slot = (word ^ (word >> 8) ^ (word >> 16) ^ (word >> 27)) & (_SLOTS - 1)
        # A word of which the first letter is neither 0 nor above 127 tells the size as well.
        if self._words[slot] == word and raw[at] != 0:
            return self._plans[slot]
        plan = plan_of(raw[at : at + size])
        if word > 0 and raw[at] != 0:
            self._words[slot] = word
            self._plans[slot] = plan
        return plan
