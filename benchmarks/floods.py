"""Traffic that asks for memory: crowds of connections, what is never answered, large values.

Each flood is a pcap file of packets made by hand, given through a pipe and kept nowhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import IO, Final

from benchmarks.frames import FILE_HEADER, LARGEST_PAYLOAD, Exchanger, datagram

CONNECTIONS: Final = 200_000
REQUESTS: Final = 1_000_000
VALUE_BYTES: Final = 512 << 20  # the largest that redis takes
QUICK_SHARE: Final = 50

REDIS_PORT: Final = 6379
MEMCACHED_PORT: Final = 11211
DNS_PORT: Final = 53

_CLIENT: Final = 0x0A01_0001  # 10.1.0.1 and up
_PORTS_OF_A_CLIENT: Final = 50_000
_FIRST_PORT: Final = 10_000
_SEGMENT: Final = 1_448
_CONNECTION_NS: Final = 40_000  # between two of them: all come in 8 s
_REQUEST_NS: Final = 5_000
_QUERY_NS: Final = 9_000  # a million come in 9 s, before the first has timed out
_SEGMENT_NS: Final = 50_000  # of a large value: 10 Gbit/s


@dataclass(frozen=True)
class Flood:
    """`frames` is given how many of `what` there are to be, or how many bytes."""

    what: str
    number: int
    mode: str
    port: int
    frames: Callable[[int], Iterator[bytes]]

    def size(self, quick: bool) -> int:
        return self.number // QUICK_SHARE if quick else self.number

    def write(self, file: IO[bytes], quick: bool) -> None:
        file.write(FILE_HEADER)
        for frame in self.frames(self.size(quick)):
            file.write(frame)


def _crowd(number: int, port: int, request: bytes, reply: bytes) -> Iterator[bytes]:
    """Connections that stay open after one exchange, or after none without a request."""
    for at in range(number):
        host, place = divmod(at, _PORTS_OF_A_CLIENT)
        connection = Exchanger(_CLIENT + host, _FIRST_PORT + place, port)
        time_ns = at * _CONNECTION_NS
        yield connection.handshake(time_ns)
        if request:
            yield connection.client(time_ns + 10_000, request)
            yield connection.server(time_ns + 20_000, reply)
            yield connection.client_ack(time_ns + 21_000)


def _pipeline(port: int, requests: Iterator[bytes]) -> Iterator[bytes]:
    """One connection, whose server acknowledges all and answers nothing."""
    connection = Exchanger(_CLIENT, _FIRST_PORT, port)
    yield connection.handshake(0)
    time_ns = 1_000_000
    segment: list[bytes] = []
    size = 0
    for request in chain(requests, (b"",)):
        if segment and (not request or size + len(request) > _SEGMENT):
            yield connection.client(time_ns, b"".join(segment))
            yield connection.server_ack(time_ns + 1_000)
            segment, size = [], 0
        segment.append(request)
        size += len(request)
        time_ns += _REQUEST_NS


def _in_segments(begin: bytes, size: int) -> Iterator[bytes]:
    """A bulk string of `size` bytes behind `begin`."""
    whole = b"x" * LARGEST_PAYLOAD
    yield begin
    for _ in range(size // LARGEST_PAYLOAD):
        yield whole
    yield whole[: size % LARGEST_PAYLOAD] + b"\r\n"


def _redis_crowd(number: int) -> Iterator[bytes]:
    request = b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n"
    return _crowd(number, REDIS_PORT, request, b"$5\r\nvalue\r\n")


def _redis_silent(number: int) -> Iterator[bytes]:
    return _crowd(number, REDIS_PORT, b"", b"")


def _redis_pipeline(number: int) -> Iterator[bytes]:
    return _pipeline(
        REDIS_PORT,
        (b"*2\r\n$3\r\nGET\r\n$11\r\nkey:%07d\r\n" % at for at in range(number)),
    )


def _redis_large_reply(size: int) -> Iterator[bytes]:
    connection = Exchanger(_CLIENT, _FIRST_PORT, REDIS_PORT)
    yield connection.handshake(0)
    yield connection.client(1_000_000, b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n")
    time_ns = 2_000_000
    for segment in _in_segments(b"$%d\r\n" % size, size):
        yield connection.server(time_ns, segment)
        yield connection.client_ack(time_ns + 1_000)
        time_ns += _SEGMENT_NS


def _redis_large_request(size: int) -> Iterator[bytes]:
    connection = Exchanger(_CLIENT, _FIRST_PORT, REDIS_PORT)
    yield connection.handshake(0)
    time_ns = 1_000_000
    for segment in _in_segments(b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$%d\r\n" % size, size):
        yield connection.client(time_ns, segment)
        yield connection.server_ack(time_ns + 1_000)
        time_ns += _SEGMENT_NS
    yield connection.server(time_ns, b"+OK\r\n")


def _memcached_crowd(number: int) -> Iterator[bytes]:
    reply = b"VALUE key 0 5\r\nvalue\r\nEND\r\n"
    return _crowd(number, MEMCACHED_PORT, b"get key\r\n", reply)


def _memcached_pipeline(number: int) -> Iterator[bytes]:
    return _pipeline(MEMCACHED_PORT, (b"get key:%07d\r\n" % at for at in range(number)))


def _dns_queries(number: int) -> Iterator[bytes]:
    """Ids, ports and names vary; no two queries are the same."""
    for at in range(number):
        ports = (_FIRST_PORT + at % _PORTS_OF_A_CLIENT, DNS_PORT)
        query_id = (at * 40_503) & 0xFFFF
        query = b"%b\1\0\0\1\0\0\0\0\0\0\x0bname%07d\7example\3com\0\0\1\0\1"
        yield datagram(at * _QUERY_NS, _CLIENT, ports, query % (query_id.to_bytes(2, "big"), at))


REDIS: Final = (
    Flood("connections, one exchange each", CONNECTIONS, "redis", REDIS_PORT, _redis_crowd),
    Flood("connections, silent", CONNECTIONS, "redis", REDIS_PORT, _redis_silent),
    Flood("requests in a pipeline, no reply", REQUESTS, "redis", REDIS_PORT, _redis_pipeline),
    Flood("bytes of a value in a reply", VALUE_BYTES, "redis", REDIS_PORT, _redis_large_reply),
    Flood("bytes of a value in a request", VALUE_BYTES, "redis", REDIS_PORT, _redis_large_request),
)
MEMCACHED: Final = (
    Flood(
        "connections, one exchange each",
        *(CONNECTIONS, "memcached", MEMCACHED_PORT, _memcached_crowd),
    ),
    Flood(
        "gets in a pipeline, no reply",
        *(REQUESTS, "memcached", MEMCACHED_PORT, _memcached_pipeline),
    ),
)
DNS: Final = (Flood("queries, no reply", REQUESTS, "dns", DNS_PORT, _dns_queries),)
