"""A shipped capture sent once more, in segments of another size: what was said stays the same."""

from collections.abc import Iterable
from pathlib import Path

import dpkt

from tcpkit.flow.sequence import distance
from tests.build import Conversation, Packet
from tests.truth.captures import PCAPS, read

Piece = tuple[bool, bytes]  # whether the client said it
Said = list[Piece]


def conversations(name: str, port: int) -> dict[int, Said]:
    """What a capture `postgresql/psql` holds by client port; of connections with a handshake."""
    _, packets = read(PCAPS / f"{name}.pcap")
    found: dict[int, Said] = {}
    ends: dict[tuple[int, bool], int] = {}
    for packet in packets:
        segment = dpkt.ethernet.Ethernet(packet.frame).data.data
        of_client = segment.dport == port
        client = segment.sport if of_client else segment.dport
        if segment.flags & dpkt.tcp.TH_SYN:
            found[client] = found.get(client, [])
            ends[client, of_client] = segment.seq + 1
        elif client in found and segment.data:
            seen = int(distance(ends[client, of_client], segment.seq))
            if seen < len(segment.data):
                found[client].append((of_client, bytes(segment.data[seen:])))
                ends[client, of_client] = segment.seq + len(segment.data)
    return found


def packets_of(said: Iterable[Piece], port: int, mss: int = 1448) -> list[Packet]:
    """A connection from its handshake to its end, with `mss` bytes in a segment."""
    conversation = Conversation(server=f"10.0.0.2:{port}", mss=mss).handshake()
    for of_client, data in said:
        if of_client:
            conversation.client(data)
        else:
            conversation.server(data)
    return conversation.close().packets


def said_in(path: Path, port: int) -> list[Said]:
    return list(conversations(f"{path.parent.name}/{path.stem}", port).values())
