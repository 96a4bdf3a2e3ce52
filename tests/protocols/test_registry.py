"""The modes that are offered."""

from tcpkit.protocols.registry import PROTOCOLS, modes


def test_raw_comes_first_and_every_protocol_has_its_name() -> None:
    assert modes()[0] == "raw"
    assert modes()[1:] == list(PROTOCOLS)
    assert all(protocol.name == name for name, protocol in PROTOCOLS.items())


def test_redis_has_the_contracts_port_and_no_udp() -> None:
    assert (PROTOCOLS["redis"].ports, PROTOCOLS["redis"].udp) == ((6379,), False)
