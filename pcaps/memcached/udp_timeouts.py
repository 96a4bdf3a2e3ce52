"""Requests over UDP that nobody answers in ten seconds; some are answered later, some never."""

import signal

from pcaps.lab import Lab
from pcaps.memcached_client import GET, PORT, UDP, Datagrams, binary, serve, stop


def make(lab: Lab) -> None:
    server = serve(lab, "-U", str(PORT))
    with lab.capture(only=UDP):
        client, patient = Datagrams(), Datagrams()
        client.ask(1, b"set a 0 0 1\r\nx\r\n")
        with lab.deaf("server"):
            client.send(2, b"get never\r\n")
            client.send(3, binary(GET, b"never", opaque=3))
            lab.pause(0.05)
        stop(server)
        patient.send(4, b"get late\r\n")
        patient.send(5, binary(GET, b"late", opaque=5))
        lab.pause(10.8)
        server.send_signal(signal.SIGCONT)
        patient.reply()
        patient.reply()
        client.ask(6, b"get a\r\n")
        client.close()
        patient.close()
