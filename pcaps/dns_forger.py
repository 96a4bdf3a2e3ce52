"""A name server that answers as no honest one does: `python -m pcaps.dns_forger ADDRESS`.

The first label of a name says what is sent; the true answer is NXDOMAIN. It stands for a
forger on the path, whose answers race the true ones (RFC 5452), and for broken servers.
"""

import socket
import sys
import threading
from collections.abc import Iterator

from pcaps.dns_client import framed, query
from pcaps.dns_servers import DNS_PORT

READY = "ready to forge"
LARGEST = 65535
HEADER = 12
NXDOMAIN = 3


def answer(asked: bytes, ident: int | None = None) -> bytes:
    """The header with QR and NXDOMAIN, the question, nothing else."""
    own = int.from_bytes(asked[:2], "big") if ident is None else ident & 0xFFFF
    flags = bytes((asked[2] | 0x80, NXDOMAIN))
    return own.to_bytes(2, "big") + flags + asked[4:6] + bytes(6) + asked[HEADER:]


def answers(asked: bytes) -> Iterator[bytes]:
    """What is sent for a query without EDNS."""
    ident = int.from_bytes(asked[:2], "big")
    label = asked[HEADER + 1 : HEADER + 1 + asked[HEADER]].decode(errors="replace").lower()
    true = answer(asked)
    if label == "ids":
        yield from (answer(asked, ident + step) for step in range(-8, 9) if step)
    elif label == "names":
        yield answer(query("other.test", "A", ident))
        yield answer(query("names.test.example", "A", ident))
    elif label == "types":
        yield answer(query("types.test", "TXT", ident))
        yield answer(query("types.test", "A", ident, kind_class="CH"))
    elif label == "opcodes":
        yield true[:2] + bytes((true[2] | 0x28,)) + true[3:]
    elif label == "twice":
        yield true
    elif label == "nothing":
        # FORMERR without the question, as it is for a query that could not be read.
        yield true[:3] + b"\x01" + bytes(8)
        return
    elif label == "queries":
        yield asked
    elif label == "short":
        yield true[:HEADER]
        yield true[:7]
        yield b""
    elif label == "several":
        yield true[:4] + b"\0\2" + true[6:] + true[HEADER:]
    elif label == "silence":
        return
    yield true


def over_udp(address: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, DNS_PORT))
        print(READY, flush=True)
        while True:
            asked, client = server.recvfrom(LARGEST)
            for message in answers(asked):
                server.sendto(message, client)


def over_tcp(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        try:
            converse(connection)
        except OSError:
            continue  # a client that left answers unread


def converse(connection: socket.socket) -> None:
    with connection, connection.makefile("rb") as stream:
        while length := stream.read(2):
            asked = stream.read(int.from_bytes(length, "big"))
            connection.sendall(b"".join(map(framed, answers(asked))))


def main(address: str) -> None:
    listener = socket.create_server((address, DNS_PORT))
    threading.Thread(target=over_tcp, args=(listener,), daemon=True).start()
    over_udp(address)


if __name__ == "__main__":
    main(sys.argv[1])
