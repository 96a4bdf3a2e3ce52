"""A request of the text protocol, and the reply to it, in the words of the log."""

from typing import Final

from mypy_extensions import i64

from tcpkit.protocols.command_numbers import CommandNumbers
from tcpkit.protocols.memcached.meta_flags import plain_key, request_flags, words_of
from tcpkit.protocols.memcached.text_words import (
    FORMS,
    META_DEBUG,
    META_GET,
    R_EN,
    R_OTHER,
    RETRIEVAL,
    code_of,
    is_error,
)
from tcpkit.protocols.message import ERROR, OK, Exchange
from tcpkit.wire.printable import printable

TEXT_LIMIT: Final = 128
KEY_LIMIT: Final = 512
WORD_LIMIT: Final = 32
HIDDEN: Final = b"***"
_SPACE: Final = 32
_TOUCHING: Final = (b"gat", b"gats")
_WITHOUT_KEY: Final = frozenset(
    b"flush_all verbosity cache_memlimit slabs lru lru_crawler extstore refresh_certs misbehave "
    b"debugtime shutdown version mn stats quit watch".split()
)


def command_word(line: bytes) -> bytes:
    """The first word of a command line.

    >>> command_word(b"  get foo")
    b'get'
    """
    words = words_of(line)
    return words[0] if words else b""


def command_of(line: bytes) -> str:
    """The command as the log shows it."""
    return printable(command_word(line)[: WORD_LIMIT + 1], WORD_LIMIT)


def known_number(line: bytes, commands: CommandNumbers) -> i64:
    """The number of the line's command, if it was learned, or NOT_KNOWN."""
    size: i64 = 0
    end: i64 = len(line)
    while size < end and line[size] != _SPACE:
        size += 1
    return commands.of_bytes(line, 0, size)


def learned_number(line: bytes, commands: CommandNumbers, served: bool) -> i64:
    """The number of any command; `served`: its reply is no error."""
    return commands.learn(command_word(line), commands.number(command_of(line), served))


def keys_asked(line: bytes) -> int:
    """How many keys a retrieval names.

    >>> keys_asked(b"get a b"), keys_asked(b"gat 0 a")
    (2, 1)
    """
    return len(retrieved_keys(line))


def hidden(line: bytes, behind_value: bool) -> bytes:
    """What is shown of a line that begins with no command.

    It may be (the rest of) a data block that the server took for a command, a password
    among them. `behind_value`: it stands where a data block may have gone on.

    >>> hidden(b"foo bar baz", False), hidden(b"foo", False), hidden(b"foo", True)
    (b'foo ***', b'foo', b'***')
    """
    if behind_value:
        return HIDDEN
    words = words_of(line)
    if len(words) < 2:
        return line
    return words[0] + b" " + HIDDEN


def key_of(line: bytes) -> bytes | None:
    """The first key; a base64 key decoded, as the server stores it.

    >>> key_of(b"gat 100 foo bar"), key_of(b"mg Zm9v b v"), key_of(b"stats items")
    (b'foo', b'foo', None)
    """
    words = words_of(line)
    word = words[0] if words else b""
    form = FORMS.get(word)
    if form is None or word in _WITHOUT_KEY:
        return None
    at = 2 if word in _TOUCHING else 1
    if at >= len(words):
        return None
    if META_GET <= form <= META_DEBUG:
        return plain_key(request_flags(line))
    return words[at]


def retrieved_keys(line: bytes) -> list[bytes]:
    """
    >>> retrieved_keys(b"get a b"), retrieved_keys(b"gat 100 a")
    ([b'a', b'b'], [b'a'])
    """
    words = words_of(line)
    return words[2 if words[0] in _TOUCHING else 1 :]


def kept_keys(line: bytes, retrieval: bool, whole: bool) -> list[bytes]:
    """The keys of a command line, without one that was cut with it where it is not whole.

    >>> kept_keys(b"get a b", True, True), kept_keys(b"get a b", True, False)
    ([b'a', b'b'], [b'a'])
    >>> kept_keys(b"set a 0 0 1", False, True)
    [b'a']
    """
    if not retrieval:
        key = key_of(line)
        return [] if key is None else [key]
    keys = retrieved_keys(line)
    if not whole and len(keys) > 1:
        keys.pop()
    return keys


def describe_command(line: bytes, exchange: Exchange) -> None:
    """Set command, key and text."""
    key = key_of(line)
    exchange.command = command_of(line)
    exchange.key = None if key is None else printable(key, KEY_LIMIT)
    exchange.request = printable(line, TEXT_LIMIT)


def describe_answer(form: i64, kind: i64, hits: i64, head: bytes, exchange: Exchange) -> None:
    """Set status, code and hits; `form` and `kind` are those of `text_words`.

    `head` is the reply's first line, asked for kinds without a word of their own.
    """
    exchange.status = ERROR if is_error(kind) else OK
    exchange.code = code_of(kind, head.split(None, 1)[0] if head and kind == R_OTHER else b"")
    if is_error(kind):
        return
    if form == RETRIEVAL:
        exchange.hits = hits
    elif form == META_GET:
        exchange.hits = 0 if kind == R_EN else 1
