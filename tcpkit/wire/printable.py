"""Bytes as text that is safe on one line of a terminal."""

from typing import Final

from mypy_extensions import i64

ELLIPSIS: Final = "..."

_TEXT: Final[list[str]] = [
    chr(byte) if 0x20 <= byte <= 0x7E else f"\\x{byte:02x}" for byte in range(256)
]
_QUOTED: Final[list[str]] = [
    f"\\{chr(byte)}" if byte in b'"\\' else _TEXT[byte] for byte in range(256)
]


def printable(data: bytes, limit: i64) -> str:
    r"""`data` with each byte outside printable ASCII as `\xNN`, in lower-case hex.

    A text of more than `limit` characters is cut to at most as many and followed by
    `...`; an escape is never cut in two. A backslash is printable and stays as it is.
    Only the first `limit + 1` bytes matter, so no more than these need to be kept of a
    longer value.

    >>> printable(b"a\r\n\\", 10), printable(b"a\r\n\\", 8), printable(b"abc", 2)
    ('a\\x0d\\x0a\\', 'a\\x0d...', 'ab...')
    """
    text = (data if len(data) <= limit else data[: limit + 1]).decode("latin-1")
    if not (text.isascii() and text.isprintable()):
        return _escaped(data, limit)
    return text if len(text) <= limit else text[:limit] + ELLIPSIS


def _escaped(data: bytes, limit: i64) -> str:
    pieces: list[str] = []
    size: i64 = 0
    place: i64 = 0
    while place < len(data):
        piece = _TEXT[data[place]]
        size += len(piece)
        if size > limit:
            pieces.append(ELLIPSIS)
            break
        pieces.append(piece)
        place += 1
    return "".join(pieces)


def quoted(data: bytes) -> str:
    r"""`data` between quotes, so that it cannot be mistaken for anything else.

    >>> print(quoted(b'say "hi"\n'))
    "say \"hi\"\x0a"
    """
    text = data.decode("latin-1")
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join([_QUOTED[byte] for byte in data]) + '"'


def shortened(text: str, limit: i64) -> str:
    r"""At most `limit` characters and `...`; an escape is never cut in two.

    >>> shortened("abc.de", 4), shortened("abc.de", 6), shortened(r"ab\x00c", 5)
    ('abc....', 'abc.de', 'ab...')
    """
    if len(text) <= limit:
        return text
    at: i64 = text.find("\\")
    if at < 0 or at >= limit:
        return text[:limit] + ELLIPSIS
    while True:
        step: i64 = 1
        if text[at] == "\\":
            step = 4 if text[at + 1] == "x" else 2
        if at + step > limit:
            return text[:at] + ELLIPSIS
        at += step
