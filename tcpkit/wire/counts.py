"""What the wire room saw, could not read and dropped."""

from typing import Final, final

from mypy_extensions import i64

# What became of a packet. Zero means: read on, or delivered.
OK: Final = 0
HELD: Final = 1  # a fragment that waits for the others
DROPPED: Final = 2  # a fragment that does not: counted where it was dropped
OTHER: Final = 3
NOT_IP: Final = 4
CUT: Final = 5
UNKNOWN_LINK: Final = 6
NESTED: Final = 7
BAD_LINK: Final = 8
BAD_IP: Final = 9
BAD_TCP: Final = 10
BAD_UDP: Final = 11
BAD_TUNNEL: Final = 12
BAD_CHECKSUM: Final = 13


@final
class WireCounts:
    """Numbers of packets, unless said otherwise.

    Every packet is in exactly one of the numbers from `tcp` to `bad_checksum`, except
    the fragments that did not complete a datagram: those are `fragments - reassembled`.
    """

    __slots__ = (
        "packets", "tcp", "udp", "other", "not_ip", "cut_headers", "unknown_link", "nested",
        "bad_link", "bad_ip", "bad_tcp", "bad_udp", "bad_tunnel", "bad_checksum",
        "cut_payloads", "udp_too_long", "tunnelled", "slow_path",
        "fragments", "reassembled", "fragments_waiting", "fragments_repeated", "fragments_cut",
        "fragments_bad", "fragments_evicted", "fragments_expired",
    )  # fmt: skip

    def __init__(self) -> None:
        self.packets: i64 = 0
        self.tcp: i64 = 0  # segments, those of a decoder that does not want TCP included
        self.udp: i64 = 0
        self.other: i64 = 0  # IP with neither TCP nor UDP
        self.not_ip: i64 = 0
        self.cut_headers: i64 = 0  # the snap length left less than the headers
        self.unknown_link: i64 = 0
        self.nested: i64 = 0  # more tags or tunnels than are followed
        self.bad_link: i64 = 0
        self.bad_ip: i64 = 0
        self.bad_tcp: i64 = 0
        self.bad_udp: i64 = 0
        self.bad_tunnel: i64 = 0
        self.bad_checksum: i64 = 0  # datagrams whose fragments do not belong together

        self.cut_payloads: i64 = 0  # delivered, the payload shortened by the snap length
        self.udp_too_long: i64 = 0  # delivered, the UDP length being more than IP carries
        self.tunnelled: i64 = 0  # tunnel headers taken off
        self.slow_path: i64 = 0  # headers looked at by dpkt

        self.fragments: i64 = 0
        self.reassembled: i64 = 0  # datagrams put together
        self.fragments_waiting: i64 = 0  # now
        self.fragments_repeated: i64 = 0
        self.fragments_cut: i64 = 0  # shortened by the snap length: of no use
        self.fragments_bad: i64 = 0  # lengths that contradict each other, overlaps, too large
        self.fragments_evicted: i64 = 0  # given up for want of room
        self.fragments_expired: i64 = 0  # given up for their age

    def numbers(self) -> dict[str, int]:
        """The counters by name, for the user."""
        return {
            "packets": int(self.packets),
            "tcp": int(self.tcp),
            "udp": int(self.udp),
            "other": int(self.other),
            "not ip": int(self.not_ip),
            "cut headers": int(self.cut_headers),
            "unknown link": int(self.unknown_link),
            "nested": int(self.nested),
            "bad link": int(self.bad_link),
            "bad ip": int(self.bad_ip),
            "bad tcp": int(self.bad_tcp),
            "bad udp": int(self.bad_udp),
            "bad tunnel": int(self.bad_tunnel),
            "bad checksum": int(self.bad_checksum),
            "cut payloads": int(self.cut_payloads),
            "udp too long": int(self.udp_too_long),
            "tunnelled": int(self.tunnelled),
            "slow path": int(self.slow_path),
            "fragments": int(self.fragments),
            "reassembled": int(self.reassembled),
            "fragments waiting": int(self.fragments_waiting),
            "fragments repeated": int(self.fragments_repeated),
            "fragments cut": int(self.fragments_cut),
            "fragments bad": int(self.fragments_bad),
            "fragments evicted": int(self.fragments_evicted),
            "fragments expired": int(self.fragments_expired),
        }

    def fragments_dropped(self) -> i64:
        """Fragments that never became part of a datagram, repetitions apart."""
        return (
            self.fragments_cut
            + self.fragments_bad
            + self.fragments_evicted
            + self.fragments_expired
        )

    def malformed(self) -> i64:
        return (
            self.bad_link
            + self.bad_ip
            + self.bad_tcp
            + self.bad_udp
            + self.bad_tunnel
            + self.bad_checksum
        )

    def add(self, outcome: i64) -> None:
        """Count a packet that ended with `outcome`, one of OTHER to BAD_CHECKSUM."""
        if outcome == OTHER:
            self.other += 1
        elif outcome == NOT_IP:
            self.not_ip += 1
        elif outcome == CUT:
            self.cut_headers += 1
        elif outcome == UNKNOWN_LINK:
            self.unknown_link += 1
        elif outcome == NESTED:
            self.nested += 1
        elif outcome == BAD_LINK:
            self.bad_link += 1
        elif outcome == BAD_IP:
            self.bad_ip += 1
        elif outcome == BAD_TCP:
            self.bad_tcp += 1
        elif outcome == BAD_UDP:
            self.bad_udp += 1
        elif outcome == BAD_TUNNEL:
            self.bad_tunnel += 1
        elif outcome == BAD_CHECKSUM:
            self.bad_checksum += 1
