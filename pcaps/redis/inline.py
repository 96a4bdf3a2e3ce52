"""Commands typed as text, the way `nc` sends them: quotes, escapes, blank lines, bare LF."""

from pcaps.lab import Lab

LINES = (
    b"PING\r\n",
    b"SET greeting hello\r\n",
    b"get greeting\n",
    b"  GET    greeting  \r\n",
    b'SET quoted "two words \\x41\\n\\"end\\""\r\n',
    b"SET single 'it\\'s here'\r\n",
    b"GET quoted\r\n",
    b'GET ""\r\n',
    b'SET broken "no end\r\n',
)
PAUSE_S = 0.002


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        for line in LINES[:-1]:
            client.write(line)
            client.reply()
        # No reply comes to a blank line or to an empty array.
        client.write(b"\r\n")
        lab.pause(PAUSE_S)
        client.write(b"*0\r\n\r\n*-1\r\nPING\r\n")
        client.reply()
        client.write(b"INCR n\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\nINCR n\r\n")
        client.replies(3)
        client.write(b"SET slow")
        lab.pause(PAUSE_S)
        client.write(b"ly typed\r\n")
        client.reply()
        # Unbalanced quotes are a protocol error: one reply, then the server closes.
        client.write(LINES[-1])
        client.reply()
        assert client.at_end()
        client.close()
