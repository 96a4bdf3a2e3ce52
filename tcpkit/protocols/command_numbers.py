"""Commands as small numbers, so that what is counted for each is found without its name.

A protocol's own commands have a number as soon as they are met. Any other name may be made
up by a client, so it has one from its first reply that is no error on, and MAX_UNLISTED of
them at most have. Without a number a command is OTHER.

A name is found by its bytes: a table that is looked up by the first eight of them, and by
their number, stands before a dict. Only what a protocol has taught by `learn` is found.
"""

from typing import Final, final

from librt.strings import read_i64_be
from librt.vecs import vec
from mypy_extensions import i64

OTHER: Final = 0
OTHER_NAME: Final = "other"
NOT_KNOWN: Final = -1
MAX_UNLISTED: Final = 256  # names that the protocol does not list; 33 KB a port each
MAX_WORDS: Final = 4096  # ways to write a name that are remembered
CODES: Final = 512
_WORD: Final = 8
_SLOTS: Final = 1024
_MASK_32: Final = 0xFFFFFFFF
_ALL: Final = 0x7FFFFFFFFFFFFFFF


@final
class CommandNumbers:
    """The commands of a run. `listed` are those that the protocol itself has."""

    __slots__ = (
        "current", "failed", "names", "tells_errors", "_listed", "_numbers", "_unlisted", "_words",
        "_known", "_by_bytes", "_codes",
    )  # fmt: skip

    def __init__(self, listed: frozenset[str]) -> None:
        self.current: i64 = OTHER  # of the exchange that is told next
        self.failed = False  # its reply is an error: only known where it is asked for,
        self.tells_errors = False  # here
        self.names = [OTHER_NAME]  # by number
        self._listed = listed
        self._numbers: dict[str, int] = {OTHER_NAME: OTHER, "": OTHER}
        self._unlisted: i64 = 0
        self._words = vec[i64]([0] * _SLOTS)
        self._known = vec[i64]([0] * _SLOTS)  # number and, in the low four bits, size
        self._by_bytes: dict[bytes, int] = {}
        self._codes = vec[i64]([NOT_KNOWN] * CODES)

    def take(self) -> i64:
        """`current`, once: who forgets to set it counts for OTHER, not for the last command."""
        number = self.current
        self.current = OTHER
        self.failed = False
        return number

    def number(self, name: str, served: bool) -> i64:
        """The number of the command `name`; `served`: its reply is there, and no error."""
        known = self._numbers.get(name)
        if known is not None:
            return known
        if name not in self._listed:
            if not served or self._unlisted >= MAX_UNLISTED:
                return OTHER
            self._unlisted += 1
        number = len(self.names)
        self.names.append(name)
        self._numbers[name] = number
        return number

    def of_bytes(self, data: bytes, at: i64, size: i64) -> i64:
        """The number of the name that is the `size` bytes at `data[at]`, or NOT_KNOWN."""
        length: i64 = len(data)
        word: i64
        if size <= 0 or size > _WORD or length < _WORD:
            return self._of_slice(data[at : at + size])
        if at + _WORD <= length:
            word = read_i64_be(data, at) >> ((_WORD - size) << 3)
        else:  # the last eight bytes, without those before and behind the name
            word = read_i64_be(data, length - _WORD) >> ((length - at - size) << 3)
        if size < _WORD:
            word &= _ALL >> (63 - (size << 3))  # 1 << n would be a C int, of 32 bits
        slot = (((word ^ (word >> 32)) & _MASK_32) * 0x5851F42D >> 20) & (_SLOTS - 1)
        known = self._known[slot]
        if self._words[slot] == word and known & 15 == size:
            return known >> 4
        number = self._of_slice(data[at : at + size])
        if number >= 0:
            self._words[slot] = word
            self._known[slot] = number << 4 | size
        return number

    def _of_slice(self, name: bytes) -> i64:
        known = self._by_bytes.get(name)
        return NOT_KNOWN if known is None else i64(known)

    def learn(self, name: bytes, number: i64) -> i64:
        """From now on `of_bytes` knows `name`, unless it is OTHER; returns `number`."""
        if number != OTHER and len(self._by_bytes) < MAX_WORDS:
            self._by_bytes[name] = int(number)
        return number

    def of_code(self, code: i64) -> i64:
        """The number that `learn_code` was told, or NOT_KNOWN; a code outside CODES is not."""
        return self._codes[code] if 0 <= code < CODES else NOT_KNOWN

    def learn_code(self, code: i64, number: i64) -> i64:
        """For commands that the protocol knows by a number of its own; returns `number`."""
        if number != OTHER and 0 <= code < CODES:
            self._codes[code] = number
        return number
