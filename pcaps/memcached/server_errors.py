"""Values too large for the server: SERVER_ERROR once the whole block was thrown away."""

from pcaps.lab import Lab
from pcaps.memcached_client import NOOP, SET, SETQ, STORE, TCP, binary, connect, serve

VALUE = b"version\r\n" * 500  # commands in a block are no commands


def make(lab: Lab) -> None:
    serve(lab, "-I", "4k", "-o", "slab_chunk_max=4")
    with lab.capture(only=TCP):
        client = connect(lab)
        for line in (b"set a 0 0 %d\r\n", b"ms a %d\r\n", b"ms a %d q O5 k\r\n"):
            client.ask(line % len(VALUE), VALUE, b"\r\nget a\r\n")
            client.reply()
            client.ask(b"version\r\n")
        # Hidden, and swallowed all the same.
        client.ask(b"add a 0 0 %d noreply\r\n" % len(VALUE), VALUE, b"\r\nget a\r\n")
        client.close()
        client = connect(lab)
        for opcode in (SET, SETQ):
            client.call(binary(opcode, b"a", VALUE, STORE.pack(0, 0)))
            client.call(binary(NOOP))
        client.close()
