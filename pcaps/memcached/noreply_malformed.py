"""Malformed requests with noreply, which are answered all the same, or whose blocks are."""

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, connect, serve

SILENT = (b"set a 0 0 1 noreply\r\n1\r\n", b"delete b noreply\r\n", b"incr a 1 noreply\r\n")
# With the number of answers that each gets.
ANSWERED = (
    (b"nonsense noreply\r\n", 1),
    (b"stats noreply\r\n", 1),
    (b"delete b noreply more\r\n", 1),
    # noreply stands where the size should: that error is hidden, the block is a command
    (b"set a 0 0 noreply\r\nx\r\n", 1),
    # the block goes on where it should end: that error is hidden, what is left answers ERROR
    (b"set a 0 0 1 noreply\r\nabc\r\n", 1),
    # noreply is not the sixth word: the line is wrong, and the block is a command
    (b"set a 0 0 1 2 3 noreply\r\nx\r\n", 2),
)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        for request, answers in ANSWERED:
            client.write(request)
            client.replies(answers)
            client.ask(b"get a text\r\n")
        for request, answers in ANSWERED:
            client.write(*SILENT, request, *SILENT, b"get a\r\n")
            client.replies(answers + 1)
            client.ask(b"get a text\r\n")
        client.close()
