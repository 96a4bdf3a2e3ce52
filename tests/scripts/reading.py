"""What dpkt reads in a capture of Ethernet frames: the oracle of the scripts' tests."""

import socket
import time
from dataclasses import dataclass
from pathlib import Path

import dpkt

from tests.truth.captures import read


@dataclass(frozen=True)
class Row:
    """A TCP packet; ends as tcpkit prints them."""

    ts_ns: int
    source: str
    destination: str
    flags: int
    seq: int
    ack: int
    payload: bytes


def rows(capture: Path) -> list[Row]:
    """The TCP packets of a capture."""
    found = []
    for packet in read(capture)[1]:
        ip = dpkt.ethernet.Ethernet(packet.frame).data
        tcp = ip.data
        assert isinstance(tcp, dpkt.tcp.TCP)
        source, destination = _end(ip.src, tcp.sport), _end(ip.dst, tcp.dport)
        found.append(Row(packet.ts_ns, source, destination, tcp.flags, tcp.seq, tcp.ack, tcp.data))
    return found


def _end(address: bytes, port: int) -> str:
    if len(address) == 4:
        return f"{socket.inet_ntop(socket.AF_INET, address)}:{port}"
    return f"[{socket.inet_ntop(socket.AF_INET6, address)}]:{port}"


def when(ts_ns: int) -> str:
    """A time as the lines begin: UTC, in which the tests run."""
    seconds, ns = divmod(ts_ns, 1_000_000_000)
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds)) + f".{ns // 1000:06d}"


def ms(from_ns: int, to_ns: int) -> str:
    return f"{(to_ns - from_ns) / 1e6:.3f} ms"
