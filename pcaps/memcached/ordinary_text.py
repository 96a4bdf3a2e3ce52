"""One client that waits for each reply: every classic command, hits, misses, all answers."""

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, connect, serve

REQUESTS = (
    b"version\r\n",
    b"get user:1\r\n",
    b"set user:1 5 0 4\r\nanna\r\n",
    b"get user:1\r\n",
    b"add user:1 0 0 3\r\nbob\r\n",
    b"add user:2 0 100 3\r\nbob\r\n",
    b"replace user:2 0 0 4\r\nbert\r\n",
    b"replace user:3 0 0 4\r\nbert\r\n",
    b"append user:2 0 0 4\r\nrand\r\n",
    b"prepend user:2 0 0 3\r\nad-\r\n",
    b"append user:3 0 0 1\r\nx\r\n",
    b"prepend user:3 0 0 1\r\nx\r\n",
    b"gets user:2\r\n",
    b"gets user:3\r\n",
    b"cas user:1 0 0 1 999999\r\nx\r\n",
    b"cas user:3 0 0 1 999999\r\nx\r\n",
    b"incr visits 1\r\n",
    b"set visits 0 0 2\r\n41\r\n",
    b"incr visits 1\r\n",
    b"decr visits 100\r\n",
    b"decr nothing 1\r\n",
    b"touch visits 60\r\n",
    b"touch nothing 60\r\n",
    b"gat 60 user:1\r\n",
    b"gat 60 nothing\r\n",
    b"gats 60 user:1 user:2\r\n",
    b"delete user:2\r\n",
    b"delete user:2\r\n",
    b"delete user:2 0\r\n",
    b"set empty 0 0 0\r\n\r\n",
    b"get empty\r\n",
    b"set expired 0 -1 1\r\nx\r\n",
    b"get expired\r\n",
    b"get  user:1   empty \r\n",
    b"version\n",
    b"set bare 0 0 2\nhi\r\n",
    b"get bare\n",
    b"verbosity 2\r\n",
    b"cache_memlimit 64\r\n",
    b"cache_memlimit 1\r\n",
    b"slabs automove 0\r\n",
    b"slabs reassign 1 2\r\n",
    b"slabs reassign 99 2\r\n",
    b"lru mode segmented\r\n",
    b"lru tune 10 25 0.1 2.0\r\n",
    b"lru temp_ttl -1\r\n",
    b"lru_crawler sleep 100\r\n",
    b"lru_crawler tocrawl 0\r\n",
    b"lru_crawler crawl 99\r\n",
    b"lru_crawler crawl all\r\n",
    b"shutdown\r\n",
    b"flush_all 10\r\n",
    b"flush_all\r\n",
    b"get user:1\r\n",
)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        for request in REQUESTS:
            client.ask(request)
        unique = client.ask(b"gets user:4\r\n", b"set user:4 0 0 1\r\nx\r\n")
        assert unique == b"END\r\n", unique
        client.reply()
        unique = client.ask(b"gets user:4\r\n").split()[4]
        assert client.ask(b"cas user:4 0 0 1 " + unique + b"\r\ny\r\n") == b"STORED\r\n"
        client.write(b"quit\r\n")
        assert client.at_end()
        client.close()
