"""Real captures, each packet of them left out in turn: a client that waits is paired again."""

from collections import Counter

import pytest

from tcpkit.installation import is_compiled
from tcpkit.protocols.message import Exchange
from tests.goldens import PCAPS
from tests.truth.captures import read
from tests.truth.trace import trace

UNTIL_PAIRED = 10  # exchanges of the connection that lost a packet
CAPTURES = {"ordinary": 1, "resp3": 1, "echo": 1, "errors": 1, "slow": 1 if is_compiled() else 9}


def place(exchange: Exchange) -> tuple[str, int, int]:
    return exchange.client, int(exchange.request_seq), int(exchange.reply_seq)


@pytest.mark.parametrize("name", CAPTURES)
def test_no_lost_packet_costs_more_than_ten_exchanges(name: str) -> None:
    link_type, packets = read(PCAPS / "redis" / f"{name}.pcap")
    truth = {place(exchange) for exchange in trace(packets, link_type).exchanges}
    for lost in range(0, len(packets), CAPTURES[name]):
        left = packets[:lost] + packets[lost + 1 :]
        found = {place(exchange) for exchange in trace(left, link_type).exchanges}
        assert found <= truth, f"without packet {lost}"
        missed = Counter(client for client, _, _ in truth - found)
        assert max(missed.values(), default=0) <= UNTIL_PAIRED, f"without packet {lost}"
