"""What is known of an exchange from its request alone, whatever the protocol."""

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.message import RETRANSMISSION, Evidence, Exchange
from tcpkit.protocols.pairing import Request


def exchange_of(request: Request, ends: Endpoints, protocol: str) -> Exchange:
    """The Exchange of a request, over TCP, with its times and its place; without its words."""
    exchange = Exchange()
    exchange.protocol = protocol
    exchange.ends = ends
    exchange.client = ends.client
    exchange.server = ends.server
    exchange.server_port = ends.server_port
    exchange.depth = request.depth
    exchange.flags = request.flags
    exchange.request_first_ns = request.first_ns
    exchange.request_last_ns = request.last_ns
    exchange.request_bytes = request.size
    exchange.request_seq = request.seq
    if request.flags & RETRANSMISSION:
        tell_resent(exchange, request.resent_ns)
    return exchange


def tell_resent(exchange: Exchange, resent_ns: i64) -> None:
    """The request was sent again, at `resent_ns` for the last time, if it was whole then."""
    if resent_ns > exchange.request_last_ns:
        evidence = Evidence()
        evidence.resent_ns = resent_ns
        exchange.evidence = evidence
