"""The flags of meta commands and of their replies (doc/protocol.txt, "Meta Commands")."""

import binascii
from typing import Final, final

from mypy_extensions import i64

_WITH_SIZE: Final = (b"ms", b"VA")

KEY_TAG: Final = 1 << 41
OPAQUE_TAG: Final = 1 << 42
_TAG_MASK: Final = (1 << 40) - 1
_KEY_FACTOR: Final = 1_000_003
_OPAQUE_FACTOR: Final = 1_299_709  # another one, so that the two do not make up for each other


def meta_tag(of: i64, data: bytes, at: i64, end: i64) -> i64:
    """A number for `data[at:end]`, a key or an opaque text as `of` says, never 0.

    Equal texts have equal numbers; those of a key and of an opaque can be added.
    """
    factor: i64 = _KEY_FACTOR if of == KEY_TAG else _OPAQUE_FACTOR
    tag: i64 = end - at
    while at < end:
        char: i64 = data[at]
        tag = ((tag ^ char) * factor) & _TAG_MASK
        at += 1
    return of + tag


@final
class MetaFlags:
    """What a line's flags say; `key` is that of a request, or the one that a reply repeats."""

    __slots__ = ("binary", "key", "letters", "opaque")

    def __init__(self, key: bytes | None, flags: list[bytes]) -> None:
        self.letters = {flag[:1] for flag in flags}
        self.binary = b"b" in self.letters  # the key is written in base64
        self.opaque: bytes | None = None
        self.key = key
        for flag in flags:
            if flag.startswith(b"O"):
                self.opaque = flag[1:]
            elif flag.startswith(b"k") and key is None:
                self.key = flag[1:]


def words_of(line: bytes) -> list[bytes]:
    """
    >>> words_of(b"mg  foo v ")
    [b'mg', b'foo', b'v']
    """
    return [word for word in line.split(b" ") if word]


def request_flags(line: bytes) -> MetaFlags:
    """
    >>> flags = request_flags(b"ms foo 2 k O123 q")
    >>> flags.key, flags.opaque, sorted(flags.letters)
    (b'foo', b'123', [b'O', b'k', b'q'])
    """
    words = words_of(line)
    key = words[1] if len(words) > 1 else b""
    return MetaFlags(key, words[3:] if words[0] in _WITH_SIZE else words[2:])


def reply_flags(line: bytes) -> MetaFlags:
    """
    >>> flags = reply_flags(b"VA 2 kfoo O123 b")
    >>> flags.key, flags.opaque, flags.binary
    (b'foo', b'123', True)
    """
    words = words_of(line)
    return MetaFlags(None, words[2:] if words[0] in _WITH_SIZE else words[1:])


def repeats(reply: MetaFlags, request: MetaFlags) -> bool:
    """Whether the reply repeats just what the request asked to be repeated.

    A miss of older servers, EN, repeats nothing at all.
    """
    if reply.opaque != request.opaque:
        return False
    if b"k" not in request.letters:
        return reply.key is None
    return reply.key is not None and plain_key(reply) == plain_key(request)


def plain_key(flags: MetaFlags) -> bytes:
    """The key, out of base64 where it is written so; as it is where that fails."""
    key = b"" if flags.key is None else flags.key
    if not flags.binary:
        return key
    try:
        decoded = binascii.a2b_base64(key)
    except binascii.Error:
        return key
    return decoded if binascii.b2a_base64(decoded, newline=False) == key else key
