"""The kernel's filter for a live capture, as a pcap-filter(7) expression.

It keeps out what is certainly not wanted, and is never narrower than the decoder: what
`tcp port 6379` does not see through (later fragments, IPv6 extension headers, VLAN tags,
tunnels) passes, and is looked at by the decoder.
"""

from collections.abc import Sequence

# Next headers that an IPv6 header may have before TCP and UDP: RFC 8200, 4302.
_EXTENSIONS = (0, 43, 44, 51, 60)
_TUNNELS = (4, 41, 47)  # IPv4, IPv6 and GRE in IP
_ENCAPSULATIONS = (0x8847, 0x8848, 0x8864)  # MPLS, PPPoE
VLAN_DEPTH = 2  # QinQ


def filters(ports: Sequence[int], servers: Sequence[str], tcp: bool, udp: bool) -> list[str]:
    """Expressions to try, the best first: not every link type can express the first ones.

    >>> filters([], [], True, False)[-1]
    ''
    """
    packets = _packets(ports, servers, tcp, udp)
    whole = f"{packets} or {_ethernet()}"
    tagged = whole
    for _ in range(VLAN_DEPTH):
        # `vlan` moves the offsets of all that follows it, so it stands last
        tagged = f"{whole} or (vlan and ({tagged}))"
    return [tagged, whole, packets, ""]


def _packets(ports: Sequence[int], servers: Sequence[str], tcp: bool, udp: bool) -> str:
    protocols = [name for name, wanted in (("tcp", tcp), ("udp", udp)) if wanted]
    wanted = _any(protocols)
    if ports:
        wanted += f" and {_any([f'port {port}' for port in ports])}"
    if servers:
        wanted += f" and {_any([f'host {server}' for server in servers])}"
    later_fragments = "ip[6:2] & 0x1fff != 0"
    extended = _any([f"ip6[6] = {number}" for number in _EXTENSIONS])
    tunnels = [f"ip proto {number}" for number in _TUNNELS]
    tunnels += [f"ip6 proto {number}" for number in _TUNNELS]
    return f"({wanted}) or ({later_fragments}) or {extended} or {_any(tunnels)}"


def _ethernet() -> str:
    return _any([f"ether proto {number:#x}" for number in _ENCAPSULATIONS])


def _any(terms: Sequence[str]) -> str:
    return f"({' or '.join(terms)})"
