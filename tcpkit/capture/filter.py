"""The kernel's filter for a live capture, as a pcap-filter(7) expression.

It keeps out what is certainly not wanted, and is never narrower than the decoder: what
`tcp port 6379` does not see through (later fragments, IPv6 extension headers, VLAN tags,
tunnels) passes, and is looked at by the decoder.
"""

from collections.abc import Sequence

# Next headers that an IPv6 header may have before TCP and UDP: RFC 8200, 4302.
_EXTENSIONS = (0, 43, 44, 51, 60)
_TUNNELS = (4, 41, 47, 51)  # IPv4, IPv6 and GRE in IP, IPsec AH before anything
_ENCAPSULATIONS = (0x8847, 0x8848, 0x8864, 0x8100, 0x88A8, 0x9100, 0x9200)  # MPLS, PPPoE, VLAN
_IEEE_802_3 = "ether[12:2] <= 0x5dc"  # a length stands there: LLC, SNAP


def filters(ports: Sequence[int], servers: Sequence[str], tcp: bool, udp: bool) -> list[str]:
    """Expressions to try, the best first: not every link type can express the first ones.

    >>> filters([], [], True, False)[-1]
    ''
    """
    packets = _packets(ports, servers, tcp, udp)
    # A first VLAN tag is out of the frame before the filter sees it; frames with more pass
    # whole. The keyword `vlan` is no help: with loads at fixed places behind it, it fails.
    tagged = f"{packets} or {_any([f'ether proto {kind:#x}' for kind in _ENCAPSULATIONS])}"
    return [f"{tagged} or {_IEEE_802_3}", tagged, packets, ""]


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


def _any(terms: Sequence[str]) -> str:
    return f"({' or '.join(terms)})"
