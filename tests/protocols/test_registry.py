"""The modes that are offered."""

import pytest

from tcpkit.protocols.protocol import BOTH, EITHER, TCP_ONLY, Protocol
from tcpkit.protocols.registry import modes, protocol_of

TRANSPORTS = [(TCP_ONLY, False, (True, False)), (EITHER, False, (True, False))]
TRANSPORTS += [
    (EITHER, True, (False, True)),
    (BOTH, False, (True, True)),
    (BOTH, True, (True, True)),
]


def test_raw_comes_first_and_is_no_protocol() -> None:
    assert modes()[0] == "raw"
    assert protocol_of("raw") is None


@pytest.mark.parametrize("mode", modes()[1:])
def test_every_protocol_has_the_name_of_its_mode(mode: str) -> None:
    protocol = protocol_of(mode)
    assert protocol is not None
    assert protocol.name == mode


def test_redis_has_the_contracts_port_and_no_udp() -> None:
    protocol = protocol_of("redis")
    assert protocol is not None
    assert (protocol.ports, protocol.transports) == ((6379,), TCP_ONLY)


@pytest.mark.parametrize(("transports", "udp", "watched"), TRANSPORTS)
def test_option_u_chooses_where_a_protocol_has_a_choice(
    transports: int, udp: bool, watched: tuple[bool, bool]
) -> None:
    protocol = Protocol("echo", (7,), transports)
    assert (protocol.watches_tcp(udp), protocol.watches_udp(udp)) == watched
