"""Meta commands with q, hidden and shown, with opaque, key or neither, closed by MN or others."""

from itertools import permutations

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, connect, serve

# Hidden by q: a miss of mg, and the success of ms, md and ma.
HIDDEN = (
    b"mg miss q%s\r\n",
    b"mg miss v q%s\r\n",
    b"ms tmp 1 q%s\r\nx\r\n",
    b"ma n q%s\r\n",
    b"ma n v q%s\r\n",
    b"md tmp q%s\r\n",
)
# Shown though q is asked for.
SHOWN = (
    b"mg hit q%s\r\n",
    b"mg hit v q%s\r\n",
    b"ms hit 1 ME q%s\r\nx\r\n",
    b"ms miss 1 MR q%s\r\nx\r\n",
    b"ms hit 1 C1 q%s\r\nx\r\n",
    b"ms miss 1 C1 q%s\r\nx\r\n",
    b"md miss q%s\r\n",
    b"md hit C1 q%s\r\n",
    b"ma miss q%s\r\n",
    b"ma hit q%s\r\n",  # not a number
    b"mg hit v v q%s\r\n",  # a flag twice
)
FLAGS = (b"", b" O%d", b" k")


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        client.ask(b"ms hit 3\r\nhit\r\n")
        client.ask(b"ma n N0 J5 v\r\n")
        opaque = 0
        for flags in FLAGS:
            for group, answers in ((HIDDEN, 0), (SHOWN, 1)):
                for request in group:
                    opaque += 1
                    filled = flags % opaque if b"%d" in flags else flags
                    # Alone, closed by MN; then between two that are answered.
                    client.write(request % filled, b"mn\r\n")
                    client.replies(answers + 1)
                    client.write(b"mg hit v\r\n", request % filled, b"get hit\r\n")
                    client.replies(answers + 2)
        # Runs of the same command, hits among misses: nothing but O or k tells which.
        for flags in (b"", b" O%d"):
            for hits in sorted(set(permutations((1, 1, 0, 0, 0)))):
                requests = []
                for hit in hits:
                    opaque += 1
                    filled = flags % opaque if b"%d" in flags else flags
                    requests.append(b"mg %s v q%s\r\n" % (b"hit" if hit else b"miss", filled))
                client.write(*requests, b"mn\r\n")
                client.replies(3)
        client.write(*(request % b"" for request in (*HIDDEN, *SHOWN)), b"mn\r\n")
        client.replies(len(SHOWN) + 1)
        # This one is not hidden: autovivification is answered.
        client.write(b"ma newcomer N0 q\r\n", b"mn\r\n")
        client.replies(2)
        # Closed by another command than MN, and by nothing.
        client.write(b"mg miss v q\r\n" * 3, b"version\r\n")
        client.reply()
        client.write(b"mg miss v q O1\r\n", b"ms tmp 1 q\r\nx\r\n")
        lab.pause(0.01)
        client.close()
