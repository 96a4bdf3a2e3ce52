"""Requests and replies as bytes, and the scanners as plain functions."""

from dataclasses import dataclass

from tcpkit.protocols.redis.reply import ReplyScanner
from tcpkit.protocols.redis.request import RequestParser
from tests.feeds import Pieces


def command(*words: str | bytes) -> bytes:
    r"""A request as clients send it.

    >>> command("GET", b"k")
    b'*2\r\n$3\r\nGET\r\n$1\r\nk\r\n'
    """
    return b"*%d\r\n" % len(words) + b"".join(bulk(word) for word in words)


def line(text: str) -> bytes:
    """`command` of the words of a text."""
    return command(*text.split(" "))


def bulk(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return b"$%d\r\n%s\r\n" % (len(data), data)


def array(*elements: bytes) -> bytes:
    return b"*%d\r\n" % len(elements) + b"".join(elements)


def push(*elements: bytes) -> bytes:
    return b">%d\r\n" % len(elements) + b"".join(elements)


def confirmation(word: str, channel: str | None, count: int, kind: bytes = b"*") -> bytes:
    """What answers SUBSCRIBE and the like."""
    name = b"$-1\r\n" if channel is None else bulk(channel)
    return kind + b"3\r\n" + bulk(word) + name + b":%d\r\n" % count


Value = bytes | int | None | list["Value"]


def decoded(data: bytes) -> Value:
    r"""The first RESP2 value in `data`; status and error lines are bytes.

    >>> decoded(b"*2\r\n:1\r\n*1\r\n$1\r\na\r\n+OK\r\n")
    [1, [b'a']]
    """
    return _value(data, 0)[0]


def _value(data: bytes, at: int) -> tuple[Value, int]:
    end = data.index(b"\r\n", at)
    kind, text, at = data[at : at + 1], data[at + 1 : end], end + 2
    if kind in b"+-":
        return text, at
    if kind == b":":
        return int(text), at
    size = int(text)
    if size < 0:
        return None, at
    if kind == b"$":
        return data[at : at + size], at + size + 2
    elements: list[Value] = []
    for _ in range(size):
        element, at = _value(data, at)
        elements.append(element)
    return elements, at


@dataclass(frozen=True)
class Reply:
    """Where a reply ended, and what the scanner said of it."""

    end: int
    kind: str
    head: bytes


def replies(pieces: Pieces, keep_head: bool = True) -> list[Reply]:
    """The top-level messages in a reply stream. Raises ProtocolError."""
    scanner = ReplyScanner()
    scanner.keep_head = keep_head
    found: list[Reply] = []
    passed = 0
    for piece in pieces:
        pos = 0
        while pos < len(piece):
            stop = int(scanner.feed(piece, pos, len(piece)))
            assert pos < stop <= len(piece)
            pos = stop
            if scanner.done:
                found.append(Reply(passed + pos, chr(scanner.kind), scanner.head))
                scanner.next_message()
            else:
                assert pos == len(piece)
        passed += len(piece)
    return found


def requests(pieces: Pieces) -> list[tuple[int, int, list[bytes]]]:
    """End, number of arguments, arguments of each request, by RequestParser."""
    parser = RequestParser()
    found: list[tuple[int, int, list[bytes]]] = []
    passed = 0
    for piece in pieces:
        pos = 0
        while pos < len(piece):
            stop = int(parser.feed(piece, pos, len(piece)))
            assert pos < stop <= len(piece)
            pos = stop
            if parser.done:
                found.append((passed + pos, int(parser.count), parser.arguments))
                parser = RequestParser()
            else:
                assert pos == len(piece)
        passed += len(piece)
    return found
