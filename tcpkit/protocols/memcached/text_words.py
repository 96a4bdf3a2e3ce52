"""The words of the text protocol: what commands there are, and which replies each can have.

Source: memcached's doc/protocol.txt, and what version 1.6.18 answers.
"""

from typing import Final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError

# Request.kind: what a command line asks for
UNKNOWN: Final = 1  # no command, or one whose line the server refuses: an error answers
RETRIEVAL: Final = 2  # get gets bget gat gats
STORAGE: Final = 3  # set add replace append prepend
CAS: Final = 4
DELETE: Final = 5
COUNTER: Final = 6  # incr decr
TOUCH: Final = 7
SETTING: Final = 8  # commands that change the server: one line answers
VERSION: Final = 9
META_GET: Final = 10
META_SET: Final = 11
META_DELETE: Final = 12
META_COUNTER: Final = 13
META_DEBUG: Final = 14
META_NOOP: Final = 15
LAST_PLAIN: Final = META_NOOP  # those above are paired like any other request
STATS: Final = 16
DUMP: Final = 17  # lru_crawler: one line, or a dump of many
QUIT: Final = 18
WATCH: Final = 19

FORMS: Final[dict[bytes, int]] = {
    b"get": RETRIEVAL, b"gets": RETRIEVAL, b"gat": RETRIEVAL, b"gats": RETRIEVAL,
    b"bget": RETRIEVAL, b"set": STORAGE, b"add": STORAGE, b"replace": STORAGE,
    b"append": STORAGE, b"prepend": STORAGE, b"cas": CAS, b"delete": DELETE, b"incr": COUNTER,
    b"decr": COUNTER, b"touch": TOUCH, b"flush_all": SETTING, b"verbosity": SETTING,
    b"cache_memlimit": SETTING, b"slabs": SETTING, b"lru": SETTING, b"extstore": SETTING,
    b"refresh_certs": SETTING, b"misbehave": SETTING, b"debugtime": SETTING,
    b"shutdown": SETTING, b"version": VERSION, b"mg": META_GET, b"ms": META_SET,
    b"md": META_DELETE, b"ma": META_COUNTER, b"me": META_DEBUG, b"mn": META_NOOP,
    b"stats": STATS, b"lru_crawler": DUMP, b"quit": QUIT, b"watch": WATCH,
}  # fmt: skip

TEXT_COMMANDS: Final = frozenset(word.decode() for word in FORMS)

# Commands that `noreply`, as the last of so many words, keeps from being answered.
NOREPLY_WORDS: Final[dict[bytes, tuple[int, int]]] = {
    b"set": (5, 6), b"add": (5, 6), b"replace": (5, 6), b"append": (5, 6), b"prepend": (5, 6),
    b"cas": (6, 7), b"delete": (3, 4), b"incr": (3, 4), b"decr": (3, 4), b"touch": (3, 4),
    b"flush_all": (2, 3), b"verbosity": (2, 3), b"cache_memlimit": (2, 3), b"slabs": (3, 23),
    b"lru": (2, 23), b"extstore": (2, 23), b"watch": (2, 23),
}  # fmt: skip

# What a reply is, by its first line; `TextReply.kind`
R_ERROR: Final = 1
R_CLIENT_ERROR: Final = 2
R_SERVER_ERROR: Final = 3
R_END: Final = 4  # END alone
R_VALUES: Final = 5  # VALUE lines with their blocks, then END
R_STATS: Final = 6  # STAT lines, then END
R_LINES: Final = 7  # lines of a dump, then END
R_STORED: Final = 8
R_NOT_STORED: Final = 9
R_EXISTS: Final = 10
R_NOT_FOUND: Final = 11
R_DELETED: Final = 12
R_TOUCHED: Final = 13
R_OK: Final = 14
R_RESET: Final = 15
R_VERSION: Final = 16
R_NUMBER: Final = 17
R_HD: Final = 18
R_VA: Final = 19
R_EN: Final = 20
R_NS: Final = 21
R_EX: Final = 22
R_NF: Final = 23
R_ME: Final = 24
R_MN: Final = 25
R_OTHER: Final = 26  # another word in capitals: BUSY, BADCLASS and the like
R_LOG: Final = 27  # a line for who watches: it answers nothing
KINDS: Final = 32  # room for each kind

_CODES: Final[dict[int, str]] = {
    R_ERROR: "ERROR", R_CLIENT_ERROR: "CLIENT_ERROR", R_SERVER_ERROR: "SERVER_ERROR",
    R_END: "END", R_VALUES: "END", R_STATS: "END", R_LINES: "END", R_STORED: "STORED",
    R_NOT_STORED: "NOT_STORED", R_EXISTS: "EXISTS", R_NOT_FOUND: "NOT_FOUND",
    R_DELETED: "DELETED", R_TOUCHED: "TOUCHED", R_OK: "OK", R_RESET: "RESET",
    R_VERSION: "VERSION", R_NUMBER: "NUMBER", R_HD: "HD", R_VA: "VA", R_EN: "EN", R_NS: "NS",
    R_EX: "EX", R_NF: "NF", R_ME: "ME", R_MN: "MN",
}  # fmt: skip

