"""A script's request, and the reply to it, in the words of the log."""

from typing import Final

from mypy_extensions import i64

from tcpkit.protocols.command_numbers import CommandNumbers
from tcpkit.protocols.message import ERROR, FLAG_NAMES, OK, Exchange
from tcpkit.protocols.reply_line import LINE_LIMIT
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


def describe_reply(
    words: tuple[bool, bytes | None, bytes | None], keeps: bool, exchange: Exchange
) -> None:
    """Set status and code; with `keeps` what is to be shown of the reply, in the place of it."""
    is_error, code, text = words
    exchange.status = ERROR if is_error else OK
    if code is not None:
        exchange.code = printable(code, CODE_LIMIT)
    if keeps:
        exchange.reply = b"" if text is None else text


def reply_text(exchange: Exchange) -> str:
    """What the script says of the reply; its status and code, where it says nothing."""
    if exchange.reply:
        return printable(exchange.reply, LINE_LIMIT)
    return f"{exchange.status} {exchange.code}" if exchange.code else exchange.status


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
