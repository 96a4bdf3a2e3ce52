"""Connections older than the capture: text and binary, idle, in a block, with requests waiting."""

import signal

from pcaps.lab import Lab
from pcaps.memcached_client import (
    COUNT,
    GET,
    GETQ,
    INCR,
    NOOP,
    SET,
    STORE,
    TCP,
    Connection,
    binary,
    connect,
    serve,
    stop,
)

FLAGS = STORE.pack(0, 0)


def talk_text(client: Connection) -> None:
    for turn in range(5):
        client.ask(b"get a\r\n")
        client.ask(b"set a 0 0 1\r\n%d\r\n" % turn)
        client.ask(b"get a none:%d\r\n" % turn)
        client.ask(b"incr a 1\r\n")
        client.ask(b"mg a v k O%d\r\n" % turn)


def talk_binary(client: Connection, opaque: int) -> None:
    for turn in range(5):
        client.call(binary(GET, b"a", opaque=opaque * turn))
        client.call(binary(SET, b"a", b"%d" % turn, FLAGS, opaque=opaque * turn + 1))
        client.call(binary(INCR, b"a", extras=COUNT.pack(1, 0, 0), opaque=opaque * turn + 2))
        client.write(binary(GETQ, b"none"), binary(NOOP, opaque=opaque * turn + 3))
        client.packet()


def make(lab: Lab) -> None:
    server = serve(lab)
    idle = connect(lab)
    idle.ask(b"set a 0 0 1\r\nx\r\n")
    waiting = connect(lab)
    waiting.ask(b"get a\r\n")
    in_block = connect(lab)
    in_block.write(b"set b 0 0 30\r\nget a\r\nget a\r\n")
    plain = connect(lab)
    plain.call(binary(GET, b"a"))
    counted = connect(lab)
    counted.call(binary(GET, b"a"))
    stop(server)
    waiting.write(b"get a\r\n")
    counted.write(binary(GET, b"a", opaque=1000))
    lab.pause(0.02)
    with lab.capture(only=TCP):
        waiting.write(b"get none\r\nget a\r\n")
        counted.write(binary(GET, b"none", opaque=1001), binary(GET, b"a", opaque=1002))
        lab.pause(0.01)
        server.send_signal(signal.SIGCONT)
        waiting.replies(3)
        counted.packets(3)
        in_block.write(b"get a\r\n123456789\r\n")
        in_block.reply()
        for client in (idle, waiting, in_block):
            talk_text(client)
        talk_binary(plain, 0)
        talk_binary(counted, 100)
        for client in (idle, waiting, in_block, plain, counted):
            client.close()
