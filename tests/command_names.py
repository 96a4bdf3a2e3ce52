"""Under which name each exchange of a log counts, where commands are told apart."""

from collections.abc import Iterable

from tcpkit.protocols.registry import protocol_of

OTHER = "other"


def counted_names(mode: str, exchanges: Iterable[tuple[str, str]]) -> list[str]:
    """One for each `(command, status)`, in the log's order.

    A command that the protocol does not list has a name from its first good reply on.
    """
    protocol = protocol_of(mode)
    assert protocol is not None
    known = set(protocol.command_names())
    names = []
    for command, status in exchanges:
        if status == "ok":
            known.add(command)
        names.append(command if command in known else OTHER)
    return names
