"""The binary protocol read from whole streams: protocol-binary.txt, and memcached 1.6.18."""

import struct

from tests.protocols.memcached.oracle import NONE, ONE, PERHAPS, Answer, Asked, printable

HEADER = struct.Struct("!BBHBBHIIQ")
SIZE = HEADER.size
NAMES = {
    **{0x00: "get", 0x01: "set", 0x02: "add", 0x03: "replace", 0x04: "delete", 0x05: "incr"},
    **{0x06: "decr", 0x07: "quit", 0x08: "flush_all", 0x09: "get", 0x0A: "noop"},
    **{0x0B: "version", 0x0C: "get", 0x0D: "get", 0x0E: "append", 0x0F: "prepend"},
    **{0x10: "stats", 0x11: "set", 0x12: "add", 0x13: "replace", 0x14: "delete", 0x15: "incr"},
    **{0x16: "decr", 0x17: "quit", 0x18: "flush_all", 0x19: "append", 0x1A: "prepend"},
    **{0x1B: "verbosity", 0x1C: "touch", 0x1D: "gat", 0x1E: "gat", 0x23: "gat", 0x24: "gat"},
}
# A reply to one of these may be missing; a success of the second group is never told.
QUIET_READS = (0x09, 0x0D, 0x1E, 0x24)
QUIET_WRITES = (0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x18, 0x19, 0x1A)
READS = (0x00, 0x0C, 0x1D, 0x23, *QUIET_READS)
WITH_KEY = (0x0C, 0x0D, 0x23, 0x24)  # the reply repeats the key
QUITQ, STAT = 0x17, 0x10
OK, NOT_FOUND = 0, 1
CODES = {0: "OK", 1: "NOT_FOUND", 2: "EXISTS", 5: "NOT_STORED"}
CONTINUE = 0x21  # of an authentication


def requests(data: bytes) -> list[Asked]:
    """All requests; `words` is the opcode, the opaque and the key."""
    found: list[Asked] = []
    at = 0
    while at < len(data):
        magic, opcode, key_size, extras, _, _, body, opaque, _ = HEADER.unpack_from(data, at)
        assert magic == 0x80, f"not a request at {at}"
        key = data[at + SIZE + extras : at + SIZE + extras + key_size]
        end = at + SIZE + body
        command = NAMES.get(opcode)
        words = (bytes((opcode,)), struct.pack("!I", opaque), key)
        # Of STAT the key is the name of the statistics.
        shown = printable(key) if key and command not in (None, "stats", "noop") else None
        found.append(Asked(at, end, words, command, shown, _answers(opcode)))
        at = end
    return found


def _answers(opcode: int) -> str:
    if opcode == QUITQ:
        return NONE
    return PERHAPS if opcode in (*QUIET_READS, *QUIET_WRITES) else ONE


def answer(request: Asked, data: bytes, at: int) -> Answer | None:
    """The reply to `request` that begins at `at`; None if what is there answers it not."""
    asked_opcode, asked_opaque, asked_key = request.words
    while at + SIZE <= len(data):
        magic, opcode, key_size, extras, _, status, body, opaque, _ = HEADER.unpack_from(data, at)
        assert magic == 0x81, f"not a reply at {at}"
        if opcode != asked_opcode[0] or opaque != int.from_bytes(asked_opaque, "big"):
            return None
        key = data[at + SIZE + extras : at + SIZE + extras + key_size]
        if opcode in WITH_KEY and key != asked_key:
            return None
        if opcode in QUIET_WRITES and status == OK:
            return None
        if opcode in QUIET_READS and status == NOT_FOUND:
            return None
        at += SIZE + body
        alone = asked_key in (b"sizes_enable", b"sizes_disable")
        if opcode != STAT or not key or status != OK or alone:
            hits = int(status == OK) if opcode in READS else None
            good = "ok" if status in CODES or status == CONTINUE else "error"
            return Answer(at, good, CODES.get(status), hits)
    return None
