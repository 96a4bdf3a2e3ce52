"""A script's request, in the words of the log."""

from typing import Final

from mypy_extensions import i64

from tcpkit.protocols.command_numbers import CommandNumbers
from tcpkit.protocols.message import FLAG_NAMES, Exchange
from tcpkit.wire.printable import printable

TEXT_LIMIT: Final = 128
KEY_LIMIT: Final = 512
WORD_LIMIT: Final = 64
CODE_LIMIT: Final = 64


def describe(words: tuple[bytes, bytes | None, bytes], exchange: Exchange) -> None:
    """Set command, key and text."""
    command, key, text = words
    exchange.command = command_of(command)
    if key is not None:
        exchange.key = printable(key, KEY_LIMIT)
    exchange.request = printable(text, TEXT_LIMIT)


def command_of(command: bytes) -> str:
    """The command as the log shows it."""
    return printable(command, WORD_LIMIT)


def known_number(command: bytes, commands: CommandNumbers) -> i64:
    """The number of the command, if it was learned, or NOT_KNOWN."""
    return commands.of_bytes(command, 0, len(command))


def learned_number(command: bytes, commands: CommandNumbers, served: bool) -> i64:
    """The number of any command; `served`: its reply is no error."""
    return commands.learn(command, commands.number(command_of(command), served))


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
