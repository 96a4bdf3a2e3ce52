"""The text protocol read from whole streams: doc/protocol.txt, and what memcached 1.6.18 does."""

import base64
import binascii
import re

from tests.protocols.memcached.oracle import NONE, ONE, OPEN, PERHAPS, Answer, Asked, printable

UPDATES = {b"set": 5, b"add": 5, b"replace": 5, b"append": 5, b"prepend": 5, b"cas": 6}
RETRIEVALS = (b"get", b"gets", b"gat", b"gats")
META = (b"mg", b"ms", b"md", b"ma", b"me")
# Fewest and most words of a line that may end in noreply, itself counted.
NOREPLY = {
    b"incr": (4, 4),
    b"decr": (4, 4),
    b"delete": (3, 4),
    b"touch": (4, 4),
    b"flush_all": (2, 3),
    b"verbosity": (2, 9),
    b"cache_memlimit": (3, 3),
    **{word: (count, count + 1) for word, count in UPDATES.items()},
}
STORED = (b"STORED", b"NOT_STORED", b"EXISTS", b"NOT_FOUND")
# First words that answer a command; errors answer all, and what is not here gets one line.
ANSWERS = {
    **dict.fromkeys(UPDATES, STORED),
    b"delete": (b"DELETED", b"NOT_FOUND"),
    b"touch": (b"TOUCHED", b"NOT_FOUND"),
    b"flush_all": (b"OK",),
    b"version": (b"VERSION",),
    b"mn": (b"MN",),
    b"ms": (b"HD", b"NS", b"EX", b"NF"),
    b"md": (b"HD", b"EX", b"NF"),
    b"ma": (b"HD", b"VA", b"NS", b"EX", b"NF"),
    b"mg": (b"HD", b"VA", b"EN"),
    b"me": (b"ME", b"EN"),
}
# What q hides.
HIDDEN = {b"mg": (b"EN",), b"ms": (b"HD",), b"md": (b"HD",), b"ma": ()}
ERRORS = (b"ERROR", b"ERROR:", b"CLIENT_ERROR", b"SERVER_ERROR")
WITHOUT_END = (b"stats sizes_enable", b"stats sizes_disable")
OF_ONE_KEY = (*UPDATES, *META, b"incr", b"decr", b"delete", b"touch", b"get", b"gets")
LONGEST_KEY = 250
LARGEST_LENGTH = 2**31 - 3
NUMBER = re.compile(rb"-?\d+")


def requests(data: bytes) -> list[Asked]:
    """All whole requests, up to a quit. A line may end in a bare LF."""
    found: list[Asked] = []
    at = 0
    while at < len(data):
        end = data.find(b"\n", at) + 1
        if not end:
            break
        words = tuple(data[at:end].removesuffix(b"\n").removesuffix(b"\r").split(b" "))
        words = tuple(word for word in words if word)
        length = block_length(words)
        if length is not None:
            # whatever stands there: what is wrong with it the server says when it has it all
            end += length + 2
            if end > len(data):
                break
        found.append(asked(at, end, words))
        at = end
        if words[:1] == (b"quit",):
            break
    return found


def block_length(words: tuple[bytes, ...]) -> int | None:
    """How long a block follows the line; None where the server expects none."""
    word = words[0] if words else b""
    if word in UPDATES:
        if len(words) not in (UPDATES[word], UPDATES[word] + 1):
            return None
        numbers = words[2:6] if word == b"cas" else words[2:5]
        size = words[4]
    elif word == b"ms" and len(words) > 2:
        numbers = words[2:3]
        size = words[2]
    else:
        return None
    if len(words[1]) > LONGEST_KEY or not all(NUMBER.fullmatch(number) for number in numbers):
        return None
    return int(size) if 0 <= int(size) <= LARGEST_LENGTH else None


def asked(start: int, end: int, words: tuple[bytes, ...]) -> Asked:
    word = words[0] if words else b""
    known = word in (*RETRIEVALS, *META, *NOREPLY, b"version", b"stats", b"mn", b"quit")
    key = None
    if word in OF_ONE_KEY and len(words) > 1:
        key = shown_key(words)
    elif word in (b"gat", b"gats") and len(words) > 2:
        key = printable(words[2])
    return Asked(start, end, words, word.decode() if known else None, key, answers(words))


