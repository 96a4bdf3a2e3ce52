"""Random sessions with a real server: what it says to each request is the truth.

A request is sent, and then the server is asked something on another connection, twice: by
then it has said all that it has to say to the first one. The conversation is written anew,
one by one and pipelined, and no exchange may contradict it.
"""

import random
import socket

import pytest

from tests.build import Conversation, Packet
from tests.protocols.capture import Capture, capture
from tests.protocols.redis.resp import command, replies
from tests.servers import RedisServer

SESSIONS = 25  # for each seed
LENGTH = 14
Turn = tuple[list[bytes], bytes]  # a request, and what the server said before the next one

ORDINARY = ["GET k", "SET k text", "INCR n", "LRANGE l 0 -1", "PING", "NOSUCH", "GET", "TIME"]
CHANGES = [
    "CLIENT REPLY OFF", "CLIENT REPLY ON", "CLIENT REPLY SKIP", "CLIENT REPLY FOO", "CLIENT ID",
    "MULTI", "EXEC", "DISCARD", "WATCH k", "RESET", "HELLO 3", "HELLO 2", "HELLO 4", "HELLO",
    "HELLO 3 AUTH a b", "SUBSCRIBE a", "SUBSCRIBE a b", "UNSUBSCRIBE", "UNSUBSCRIBE a c",
    "PSUBSCRIBE p*", "PUNSUBSCRIBE", "SSUBSCRIBE s", "SUNSUBSCRIBE", "SUBSCRIBE", "MONITOR",
    "PUBLISH a hello", "SPUBLISH s hello", "CLIENT TRACKING ON", "CLIENT TRACKING OFF",
    "REPLCONF ACK 1", "REPLCONF capa eof", "REPLCONF GETACK *", "REPLCONF x", "BLPOP none 0.001",
    "WAIT 0 1", "XREAD BLOCK 1 STREAMS s $", "EVAL return{1,{2}} 0", "DEBUG PROTOCOL attrib",
    "DEBUG PROTOCOL push", "DEBUG PROTOCOL map", "PSYNC x y", "SELECT 0", "DEBUG SLEEP 0",
    "client reply skip", "Reset x", "MULTI x", "QUIT x y", "PING a b c",
    "PING hello", "AUTH x", "ACL WHOAMI", "CLIENT TRACKING ON BCAST", "SHUTDOWN x", "XLEN s",
    "HELLO 3 SETNAME x", "CLIENT NO-EVICT ON", "CLIENT UNBLOCK 0", "EVAL return(1) 0", "SORT l",
    "XREADGROUP GROUP g c BLOCK 1 STREAMS s >", "SPOP none", "FAILOVER ABORT", "ROLE", 
    "EVAL redis.call('publish','a','x') 0", "CLIENT CACHING YES", "PUBSUB CHANNELS", "SYNC x",
]  # fmt: skip
PUSHED = b">"
LISTS = [b"message", b"pmessage", b"smessage"]


class Asker:
    """Finds out what the server says to each request of one connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.control = socket.create_connection(("127.0.0.1", port))

    def session(self, requests: list[list[bytes]]) -> list[Turn]:
        turns: list[Turn] = []
        with socket.create_connection(("127.0.0.1", self.port)) as client:
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for request in requests:
                try:
                    client.send(command(*request))
                except OSError:
                    return turns  # the server has closed the connection
                if request[0] in (b"BLPOP", b"XREAD"):
                    self.ask("BLPOP", "nothing", "0.02")
                for _ in range(2):
                    self.ask("PING")
                turns.append((request, _said(client)))
        return turns

    def ask(self, *words: str) -> None:
        """Ask something on the other connection, and wait for the answer of one line."""
        self.control.sendall(command(*words))
        while not self.control.recv(1000).endswith(b"\r\n"):
            pass

    def close(self) -> None:
        self.control.close()


def _said(client: socket.socket) -> bytes:
    said = b""
    try:
        while piece := client.recv(65536):
            said += piece
    except OSError:
        pass
    return said


def requests(source: random.Random) -> list[list[bytes]]:
    found = []
    for number in range(LENGTH):
        choice = source.random()
        if choice < 0.35:
            text = f"ECHO text{number}"
        else:
            text = source.choice(CHANGES if choice < 0.8 else ORDINARY)
        found.append(text.encode().split(b" "))
    return found


def one_by_one(turns: list[Turn]) -> list[Packet]:
    made = Conversation().handshake()
    for request, said in turns:
        made.client(command(*request))
        if said:
            made.server(said)
    return made.client_ack().packets


def pipelined(turns: list[Turn]) -> list[Packet]:
    made = Conversation().handshake()
    made.client(b"".join(command(*request) for request, _ in turns))
    return made.server(b"".join(said for _, said in turns)).packets


def in_threes(turns: list[Turn]) -> list[Packet]:
    made = Conversation().handshake()
    for at in range(0, len(turns), 3):
        made.client(b"".join(command(*request) for request, _ in turns[at : at + 3]))
        said = b"".join(said for _, said in turns[at : at + 3])
        if said:
            made.server(said)
    return made.client_ack().packets


def is_reply(message: bytes) -> bool:
    """Whether a message can be a reply at all: not a line of MONITOR, nor a push."""
    if message[:1] == PUSHED:
        return b"subscribe" in message[:24]
    return not (message[:1] == b"+" and message[1:2].isdigit())


def messages(said: bytes) -> list[bytes]:
    found, begin = [], 0
    for reply in replies([said]):
        found.append(said[begin : reply.end])
        begin = reply.end
    return found


def problems(turns: list[Turn], run: Capture) -> list[str]:
    """Exchanges that are not what the server said."""
    places: dict[int, tuple[int, list[bytes]]] = {}
    at = 1001  # position of the first request
    for number, (request, _) in enumerate(turns):
        places[at] = number, request
        at += len(command(*request))
    found = []
    for exchange, (text, reply) in zip(run.exchanges, run.pairs, strict=True):
        number, _ = places[int(exchange.request_seq)]
        said = turns[number][1]
        if isinstance(reply, bytes):
            wrong = not reply or reply not in said
        elif reply == "silent":
            wrong = any(is_reply(message) for message in messages(said)) and not pushes(said)
        else:
            wrong = False
        if wrong and exchange.exact:
            found.append(f"{text}: {reply!r}, and not {said!r}")
    return found


def pushes(said: bytes) -> bool:
    return any(word in said[:40] for word in LISTS)


@pytest.mark.parametrize("seed", range(4))
def test_no_exact_exchange_contradicts_a_real_server(seed: int, redis_server: RedisServer) -> None:
    source = random.Random(seed)
    asker = Asker(redis_server.port)
    try:
        for _ in range(SESSIONS):
            asker.ask("FLUSHALL")
            asker.ask("RPUSH", "l", "message", "a", "b")
            turns = asker.session(requests(source))
            script = [b" ".join(request).decode() for request, _ in turns]
            for way in (one_by_one, pipelined, in_threes):
                assert problems(turns, capture(way(turns))) == [], (way.__name__, script)
    finally:
        asker.close()
