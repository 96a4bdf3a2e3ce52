"""Quiet binary requests closed by NOOP: all missing, all there, mixed; opaque 0, or counted."""

from collections.abc import Iterator

from pcaps.lab import Lab
from pcaps.memcached_client import (
    ADDQ,
    APPENDQ,
    COUNT,
    DECRQ,
    DELETEQ,
    FLUSHQ,
    GATKQ,
    GATQ,
    GET,
    GETKQ,
    GETQ,
    INCRQ,
    NOOP,
    PREPENDQ,
    QUITQ,
    REPLACEQ,
    SET,
    SETQ,
    STORE,
    TCP,
    TIME,
    VERSION,
    binary,
    connect,
    serve,
)

FLAGS = STORE.pack(0, 0)
ONE = COUNT.pack(1, 1, 0)
MINUTE = TIME.pack(60)
MASKS = (0b0000, 0b1111, 0b0101, 0b0010)


def mutations(number: Iterator[int]) -> list[bytes]:
    """Each quiet mutation, once with success and once with a failure that is answered."""
    return [
        binary(SETQ, b"m", b"1", FLAGS, opaque=next(number)),
        binary(SETQ, b"m", b"1", FLAGS, opaque=next(number), cas=999_999),
        binary(ADDQ, b"m", b"1", FLAGS, opaque=next(number)),
        binary(ADDQ, b"m2", b"1", FLAGS, opaque=next(number)),
        binary(REPLACEQ, b"m2", b"1", FLAGS, opaque=next(number)),
        binary(REPLACEQ, b"m3", b"1", FLAGS, opaque=next(number)),
        binary(APPENDQ, b"m", b"1", opaque=next(number)),
        binary(APPENDQ, b"m3", b"1", opaque=next(number)),
        binary(PREPENDQ, b"m", b"1", opaque=next(number)),
        binary(PREPENDQ, b"m3", b"1", opaque=next(number)),
        binary(INCRQ, b"m", extras=ONE, opaque=next(number)),
        binary(INCRQ, b"hit:1", extras=ONE, opaque=next(number)),
        binary(DECRQ, b"m", extras=ONE, opaque=next(number)),
        binary(DECRQ, b"hit:1", extras=ONE, opaque=next(number)),
        binary(DELETEQ, b"m2", opaque=next(number)),
        binary(DELETEQ, b"m2", opaque=next(number)),
        binary(FLUSHQ, extras=TIME.pack(1000), opaque=next(number)),
    ]


def zeros() -> Iterator[int]:
    while True:
        yield 0


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        for index in range(4):
            client.call(binary(SET, b"hit:%d" % index, b"value", FLAGS))
        number = iter(range(1, 100_000))
        for numbers in (zeros(), number):
            for opcode in (GETQ, GETKQ, GATQ, GATKQ):
                extras = MINUTE if opcode in (GATQ, GATKQ) else b""
                for mask in MASKS:
                    for index in range(4):
                        key = b"%s:%d" % (b"hit" if mask >> index & 1 else b"miss", index)
                        client.write(binary(opcode, key, extras=extras, opaque=next(numbers)))
                    client.write(binary(NOOP, opaque=next(numbers)))
                    client.packets_to(NOOP)
            client.write(*mutations(numbers), binary(NOOP, opaque=next(numbers)))
            client.packets_to(NOOP)
            for request in mutations(numbers):
                client.write(request, binary(NOOP, opaque=next(numbers)))
                client.packets_to(NOOP)
        # The last of a run asks aloud, as libmemcached does.
        client.write(binary(GETQ, b"miss:1"), binary(GETQ, b"hit:1"), binary(GET, b"miss:1"))
        client.packets(2)
        client.write(binary(GETKQ, b"miss:1"), binary(VERSION))
        client.packet()
        client.write(binary(GETQ, b"miss:1"), binary(QUITQ))
        assert client.at_end()
        client.close()
