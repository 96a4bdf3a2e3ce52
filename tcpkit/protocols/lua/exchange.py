"""A script's request, in the words of the log."""

from typing import Final

from mypy_extensions import i64

from tcpkit.protocols.message import FLAG_NAMES, Exchange
from tcpkit.protocols.pairing import Request
from tcpkit.wire.printable import printable

TEXT_LIMIT: Final = 128
KEY_LIMIT: Final = 512
WORD_LIMIT: Final = 64
CODE_LIMIT: Final = 64

# Request.kind
HAS_KEY: Final = 1
HAS_ID: Final = 2


def describe(request: Request, exchange: Exchange) -> None:
    """Set command, key and text. `arguments` are the command, the key and the id."""
    arguments = request.arguments
    if arguments is not None:
        exchange.command = printable(arguments[0], WORD_LIMIT)
        if request.kind & HAS_KEY:
            exchange.key = printable(arguments[1], KEY_LIMIT)
    exchange.request = printable(request.raw, TEXT_LIMIT)


def id_of(request: Request) -> bytes:
    arguments = request.arguments
    return b"" if arguments is None else arguments[2]


def flags_of(names: bytes) -> i64:
    """The bits of flags' names, as Lua hands them over; unknown names are none.

    >>> flags_of(b"late\\x01blocking") == 64 | 128
    True
    """
    bits: i64 = 0
    for name in names.split(b"\1"):
        word = name.decode("ascii", "replace")
        if word in FLAG_NAMES:
            bits |= 1 << FLAG_NAMES.index(word)
    return bits
