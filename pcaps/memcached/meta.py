"""Meta commands and their flags: opaque, key, base64, modes, stale items, misses."""

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, connect, serve

REQUESTS = (
    b"mn\r\n",
    b"mg a\r\n",
    b"mg a v\r\n",
    b"mg a k O1\r\n",
    b"ms a 2\r\nAB\r\n",
    b"mg a\r\n",
    b"mg a v\r\n",
    b"mg a s v t f c h l k O123\r\n",
    b"mg a q v\r\n",
    b"mg a v Pproxy/ Lhint\r\n",
    b"mg YQ== b v k\r\n",
    b"mg !!! b\r\n",
    b"mg a u h l t\r\n",
    b"mg a T30 t\r\n",
    b"mg a R60 t v\r\n",
    b"mg a R60 t v\r\n",
    b"mg new N30 v k\r\n",
    b"mg new v k\r\n",
    b"ms a 2 c k O5\r\nCD\r\n",
    b"ms a 2 F5 T0\r\nCD\r\n",
    b"ms a 2 ME\r\nxx\r\n",
    b"ms e 2 ME\r\nxx\r\n",
    b"ms a 2 MA\r\nxx\r\n",
    b"ms a 2 MP k\r\nxx\r\n",
    b"ms a 2 MR\r\nxx\r\n",
    b"ms none 2 MR\r\nxx\r\n",
    b"ms none 2 MA O7 k\r\nxx\r\n",
    b"ms a 2 C1\r\nxx\r\n",
    b"ms none 2 C1 k\r\nxx\r\n",
    b"ms a 2 C1 I c\r\nxx\r\n",
    b"mg a v c t\r\n",
    b"mg a v c t\r\n",
    b"ms bmV3Cg== 5 b k\r\nEND\r\n\r\n",
    b"mg bmV3Cg== b k v O2\r\n",
    b"ms a 0\r\n\r\n",
    b"mg a v k\r\n",
    b"ma n\r\n",
    b"ma n N0 J5 v\r\n",
    b"ma n v t c k O9\r\n",
    b"ma n D10 MD v\r\n",
    b"ma n\r\n",
    b"ma a\r\n",
    b"ma n C1 v\r\n",
    b"me a\r\n",
    b"me nothing\r\n",
    b"me YQ== b\r\n",
    b"md a I T30 k\r\n",
    b"mg a v\r\n",
    b"md a C1\r\n",
    b"md a k O1\r\n",
    b"md a k O1\r\n",
    b"md bmV3Cg== b k\r\n",
    b"mn\r\n",
    b"get n nothing\r\n",
    b"mg n v\r\n",
)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        for request in REQUESTS:
            client.ask(request)
        client.close()
