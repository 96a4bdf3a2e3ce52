"""LRU_CRAWLER METADUMP: a line for each item, ended by a bare LF, then END; in a pipeline."""

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, connect, serve


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        # A server that holds nothing.
        client.ask(b"lru_crawler metadump all\r\n")
        for number in range(24):
            client.ask(b"set key:%d 0 0 4\r\nEND\r\r\n" % number)
        client.ask(b"lru_crawler metadump all\r\n")
        client.ask(b"lru_crawler metadump hash\r\n")
        client.ask(b"lru_crawler metadump 1,2\r\n")
        client.ask(b"lru_crawler metadump 99\r\n")
        client.ask(b"get key:1\r\n")
        client.write(b"get key:1\r\nlru_crawler metadump all\r\nget key:2\r\n")
        client.replies(2)
        # The last one's reply comes when the server next hears from the client.
        client.write(b"version\r\n")
        client.replies(2)
        client.close()
