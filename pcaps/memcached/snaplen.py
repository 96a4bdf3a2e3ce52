"""Values of 50 KB captured with a snap length of 128 bytes: most of each segment is cut off."""

from pcaps.lab import Lab
from pcaps.memcached_client import GET, NOOP, SET, STORE, TCP, binary, connect, serve

SIZE = 50_000
FLAGS = STORE.pack(0, 0)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture("-s", "128", only=TCP):
        client = connect(lab)
        client.ask(b"set small 0 0 20\r\n" + b"x" * 20 + b"\r\n")
        client.ask(b"get small\r\n")
        client.ask(b"set large 0 0 %d\r\n" % SIZE + b"v" * SIZE + b"\r\n")
        client.ask(b"get small\r\n")
        client.ask(b"get large small\r\n")
        client.ask(b"ms medium 500\r\n" + b"m" * 500 + b"\r\n")
        client.ask(b"mg medium v\r\n")
        # Here a cut goes through the lines of requests and replies that follow one another.
        client.write(*(b"set key:%d 0 0 20\r\n%s\r\n" % (at, b"p" * 20) for at in range(12)))
        client.replies(12)
        client.write(*(b"get key:%d\r\n" % at for at in range(12)))
        client.replies(12)
        client.ask(b"version\r\n")
        client.close()
        client = connect(lab)
        client.call(binary(SET, b"large", b"v" * 3000, FLAGS))
        client.call(binary(GET, b"large"))
        client.call(binary(GET, b"key:1"))
        client.write(*(binary(GET, b"key:%d" % at, opaque=at) for at in range(12)))
        client.packets(12)
        client.call(binary(NOOP))
        client.close()
