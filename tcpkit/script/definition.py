"""What a script says of a protocol: `tcpkit.protocol { ... }`."""

from typing import NamedTuple

from tcpkit.script.script import Script


class Definition(NamedTuple):
    """`number` is its place among the script's; `transport` is tcp, udp or both."""

    number: int
    name: str
    ports: tuple[int, ...]
    transport: str
    has_starts: bool
    has_matches: bool


def definitions(script: Script) -> list[Definition]:
    """The protocols that a script defines."""
    describe = script.protocols[0]
    found: list[Definition] = []
    while True:
        described = describe(len(found) + 1)
        if described is None:
            return found
        assert isinstance(described, tuple)
        name, ports, transport, has_starts, has_matches = described
        found.append(
            Definition(
                len(found) + 1,
                name.decode(),
                tuple(int(port) for port in ports.split(b"\1")),
                transport.decode(),
                has_starts,
                has_matches,
            )
        )