# The first word of a reply that is one line, but for VALUE, STAT and the like.
REPLY_WORDS: Final[dict[bytes, int]] = {
    code.encode(): kind
    for kind, code in _CODES.items()
    if kind not in (R_VALUES, R_STATS, R_LINES, R_NUMBER)
}

_ANSWERS: Final[dict[int, tuple[int, ...]]] = {
    UNKNOWN: (),
    RETRIEVAL: (R_END, R_VALUES),
    STORAGE: (R_STORED, R_NOT_STORED),
    CAS: (R_STORED, R_NOT_STORED, R_EXISTS, R_NOT_FOUND),
    DELETE: (R_DELETED, R_NOT_FOUND),
    COUNTER: (R_NUMBER, R_NOT_FOUND),
    TOUCH: (R_TOUCHED, R_NOT_FOUND),
    SETTING: (R_OK, R_OTHER),
    VERSION: (R_VERSION,),
    META_GET: (R_HD, R_VA, R_EN, R_OK),  # OK instead of HD: -o meta_response_old
    META_SET: (R_HD, R_NS, R_EX, R_NF, R_OK),
    META_DELETE: (R_HD, R_NF, R_EX, R_OK),
    META_COUNTER: (R_HD, R_VA, R_NF, R_NS, R_EX, R_OK),
    META_DEBUG: (R_ME, R_EN),
    META_NOOP: (R_MN,),
    STATS: (R_STATS, R_LINES, R_END, R_RESET, R_OK),
    DUMP: (R_OK, R_OTHER, R_LINES, R_END, R_EN),
    QUIT: (),
    WATCH: (R_OK, R_OTHER),
}


def _answer_table() -> bytes:
    table = bytearray(KINDS * KINDS)
    for form, kinds in _ANSWERS.items():
        for kind in (R_ERROR, R_CLIENT_ERROR, R_SERVER_ERROR, *kinds):
            table[form * KINDS + kind] = 1
    return bytes(table)


ANSWERS: Final = _answer_table()  # 1 at form * KINDS + kind where that reply can answer


def form_of(word: bytes) -> int:
    """
    >>> form_of(b"gets") == RETRIEVAL, form_of(b"GETS") == UNKNOWN
    (True, True)
    """
    return FORMS.get(word, UNKNOWN)


def may_answer(word: bytes, kind: i64) -> bool:
    """Whether a reply of this kind can be one to the command `word`.

    >>> may_answer(b"set", R_STORED), may_answer(b"set", R_VALUES), may_answer(b"set", R_ERROR)
    (True, False, True)
    """
    return ANSWERS[form_of(word) * KINDS + kind] == 1


def is_error(kind: i64) -> bool:
    return R_ERROR <= kind <= R_SERVER_ERROR


def code_of(kind: i64, first_word: bytes) -> str:
    """A reply's closing word; `first_word` is asked for kinds that have none of their own."""
    code = _CODES.get(int(kind))
    return first_word.decode("ascii", "replace") if code is None else code


# The nominal replies of meta commands, which their flag q hides.
HIDES_EN: Final = 1
HIDES_HD: Final = 2
HIDES_VA: Final = 4


def _nominal() -> bytes:
    """For each kind of reply the bit HIDES_* by which the flag q hides it."""
    table = bytearray(KINDS)
    table[R_EN] = HIDES_EN
    table[R_HD] = table[R_OK] = HIDES_HD
    table[R_VA] = HIDES_VA
    return bytes(table)


NOMINAL: Final = _nominal()

_MANY: Final = {b"STAT": R_STATS, b"ITEM": R_LINES, b"PREFIX": R_LINES, b"mg": R_LINES}


def kind_of(word: bytes) -> i64:
    """What a reply is whose first line begins with `word`.

    >>> int(kind_of(b"NOT_FOUND")), int(kind_of(b"12")), int(kind_of(b"ERROR:"))
    (11, 17, 1)

    Raises ProtocolError for what no reply begins with.
    """
    kind = REPLY_WORDS.get(word)
    if kind is not None:
        return kind
    if word == b"VALUE":
        return R_VALUES
    kind = _MANY.get(word)
    if kind is not None:
        return kind
    if word.startswith(b"key="):
        return R_LINES
    if word.startswith((b"ts=", b"[skipped:")):
        return R_LOG
    if word.isdigit():
        return R_NUMBER
    if word.startswith(b"ERROR:"):
        return REPLY_WORDS[b"ERROR"]
    letters = word.replace(b"_", b"")
    if letters.isalpha() and 65 <= word[0] <= 90:
        return R_OTHER
    raise ProtocolError("a line that begins no reply")
