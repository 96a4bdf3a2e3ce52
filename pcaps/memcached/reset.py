"""Connections that end while requests wait: RST by the client, QUIT, FIN by a server that goes."""

import signal

from pcaps.lab import Lab
from pcaps.memcached_client import GET, NOOP, QUIT, TCP, binary, connect, serve, stop


def make(lab: Lab) -> None:
    server = serve(lab, "-A")
    with lab.capture(only=TCP):
        text = connect(lab)
        text.ask(b"set a 0 0 1\r\nx\r\n")
        packets = connect(lab)
        packets.call(binary(GET, b"a"))
        stop(server)
        text.write(b"get a\r\nget b\r\n")
        packets.write(binary(GET, b"a"), binary(NOOP))
        lab.pause(0.01)
        text.reset()
        packets.reset()
        server.send_signal(signal.SIGCONT)
        # What stands behind QUIT is never answered.
        text = connect(lab)
        text.write(b"get a\r\nquit\r\nget a\r\nget b\r\n")
        text.reply()
        assert text.at_end()
        text.close()
        packets = connect(lab)
        packets.write(binary(GET, b"a"), binary(QUIT), binary(GET, b"a"))
        packets.packets(2)
        assert packets.at_end()
        packets.close()
        text = connect(lab)
        text.ask(b"version\r\n")
        other = connect(lab)
        other.write(b"shutdown\r\n")
        lab.pause(0.05)
        text.write(b"get a\r\n")
        lab.pause(0.01)
        text.close()
        other.close()
