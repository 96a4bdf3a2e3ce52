"""ERROR and CLIENT_ERROR, and what the server does with the block behind a line it refuses."""

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, connect, serve

LONG = b"k" * 251
# With the number of answers that each gets.
REQUESTS = (
    (b"nonsense\r\n", 1),
    (b"\r\n", 1),
    (b"GET a\r\n", 1),
    (b"get\r\n", 1),
    (b"get " + LONG + b"\r\n", 1),
    (b"gets a " + LONG + b" b\r\n", 1),
    (b"get a b " + b"c" * 3000 + b"\r\n", 1),
    (b"x" * 1500 + b"\r\n", 1),
    (b"delete\r\n", 1),
    (b"delete a 100\r\n", 1),
    (b"incr a\r\n", 1),
    (b"incr a x\r\n", 1),
    (b"incr text 1\r\n", 1),
    (b"decr text 1\r\n", 1),
    (b"touch a\r\n", 1),
    (b"touch a x\r\n", 1),
    (b"gat a\r\n", 1),
    (b"flush_all x\r\n", 1),
    (b"verbosity\r\n", 1),
    (b"verbosity x\r\n", 1),
    (b"stats nonsense\r\n", 1),
    (b"stats detail\r\n", 1),
    (b"stats cachedump\r\n", 1),
    (b"slabs nonsense\r\n", 1),
    (b"lru_crawler\r\n", 1),
    (b"mg a v v\r\n", 1),
    (b"mg a E1\r\n", 1),
    (b"ms a 1 MZ\r\nx\r\n", 1),
    (b"ms a\r\n", 1),
    (b"ma text\r\n", 1),
    # one word too few: an error, and no block
    (b"set a 0 0\r\n", 1),
    # a line that is wrong: its block is read as a command
    (b"set " + LONG + b" 0 0 3\r\nabc\r\n", 2),
    (b"set a 0 0 x\r\nabc\r\n", 2),
    (b"set a b c 3\r\nabc\r\n", 2),
    (b"set a 0 0 -3\r\n", 1),
    (b"set a 0 0 -3\r\nversion\r\n", 2),
    (b"cas a 0 0 3 x\r\nget a\r\n", 2),
    # a block that is too long: what is left of it is read as a command
    (b"set a 0 0 3\r\nabcd\r\n", 2),
    (b"set a 0 0 3\r\nabcdefgh\r\n", 2),
    (b"set a 0 0 3\r\nabcdeversion\r\n", 2),
    (b"ms a 3\r\nabcd\r\n", 2),
    # a block that is too short: it takes the next line's beginning
    (b"set a 0 0 9\r\nabc\r\nversion\r\n", 2),
)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        client.ask(b"set text 0 0 1\r\nx\r\n")
        for request, answers in REQUESTS:
            client.write(request)
            client.replies(answers)
            client.ask(b"get a\r\n")
        # A line without an end is too much for the server: it closes the connection.
        client.write(b"x" * 3000)
        assert client.at_end()
        client.close()
