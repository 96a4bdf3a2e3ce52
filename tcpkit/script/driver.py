"""The coroutines of a protocol in Lua, as the sessions see them."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.script.definition import Definition
from tcpkit.script.script import Script, read_report

# What a coroutine comes back with: as in protocol.lua.
MESSAGE: Final = 1
SKIP: Final = 2
FAILED: Final = 3
ENCRYPTED: Final = 4
BROKEN: Final = 5

BEGINNING: Final = 64  # bytes of a piece that `starts` is shown


class Encrypted(ProtocolError):
    """What follows on the connection cannot be read."""


@final
class Driver:
    """Calls one protocol's functions. Connections are numbers, given by `open`.

    Every method raises ProtocolError where the script does not take the bytes, or fails: that
    is told and counted, and what the log raised meanwhile is raised instead.
    """

    __slots__ = (
        "definition", "script", "_open", "_close", "_reset", "_request", "_reply", "_matches",
        "_starts", "_errors", "_free", "_last", "_calls", "_is_down",
    )  # fmt: skip

    def __init__(self, script: Script, definition: Definition) -> None:
        self.definition = definition
        self.script = script
        (
            _, self._open, self._close, self._reset, self._request, self._reply, self._matches,
            self._starts,
        ) = script.protocols  # fmt: skip
        self._errors = script.vm.errors
        self._free: list[int] = []
        self._last = 0
        self._calls: i64 = 0
        self._is_down = False

    def open(self) -> int:
        """A new connection."""
        if self._free:
            connection = self._free.pop()
        else:
            self._last += 1
            connection = self._last
        self._open(connection, self.definition.number)
        return connection

    def close(self, connection: int) -> None:
        self._close(connection)
        self._free.append(connection)

    def reset(self, connection: int, of_client: bool) -> None:
        """Bytes of a direction are missing: its next byte begins a message."""
        self._reset(connection, of_client)

    def feed_request(self, connection: int, chunk: bytes | None) -> tuple[object, ...] | None:
        """Let the coroutine read on: see protocol.lua. None: it wants more."""
        self._begin()
        outcome: object = None
        try:
            outcome = self._request(connection, chunk)
        except self._errors as error:
            outcome = (BROKEN, error, False)
        if outcome is None and self.script.vm.failure is None:
            return None
        return self._checked(outcome)

    def feed_reply(
        self, connection: int, chunk: bytes | None, oldest: i64, known: bool
    ) -> tuple[object, ...] | None:
        self._begin()
        outcome: object = None
        try:
            outcome = self._reply(connection, chunk, oldest, known)
        except self._errors as error:
            outcome = (BROKEN, error, False)
        if outcome is None and self.script.vm.failure is None:
            return None
        return self._checked(outcome)

    def matches(self, connection: int, number: i64) -> bool:
        """Whether the reply just read can be that of a request; True where nobody can tell."""
        if not self.definition.has_matches:
            return True
        self._begin()
        try:
            return self._told(self._matches(connection, number))
        except self._errors as error:
            return self._told(error)

    def starts(self, piece: bytes, of_client: bool) -> bool:
        """Whether a piece begins with a message, by all appearances. Never raises ProtocolError."""
        if self._is_down or not self.definition.has_starts:
            return not self._is_down
        self._begin()
        try:
            return self._told(self._starts(self.definition.number, piece, of_client))
        except self._errors as error:
            return self._told(error)

    def _begin(self) -> None:
        self._calls += 1
        if self._is_down:
            self.script.counts.left_out += 1
            raise ProtocolError("the script ran away too often")

    def _told(self, outcome: object) -> bool:
        """The answer of a function that says yes or no; no, where it failed."""
        self.script.vm.raise_failure()
        if outcome is True or outcome is False:
            return outcome is True
        self._fail(outcome)
        return False

    def _checked(self, outcome: object) -> tuple[object, ...] | None:
        self.script.vm.raise_failure()
        if outcome is None:
            return None
        if isinstance(outcome, tuple) and outcome[0] != BROKEN:
            return outcome
        if outcome == ENCRYPTED:
            raise Encrypted("the script says so")
        if isinstance(outcome, tuple):
            self._fail(outcome[1:])
        raise ProtocolError("the script does not take these bytes")

    def _fail(self, outcome: object) -> None:
        """The script's own fault: told and counted."""
        hook = f"-m {self.definition.name}"
        self.script.settle(hook, int(self._calls), read_report(outcome))
        self._is_down = self.script.is_given_up(hook)
