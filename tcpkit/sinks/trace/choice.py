"""Which exchanges of a trace are shown: by client, key, command."""

import re
from typing import final

from tcpkit.config import TraceOptions
from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.message import Exchange
from tcpkit.sinks.trace.glob import matcher


@final
class Choice:
    """`any_case`: keys are names, in which `A` and `a` are the same (dns)."""

    def __init__(self, options: TraceOptions, any_case: bool) -> None:
        self.chooses = bool(options.key or options.commands)  # among a client's requests
        self._clients = options.clients
        self._commands = frozenset(options.commands)
        self._key: re.Pattern[str] | None = None
        if options.key:
            self._key = matcher(options.key, any_case)

    def has_client(self, ends: Endpoints) -> bool:
        """Whether a conversation is shown, as far as its client tells."""
        if not self._clients:
            return True
        address, port = ends.address(True), int(ends.client_port)
        return (address, 0) in self._clients or (address, port) in self._clients

    def has(self, exchange: Exchange) -> bool:
        """Whether the key and the command are wanted."""
        pattern, key = self._key, exchange.key
        if pattern is not None and (key is None or not pattern.fullmatch(key)):
            return False
        if not self._commands:
            return True
        command = exchange.command.upper()
        return command in self._commands or command.partition(" ")[0] in self._commands
