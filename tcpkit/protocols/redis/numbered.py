"""The number of a request's command, by its first bytes where these are as usual."""

from typing import Final

from librt.strings import read_i64_be
from mypy_extensions import i64

from tcpkit.protocols.command_numbers import CommandNumbers
from tcpkit.protocols.pairing import Request
from tcpkit.protocols.redis.command import command_of, is_one_word
from tcpkit.protocols.redis.exchange import name_of

_NAME_AT: Final = 8
# `*` a digit CR LF `$` a digit CR LF, and the same with two digits: which bytes are the same
_ONE_MASK: Final = 0xFFFFFF00FFFF
_ONE: Final = 0x0D0A24000D0A
_TWO_MASK: Final = 0xFFFFFF00FF
_TWO: Final = 0x0D0A24000D


def known_number(request: Request, commands: CommandNumbers) -> i64:
    """The number of a command whose name is one word, and was learned, or NOT_KNOWN."""
    raw = request.raw
    if request.arguments is None and len(raw) > _NAME_AT:
        head: i64 = read_i64_be(raw, 0)
        if head & _ONE_MASK == _ONE:
            return commands.of_bytes(raw, _NAME_AT, ((head >> 16) & 0xFF) - 48)
        if head & _TWO_MASK == _TWO:
            return commands.of_bytes(raw, _NAME_AT + 1, ((head >> 8) & 0xFF) - 48)
    name = name_of(request)
    return commands.of_bytes(name, 0, len(name))


def learned_number(arguments: list[bytes], commands: CommandNumbers, served: bool) -> i64:
    """The number of any command, by its name; `served`: its reply is no error."""
    number = commands.number(command_of(arguments), served)
    if arguments and is_one_word(arguments[0]):
        commands.learn(arguments[0], number)
    return number
