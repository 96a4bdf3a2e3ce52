"""What every DNS message begins with: the header and the question (RFC 1035, section 4.1).

Messages are paired by their id, their opcode and their question, so that is all that is
read of each. The question's bytes are its identity: name, type and class as sent.
"""

from typing import Final

from librt.strings import read_i16_be
from mypy_extensions import i64

from tcpkit.protocols.dns.names import MALFORMED, MISSING, name_end, same_bytes, same_letters

HEADER: Final = 12
FIXED: Final = 4  # type and class behind the name
LARGEST_HEAD: Final = HEADER + 255 + FIXED

QR: Final = 0x8000  # in the flags word: a response
SEVERAL: Final = -3  # more than one question, which no server answers (RFC 9619)


def u16(data: bytes, at: i64) -> i64:
    return i64(read_i16_be(data, at)) & 0xFFFF


def opcode_of(flags: i64) -> i64:
    return (flags >> 11) & 0xF


def question_end(data: bytes, start: i64, end: i64) -> i64:
    """The position behind the question of the message at `start`.

    Or MALFORMED, MISSING (the bytes up to `end` are too few), SEVERAL. A message with no
    question at all (RFC 7873, section 5.4; many errors) has an empty one.
    """
    at = start + HEADER
    if end < at:
        return MISSING
    count = u16(data, start + 4)
    if count != 1:
        return at if count == 0 else SEVERAL
    at = name_end(data, at, end)
    if at < 0:
        return at
    at += FIXED
    return at if at <= end else MISSING


def same_question(question: bytes, data: bytes, at: i64, end: i64) -> bool:
    """Whether the question at `at` is this one; an empty one is equal to an empty one.

    Its letters may be of either case: RFC 1035, section 2.3.3.
    """
    size: i64 = len(question)
    if end - at < size or (size == 0 and end > at):
        return False
    if same_bytes(question, data, at):
        return True
    name = size - FIXED
    if u16(question, name) != u16(data, at + name):
        return False
    if u16(question, name + 2) != u16(data, at + name + 2):
        return False
    return same_letters(question, data, at, name)


def why_not(end: i64, is_cut: bool) -> str:
    """The reason why a message without a readable question is dropped."""
    if end == SEVERAL:
        return "several questions"
    if end == MISSING and is_cut:
        return "cut off"
    assert end == MALFORMED or end == MISSING
    return "malformed"
