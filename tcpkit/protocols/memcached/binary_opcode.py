"""The opcodes and statuses of the binary protocol, and the words that the log has for them.

Words are those of the text protocol, where it has the thing. A quiet opcode is answered
only when there is something to tell: the gets on a hit, the others on an error.
"""

from typing import Final

from mypy_extensions import i64

QUITQ: Final = 0x17
STAT: Final = 0x10
GETK: Final = 0x0C
SASL_LIST: Final = 0x20
SASL_STEP: Final = 0x22

# how the request line is written
KEY: Final = 0  # get key; what stands in the key of any other
STORES: Final = 1  # set key flags exptime bytes
JOINS: Final = 2  # append key 0 0 bytes
COUNTS: Final = 3  # incr key by
TOUCHES: Final = 4  # touch key exptime
GETS_AND_TOUCHES: Final = 5  # gat exptime key
NUMBER: Final = 6  # flush_all 10
SECRET: Final = 7  # sasl_auth PLAIN ***

# opcode: word, form, whether it is quiet
_OPCODES: Final[dict[int, tuple[str, int, bool]]] = {
    0x00: ("get", KEY, False),
    0x01: ("set", STORES, False),
    0x02: ("add", STORES, False),
    0x03: ("replace", STORES, False),
    0x04: ("delete", KEY, False),
    0x05: ("incr", COUNTS, False),
    0x06: ("decr", COUNTS, False),
    0x07: ("quit", KEY, False),
    0x08: ("flush_all", NUMBER, False),
    0x09: ("get", KEY, True),
    0x0A: ("noop", KEY, False),
    0x0B: ("version", KEY, False),
    GETK: ("get", KEY, False),
    0x0D: ("get", KEY, True),
    0x0E: ("append", JOINS, False),
    0x0F: ("prepend", JOINS, False),
    STAT: ("stats", KEY, False),
    0x11: ("set", STORES, True),
    0x12: ("add", STORES, True),
    0x13: ("replace", STORES, True),
    0x14: ("delete", KEY, True),
    0x15: ("incr", COUNTS, True),
    0x16: ("decr", COUNTS, True),
    QUITQ: ("quit", KEY, True),
    0x18: ("flush_all", NUMBER, True),
    0x19: ("append", JOINS, True),
    0x1A: ("prepend", JOINS, True),
    0x1B: ("verbosity", NUMBER, False),
    0x1C: ("touch", TOUCHES, False),
    0x1D: ("gat", GETS_AND_TOUCHES, False),
    0x1E: ("gat", GETS_AND_TOUCHES, True),
    SASL_LIST: ("sasl_list", KEY, False),
    0x21: ("sasl_auth", SECRET, False),
    SASL_STEP: ("sasl_step", SECRET, False),
    0x23: ("gat", GETS_AND_TOUCHES, False),
    0x24: ("gat", GETS_AND_TOUCHES, True),
    0x30: ("rget", KEY, False),
    0x31: ("rset", KEY, False),
    0x32: ("rset", KEY, True),
    0x33: ("rappend", KEY, False),
    0x34: ("rappend", KEY, True),
    0x35: ("rprepend", KEY, False),
    0x36: ("rprepend", KEY, True),
    0x37: ("rdelete", KEY, False),
    0x38: ("rdelete", KEY, True),
    0x39: ("rincr", KEY, False),
    0x3A: ("rincr", KEY, True),
    0x3B: ("rdecr", KEY, False),
    0x3C: ("rdecr", KEY, True),
}

BINARY_COMMANDS: Final = frozenset(word for word, _, _ in _OPCODES.values())

# what an opcode is, one byte for each: bits of `KINDS[opcode]`
QUIET: Final = 1
RETRIEVES: Final = 2
NAMES_KEY: Final = 4  # its reply repeats the key

_RETRIEVING: Final = ("get", "gat")
_NAMING: Final = (GETK, 0x0D, 0x23, 0x24)


def _kinds() -> bytes:
    table = bytearray(256)
    for opcode, (word, _, quiet) in _OPCODES.items():
        table[opcode] = (
            (QUIET if quiet else 0)
            | (RETRIEVES if word in _RETRIEVING else 0)
            | (NAMES_KEY if opcode in _NAMING else 0)
        )
    return bytes(table)


KINDS: Final = _kinds()

OK_STATUS: Final = 0
NOT_FOUND_STATUS: Final = 1
AUTH_CONTINUE_STATUS: Final = 0x21
UNKNOWN_COMMAND_STATUS: Final = 0x81

_STATUSES: Final[dict[int, str]] = {
    OK_STATUS: "OK",
    NOT_FOUND_STATUS: "NOT_FOUND",
    0x02: "EXISTS",
    0x03: "TOO_LARGE",
    0x04: "EINVAL",
    0x05: "NOT_STORED",
    0x06: "NON_NUMERIC",
    0x07: "NOT_MY_VBUCKET",
    0x20: "AUTH_ERROR",
    AUTH_CONTINUE_STATUS: "AUTH_CONTINUE",
    UNKNOWN_COMMAND_STATUS: "UNKNOWN_COMMAND",
    0x82: "OUT_OF_MEMORY",
    0x83: "NOT_SUPPORTED",
    0x84: "INTERNAL_ERROR",
    0x85: "BUSY",
    0x86: "TEMPORARY_FAILURE",
}
_NO_ERRORS: Final = ("OK", "NOT_FOUND", "EXISTS", "NOT_STORED", "AUTH_CONTINUE")


def word_of(opcode: i64) -> str:
    """
    >>> word_of(0x0D), word_of(0x99)
    ('get', 'opcode_0x99')
    """
    known = _OPCODES.get(int(opcode))
    return f"opcode_0x{int(opcode):02x}" if known is None else known[0]


def form_of(opcode: i64) -> int:
    known = _OPCODES.get(int(opcode))
    return KEY if known is None else known[1]


def code_of(status: i64) -> str:
    """
    >>> code_of(1), code_of(0x99)
    ('NOT_FOUND', 'STATUS_0x0099')
    """
    return _STATUSES.get(int(status), f"STATUS_0x{int(status):04x}")


def is_error(status: i64) -> bool:
    """Whether the status is more than a miss, or a condition that did not hold."""
    return code_of(status) not in _NO_ERRORS
