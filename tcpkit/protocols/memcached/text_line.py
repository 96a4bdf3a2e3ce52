"""Reads a command line: what it asks for, and whether a data block and a reply follow.

As version 1.6.18 does: words are separated by spaces, names are in lower case, and a
storage line that is malformed has no data block, so that the server reads what the client
sent as one as the next commands. Other versions may differ there: `unsure`.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.protocols.memcached.meta_flags import KEY_TAG, OPAQUE_TAG, meta_tag
from tcpkit.protocols.memcached.text_words import (
    CAS,
    FORMS,
    HIDES_EN,
    HIDES_HD,
    HIDES_VA,
    LAST_PLAIN,
    META_COUNTER,
    META_DELETE,
    META_GET,
    META_SET,
    NOREPLY_WORDS,
    STORAGE,
    UNKNOWN,
)

NO_BLOCK: Final = -1
MAX_KEY: Final = 250
MAX_BLOCK: Final = 0x7FFFFFFF - 2  # what the server takes as a length
_NOREPLY: Final = b"noreply"
_NOREPLY_SIZE: Final = 7
_Y: Final = 121
_DIGITS: Final = 12  # a longer number is out of any range

_LF: Final = 10
_CR: Final = 13
_SPACE: Final = 32
_NEAR: Final = 96  # bytes looked at one by one before `find` is the cheaper way


def line_end(data: bytes, pos: i64, end: i64) -> i64:
    """The position of the LF at `pos` or behind it, or `end` if none is before that."""
    near = pos + _NEAR
    if near > end:
        near = end
    while pos < near:
        if data[pos] == _LF:
            return pos
        pos += 1
    if pos >= end:
        return end
    found: i64 = data.find(b"\n", pos, end)
    return end if found < 0 else found


def without_cr(data: bytes, pos: i64, line_feed: i64) -> i64:
    """The end of the line at `pos` whose LF is at `line_feed`: a CR before it is not of it."""
    if line_feed > pos and data[line_feed - 1] == _CR:
        return line_feed - 1
    return line_feed


def next_word(data: bytes, at: i64, end: i64) -> i64:
    while at < end and data[at] == _SPACE:
        at += 1
    return at


def word_end(data: bytes, at: i64, end: i64) -> i64:
    while at < end and data[at] != _SPACE:
        at += 1
    return at


@final
class CommandLine:
    """What the line read last says.

    word    what its first word asks for, one of `text_words`
    form    the same; UNKNOWN where the server refuses the line
    block   bytes of the data block that follows, without its CR LF, or NO_BLOCK
    silent  the server does not answer
    quiet   it answers only if there is something to tell: the meta flag q
    tag     of the key and the opaque text that the reply repeats (`meta_tag`); 0: of none
    binary  the key is written in base64: a reply may repeat it in another way
    hides   the nominal replies that `quiet` keeps from being sent, as bits HIDES_*
    unsure  other versions of the server may read what follows in another way
    """

    __slots__ = ("binary", "block", "form", "hides", "quiet", "silent", "tag", "unsure", "word")

    def __init__(self) -> None:
        self.word: i64 = UNKNOWN
        self.form: i64 = UNKNOWN
        self.block: i64 = NO_BLOCK
        self.silent = False
        self.quiet = False
        self.tag: i64 = 0
        self.binary = False
        self.hides: i64 = 0
        self.unsure = False

    def is_plain(self) -> bool:
        """Whether it gets one reply, of which `form` alone says what it may be."""
        special = self.silent or self.quiet or self.tag != 0 or self.unsure
        return UNKNOWN < self.form <= LAST_PLAIN and not special

    def read(self, data: bytes, pos: i64, end: i64) -> None:
        """Read the line `data[pos:end]`, without its CR LF."""
        self.block = NO_BLOCK
        self.silent = False
        self.quiet = False
        self.tag = 0
        self.binary = False
        self.hides = 0
        self.unsure = False
        at = next_word(data, pos, end)
        stop = word_end(data, at, end)
        word = data[at:stop]
        form: i64 = FORMS.get(word, UNKNOWN)
        self.word = form
        self.form = form
        if form == STORAGE or form == CAS:
            self._storage(data, stop, end)
        if META_GET <= form <= META_COUNTER:
            self._meta(data, stop, end)
        elif end - stop > _NOREPLY_SIZE:
            last: i64 = data[end - 1]
            if last == _Y or last == _SPACE:
                self._noreply(word, data, stop, end)

    def _storage(self, data: bytes, at: i64, end: i64) -> None:
        """`<key> <flags> <exptime> <bytes> [<cas unique>] [noreply]`."""
        numbers: i64 = 4 if self.form == CAS else 3
        at = next_word(data, at, end)
        stop = word_end(data, at, end)
        right = 0 < stop - at <= MAX_KEY
        number: i64 = 0
        while number < numbers:
            number += 1
            at = next_word(data, stop, end)
            stop = word_end(data, at, end)
            right = right and self._number(data, at, stop, number)
        at = next_word(data, stop, end)  # noreply, or any other word
        at = next_word(data, word_end(data, at, end), end)
        if at < end or not right:
            self.form = UNKNOWN
            self.block = NO_BLOCK
            self.unsure = True

    def _number(self, data: bytes, at: i64, stop: i64, number: i64) -> bool:
        """Check the number in `data[at:stop]`: flags, exptime, bytes, cas unique, by `number`."""
        sign: i64 = data[at] if at < stop else 0
        if sign == 43 or (sign == 45 and number == 2):  # a time may be negative
            at += 1
        if at >= stop:
            return False
        digits = stop - at
        value: i64 = 0
        while at < stop:
            char: i64 = data[at]
            if char < 48 or char > 57:
                return False
            if digits <= _DIGITS:
                value = value * 10 + (char - 48)
            at += 1
        if number == 3:
            self.block = value
            return digits <= _DIGITS and value <= MAX_BLOCK
        return True

    def _meta(self, data: bytes, at: i64, end: i64) -> None:
        """`<key> [<bytes>] <flag>*`; the flags are letters, some with a token behind."""
        key = next_word(data, at, end)
        stop = word_end(data, key, end)
        key_stop = stop
        if self.form == META_SET:
            at = next_word(data, stop, end)
            stop = word_end(data, at, end)
            if not self._number(data, at, stop, 3) or key_stop - key > MAX_KEY:
                self.form = UNKNOWN
                self.block = NO_BLOCK
                self.unsure = True
                return
        makes = False
        at = next_word(data, stop, end)
        while at < end:
            char: i64 = data[at]
            stop = word_end(data, at, end)
            if char == 113:
                self.quiet = True
            elif char == 107:
                self.tag += meta_tag(KEY_TAG, data, key, key_stop)
            elif char == 79:
                self.tag += meta_tag(OPAQUE_TAG, data, at + 1, stop)
            elif char == 98:
                self.binary = True
            elif char == 78:
                makes = True
            at = next_word(data, stop, end)
        if self.quiet:
            self._hide(makes)

    def _hide(self, makes: bool) -> None:
        """Note which replies are not sent; a counter that is made (flag N) is told."""
        if self.form == META_GET:
            self.hides = HIDES_EN
        elif self.form == META_SET or self.form == META_DELETE:
            self.hides = HIDES_HD
        elif not makes:
            self.hides = HIDES_HD | HIDES_VA

    def _noreply(self, word: bytes, data: bytes, at: i64, end: i64) -> None:
        bounds = NOREPLY_WORDS.get(word)
        if bounds is None:
            return
        words = [each for each in data[at:end].split(b" ") if each]
        count = len(words) + 1
        if not words or words[-1] != _NOREPLY or count < bounds[0] or count > bounds[1]:
            return
        self.silent = word != b"slabs" or words[0] == b"automove"
