"""A reply of memcached on one line: `STORED`, `a = "hello"`, `pid = 1, uptime = 5`.

Read from the beginning of the reply that was kept, so it may end anywhere. Values have
quotes; a word of the protocol, a number and a line of statistics have none. A binary reply is
told in the words of the text protocol.
"""

from typing import Final

from mypy_extensions import i64

from tcpkit.protocols.memcached.binary_header import (
    HEADER_SIZE,
    REPLY_MAGIC,
    body_size,
    key_size,
    status_of,
)
from tcpkit.protocols.memcached.binary_opcode import (
    KINDS,
    OK_STATUS,
    RETRIEVES,
    SASL_LIST,
    SASL_STEP,
    STAT,
    code_of,
)
from tcpkit.protocols.message import Exchange
from tcpkit.protocols.reply_line import LINE_LIMIT, ReplyLine
from tcpkit.wire.printable import printable

_INCR: Final = 0x05
_DECR: Final = 0x06
_INCR_QUIET: Final = 0x15
_DECR_QUIET: Final = 0x16
_VERSION: Final = 0x0B
_MAX_DIGITS: Final = 10
_NO_SIZE: Final = -1


def reply_text(exchange: Exchange) -> str:
    """The reply that `exchange.reply` begins; empty where none was kept."""
    data = exchange.reply
    line = ReplyLine()
    if data and data[0] == REPLY_MAGIC:
        _binary(line, data, exchange)
    else:
        _text(line, data)
    return line.text()


# Text


def _text(line: ReplyLine, data: bytes) -> None:
    end: i64 = len(data)
    pos: i64 = 0
    while pos < end and not line.full:
        stop: i64 = data.find(b"\n", pos)
        is_cut = stop < 0
        if is_cut:
            stop = end
        words = data[pos:stop].removesuffix(b"\r").split(b" ")
        word = words[0]
        is_first = pos == 0
        pos = stop + 1
        if (word == b"END" or word == b"EN") and not is_first:
            return
        if not is_first:
            line.add(", ")
        size = _size_of(words)
        if size >= 0 and not is_cut:
            line.add(_before_value(words))
            line.quote(data[pos : min(pos + size, end)], pos + size <= end)
            line.add(_behind_value(words))
            pos += size + 2
        elif word == b"STAT" and len(words) > 2:
            line.add(f"{_shown(words[1])} = {_shown(b' '.join(words[2:]))}")
        else:
            line.add(_shown(b" ".join(words)))
        if is_cut or (size >= 0 and pos > end):
            line.cut()


def _size_of(words: list[bytes]) -> i64:
    """How long the block behind a line is; _NO_SIZE: there is none."""
    text = b""
    if words[0] == b"VALUE" and len(words) > 3:
        text = words[3]
    elif words[0] == b"VA" and len(words) > 1:
        text = words[1]
    return int(text) if text.isdigit() and len(text) <= _MAX_DIGITS else _NO_SIZE


def _before_value(words: list[bytes]) -> str:
    if words[0] == b"VALUE":
        return f"{_shown(words[1])} = "
    flags = "".join([f"{_shown(flag)} " for flag in words[2:] if flag])
    return f"VA {flags}"


def _behind_value(words: list[bytes]) -> str:
    """The flags of the item, and its cas unique, where they say something."""
    if words[0] != b"VALUE":
        return ""
    said: list[str] = []
    if words[2] != b"0":
        said.append(f"flags {_shown(words[2])}")
    if len(words) > 4 and words[4]:
        said.append(f"cas {_shown(words[4])}")
    return f" ({', '.join(said)})" if said else ""


def _shown(text: bytes) -> str:
    return printable(text, LINE_LIMIT)


# Binary


def _binary(line: ReplyLine, data: bytes, exchange: Exchange) -> None:
    """One packet; of STAT all up to the one without a key."""
    end: i64 = len(data)
    pos: i64 = 0
    while pos < end and not line.full:
        if end - pos < HEADER_SIZE:
            line.cut()
            return
        extras: i64 = data[pos + 4]
        begin = pos + HEADER_SIZE + extras
        behind_key = begin + key_size(data, pos)
        stop = pos + HEADER_SIZE + body_size(data, pos)
        key = data[begin : min(behind_key, end)]
        value = data[min(behind_key, end) : min(stop, end)]
        whole = stop <= end
        if data[pos + 1] == STAT and status_of(data, pos) == OK_STATUS:
            if not key:
                line.add("END" if pos == 0 else "")
                return
            line.add(f"{', ' if pos else ''}{_shown(key)} = {_shown(value)}")
        else:
            _binary_packet(line, data, pos, key, value, whole, exchange)
        if not whole:
            line.cut()
        pos = stop


def _binary_packet(
    line: ReplyLine,
    data: bytes,
    pos: i64,
    key: bytes,
    value: bytes,
    whole: bool,
    exchange: Exchange,
) -> None:
    opcode: i64 = data[pos + 1]
    status = status_of(data, pos)
    code = code_of(status)
    if SASL_LIST < opcode <= SASL_STEP:
        line.add(f"{code} ***" if value else code)  # a challenge, or worse
    elif status != OK_STATUS:
        line.add(code)
    elif KINDS[opcode] & RETRIEVES:
        name = _shown(key) if key else exchange.key or ""
        line.add(f"{name} = ")
        line.quote(value, whole)
        flags = data[pos + HEADER_SIZE : pos + HEADER_SIZE + 4]
        if data[pos + 4] >= 4 and len(flags) == 4 and flags != b"\0\0\0\0":
            line.add(f" (flags {int.from_bytes(flags, 'big')})")
    elif opcode in (_INCR, _DECR, _INCR_QUIET, _DECR_QUIET) and len(value) == 8:
        line.add(str(int.from_bytes(value, "big")))
    elif value and (opcode == _VERSION or opcode == SASL_LIST):
        line.add(_shown(value))
    else:
        line.add(code)
