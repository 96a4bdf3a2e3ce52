"""Values too large for the server: SERVER_ERROR when the whole block was thrown away.

The client's card leaves segmentation to the cable, so that packets are as large as 64 KB,
and only the first 100 bytes of each are kept.
"""

import subprocess

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, connect, serve

VALUE = b"version\r\n" * 116_600  # commands in a block are no commands


def make(lab: Lab) -> None:
    serve(lab)
    subprocess.run("ip link set cable gso_max_segs 44".split(), check=True)
    with lab.capture("-s", "100", only=TCP):
        client = connect(lab)
        for line in (b"set a 0 0 %d\r\n", b"ms a %d q O5 k\r\n"):
            client.ask(line % len(VALUE), VALUE, b"\r\nget a\r\n")
            client.reply()
            client.ask(b"version\r\n")
        # Hidden, and swallowed all the same.
        client.ask(b"add a 0 0 %d noreply\r\n" % len(VALUE), VALUE, b"\r\nget a\r\n")
        client.close()
