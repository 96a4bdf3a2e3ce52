"""Requests that arrive in pieces: cut in the line, in the block, before LF, in a header."""

from pcaps.lab import Lab
from pcaps.memcached_client import (
    GET,
    SET,
    STORE,
    TCP,
    Connection,
    binary,
    connect,
    serve,
)

PAUSE_S = 0.002


def in_pieces(lab: Lab, client: Connection, request: bytes, cuts: tuple[int, ...]) -> None:
    for start, end in zip((0, *cuts), (*cuts, len(request)), strict=True):
        client.write(request[start:end])
        lab.pause(PAUSE_S)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        request = b"set split 0 0 12\r\n0123\r\n6789ab\r\n"
        for cuts in ((1,), (3,), (6,), (15,), (16,), (17,), (18,), (23, 24), (30,), (31,)):
            in_pieces(lab, client, request, cuts)
            client.reply()
        in_pieces(lab, client, request, tuple(range(1, len(request))))
        client.reply()
        in_pieces(lab, client, b"get split nothing\r\n", tuple(range(1, 19)))
        client.reply()
        in_pieces(lab, client, b"ms split 4 k O12\r\n0123\r\n", (1, 2, 10, 17, 20, 23))
        client.reply()
        # The end of one request and the beginning of the next in one segment.
        in_pieces(lab, client, b"get split\r\n" + request + b"get split\r\n", (8, 15, 40, 45))
        client.replies(3)
        client.close()
        client = connect(lab)
        request = binary(SET, b"split", b"0123456789", STORE.pack(1, 0), opaque=7)
        for cuts in ((1,), (2, 4), (12,), (23,), (24,), (32,), (37,), (46,)):
            in_pieces(lab, client, request, cuts)
            client.packet()
        in_pieces(lab, client, binary(GET, b"split"), tuple(range(1, 29)))
        client.packet()
        in_pieces(lab, client, binary(GET, b"split") + request + binary(GET, b"no"), (28, 30, 80))
        client.packets(3)
        client.close()