def shown_key(words: tuple[bytes, ...]) -> str:
    """What a meta command has in base64 is shown as it is stored."""
    if words[0] not in META or b"b" not in words[2:]:
        return printable(words[1])
    try:
        return printable(base64.b64decode(words[1], validate=True))
    except binascii.Error:
        return OPEN


def answers(words: tuple[bytes, ...]) -> str:
    word = words[0] if words else b""
    if word == b"quit":
        return NONE
    if word in (b"mg", b"ms", b"md", b"ma") and b"q" in words[2:]:
        return PERHAPS
    if words[-1:] == (b"noreply",) and word in NOREPLY:
        fewest, most = NOREPLY[word]
        return NONE if fewest <= len(words) <= most else ONE
    return ONE


def answer(request: Asked, data: bytes, at: int) -> Answer | None:
    """The reply to `request` that begins at `at`; None if what is there answers it not."""
    end = data.find(b"\n", at) + 1
    if not end:
        return None
    words = data[at:end].split()
    first, name = words[0], request.words[0] if request.words else b""
    if first in ERRORS and name != b"mn":
        return Answer(end, "error", first.decode().rstrip(":"))
    if name in RETRIEVALS:
        return _values(request, data, at)
    if name == b"stats" or request.words[:2] == (b"lru_crawler", b"metadump"):
        return _lines(request, data, at)
    if name in (b"incr", b"decr") and first.isdigit():
        return Answer(end, "ok", "NUMBER")
    if name in (b"incr", b"decr"):
        return Answer(end, "ok", "NOT_FOUND") if first == b"NOT_FOUND" else None
    if first not in ANSWERS.get(name, (first,)):
        return None
    return _meta(request, words, end) if name in META else Answer(end, "ok", first.decode())


def _values(request: Asked, data: bytes, at: int) -> Answer | None:
    keys = list(request.words[1:])
    hits = 0
    while data.startswith(b"VALUE ", at):
        end = data.index(b"\n", at) + 1
        _, key, _, length, *_ = data[at:end].split()
        if key not in keys:
            return None
        del keys[: keys.index(key) + 1]
        hits += 1
        at = end + int(length) + 2
    return Answer(at + 5, "ok", "END", hits) if data.startswith(b"END\r\n", at) else None


def _lines(request: Asked, data: bytes, at: int) -> Answer | None:
    """STAT lines and the like with their END, or a line that stands alone."""
    while True:
        end = data.find(b"\n", at) + 1
        if not end:
            return None
        first = data[at:end].split()[0]
        alone = b" ".join(request.words[:2]) in WITHOUT_END
        if not first.startswith((b"STAT", b"ITEM", b"PREFIX", b"key=")) or alone:
            return Answer(end, "ok", None if alone else first.decode())
        at = end


def _meta(request: Asked, words: list[bytes], end: int) -> Answer | None:
    name, first = request.words[0], words[0]
    if name != b"me":
        if b"q" in request.words[2:] and first in HIDDEN[name]:
            return None
        flags = words[2:] if first == b"VA" else words[1:]
        if not _reflects(request.words, flags):
            return None
    if first == b"VA":
        end += int(words[1]) + 2
    hits = {b"VA": 1, b"EN": 0}.get(first) if name == b"mg" else None
    return Answer(end, "ok", first.decode(), hits)


def _reflects(words: tuple[bytes, ...], flags: list[bytes]) -> bool:
    """Opaque and key come back, each where it was asked for and only there.

    A key asked for in base64 comes back plain if it was stored plain.
    """
    opaques = [word for word in words[2:] if word.startswith(b"O")]
    keys = {words[1]} | ({base64.b64decode(words[1])} if b"b" in words[2:] else set())
    returned = [flag[1:] for flag in flags if flag.startswith(b"k")]
    return (
        [flag for flag in flags if flag.startswith(b"O")] == opaques
        and len(returned) == words[2:].count(b"k")
        and keys.issuperset(returned)
    )
