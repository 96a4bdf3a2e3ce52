"""Requests with noreply, alone and in pipelines; malformed ones that are answered all the same."""

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, connect, serve

SILENT = (
    b"set a 0 0 1 noreply\r\n1\r\n",
    b"add a 0 0 1 noreply\r\n2\r\n",
    b"add b 0 0 1 noreply\r\n2\r\n",
    b"replace a 0 0 1 noreply\r\n3\r\n",
    b"append a 0 0 1 noreply\r\n4\r\n",
    b"prepend nothing 0 0 1 noreply\r\n4\r\n",
    b"cas a 0 0 1 999 noreply\r\nx\r\n",
    b"incr a 1 noreply\r\n",
    b"decr nothing 1 noreply\r\n",
    b"touch a 60 noreply\r\n",
    b"delete b noreply\r\n",
    b"delete b 0 noreply\r\n",
    b"verbosity 2 noreply\r\n",
    b"cache_memlimit 64 noreply\r\n",
    b"flush_all 100 noreply\r\n",
    # what is wrong with them is hidden as well
    b"set text 0 0 1 noreply\r\nx\r\n",
    b"incr text 1 noreply\r\n",
    b"set a 0 0 noreply\r\n",
    b"cas a 0 0 1 noreply\r\n",
)
# Malformed ones, which are answered all the same: with the number of answers.
MALFORMED = (
    (b"nonsense noreply\r\n", 1),
    (b"stats noreply\r\n", 1),
    (b"delete b noreply more\r\n", 1),
    # noreply is not the sixth word: the line is wrong, and the block is a command
    (b"set a 0 0 1 2 3 noreply\r\nx\r\n", 2),
)
# Here it is no option at all.
ANSWERED = (
    b"version noreply\r\n",
    b"get noreply\r\n",
    b"set a 0 0 7\r\nnoreply\r\n",
    b"set noreply 0 0 1\r\nx\r\n",
)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        for request in SILENT:
            client.write(request)
            client.ask(b"get a\r\n")
        client.write(*SILENT)
        client.ask(b"version\r\n")
        for request in ANSWERED:
            client.ask(request)
            client.ask(b"get a text\r\n")
        for request in ANSWERED:
            client.write(*SILENT[:3], request, *SILENT[3:6], b"get a\r\n")
            client.replies(2)
        for request, answers in MALFORMED:
            client.write(request)
            client.replies(answers)
            client.ask(b"get a text\r\n")
        client.close()
