"""A request, and the reply to it, in the words of the log."""

from typing import Final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.message import Exchange
from tcpkit.protocols.pairing import Request
from tcpkit.protocols.redis.command import KNOWN, describe
from tcpkit.protocols.redis.request import RequestParser, split_request
from tcpkit.protocols.request_exchange import exchange_of
from tcpkit.protocols.tally import NOT_LOOKED_UP

CODE_BYTES: Final = 32

_LF: Final = 10
_CR: Final = 13
_DOLLAR: Final = 36
_NULL: Final = 95  # of RESP3
_NIL_SIZE: Final = 5  # $-1 CR LF


def arguments_of(request: Request) -> list[bytes]:
    """The request's arguments; the later ones may be missing, and long ones are cut."""
    arguments = request.arguments
    if arguments is None:
        return split_request(request.raw)
    return arguments


def name_of(request: Request) -> bytes:
    """The command, as sent: the first argument."""
    arguments = request.arguments
    if arguments is not None:
        return arguments[0] if arguments else b""
    raw = request.raw
    end: i64 = len(raw)
    at: i64 = 1
    char: i64 = 0
    while at < end and raw[at] != _DOLLAR:
        at += 1
    size: i64 = 0
    at += 1
    while at < end:
        char = raw[at]
        at += 1
        if char == _LF:
            break
        if char != _CR:
            size = size * 10 + (char - 48)
    return raw[at : at + size]


def take_apart(data: bytes, start: i64, end: i64) -> list[bytes]:
    """The arguments of a whole request that is too long to be kept as it is."""
    parser = RequestParser()
    parser.feed(data, start, end)
    return parser.arguments


def begins_request(data: bytes, start: i64, end: i64) -> bool:
    """Whether a piece begins with a request, by all appearances."""
    piece = data[start : min(end, start + 64)]
    if piece.startswith(b"*"):
        line, _, rest = piece[1:].partition(b"\r\n")
        return line.isdigit() and (not rest or rest.startswith(b"$"))
    line, newline, _ = piece.partition(b"\n")
    words = line.split(None, 1)
    return bool(newline) and bool(words) and words[0].upper() in KNOWN


def error_code(head: bytes) -> str:
    """The first word of the error that `head` begins.

    >>> error_code(b"-WRONGTYPE Operation\\r\\n"), error_code(b"!21\\r\\nSYNTAX invalid\\r\\n")
    ('WRONGTYPE', 'SYNTAX')
    """
    text = head[head.find(b"\n") + 1 :] if head.startswith(b"!") else head[1:]
    words = text.split(None, 1)
    return words[0][:CODE_BYTES].decode("ascii", "replace") if words else "ERR"


def found(kind: i64, size: i64) -> i64:
    """Whether the reply to a look-up is a value: 1, 0, or NOT_LOOKED_UP for another reply.

    `size` tells `$-1` from a value: the empty one takes 6 bytes.
    """
    if kind == _DOLLAR:
        return 0 if size == _NIL_SIZE else 1
    return 0 if kind == _NULL else NOT_LOOKED_UP


def is_refusal(head: bytes) -> bool:
    """Whether an error says that the command was not even looked at."""
    return error_code(head) in ("NOAUTH", "NOPERM", "BUSY")


def describe_request(request: Request, ends: Endpoints, exact: bool) -> Exchange:
    """The Exchange of a request without its reply."""
    exchange = exchange_of(request, ends, "redis")
    words = describe(arguments_of(request), request.count)
    exchange.command = words.command
    exchange.key = words.key
    exchange.request = words.text
    exchange.exact = exact
    return exchange
