"""Authentication by text: the value of the first SET is name and password, whatever its key."""

import tempfile

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, connect, serve

RIGHT = b"user secret-password"
WRONG = b"user wrong-password"


def make(lab: Lab) -> None:
    with tempfile.NamedTemporaryFile("w") as passwords:
        passwords.write("user:secret-password\n")
        passwords.flush()
        serve(lab, "-Y", passwords.name)
        with lab.capture(only=TCP):
            client = connect(lab)
            client.ask(b"get a\r\n")
            client.ask(b"version\r\n")
            client.ask(b"set auth 0 0 %d\r\n%s\r\n" % (len(WRONG), WRONG))
            client.ask(b"get a\r\n")
            client.ask(b"set auth 0 0 %d\r\n%s\r\n" % (len(RIGHT), RIGHT))
            client.ask(b"get a\r\n")
            client.ask(b"set a 0 0 5\r\nvalue\r\n")
            client.ask(b"get a\r\n")
            client.close()
            # A client that waits for nothing; noreply is no option yet.
            client = connect(lab)
            client.write(b"set any 0 0 %d noreply\r\n%s\r\nget a\r\n" % (len(RIGHT), RIGHT))
            client.replies(2)
            client.write(b"set a 0 0 1 noreply\r\nx\r\nget a\r\n")
            client.reply()
            client.close()
            # Too long for a password.
            client = connect(lab)
            client.ask(b"set auth 0 0 3000\r\n" + b"p" * 3000 + b"\r\n")
            client.close()
