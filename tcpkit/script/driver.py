"""The coroutines of a protocol in Lua, as the sessions see them."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.script.definition import Definition
from tcpkit.script.script import Script, read_report
from tcpkit.script.vm import Function

# What a coroutine comes back with: as in protocol.lua.
NOTHING: Final = 1
MESSAGE: Final = 2
PUSH: Final = 3
SKIP: Final = 4
FAILED: Final = 5
ENCRYPTED: Final = 6
BROKEN: Final = 7
FITS: Final = 8
MISFIT: Final = 9

BEGINNING: Final = 64  # bytes of a piece that `starts` is shown


class Encrypted(ProtocolError):
    """What follows on the connection cannot be read."""


@final
class Driver:
    """Calls one protocol's functions. Connections are numbers, given by `open`.

    Every method raises ProtocolError where the script does not take the bytes, or fails: that
    is told and counted. What the log raised meanwhile is raised instead.
    """

    __slots__ = (
        "definition", "script", "_open", "_close", "_reset", "_forget", "_forget_one", "_request",
        "_reply", "_request_text", "_reply_text", "_matches", "_starts", "_errors", "_free",
        "_last", "_calls", "_is_down", "_vm",
    )  # fmt: skip

    def __init__(self, script: Script, definition: Definition) -> None:
        self.definition = definition
        self.script = script
        (
            _, self._open, self._close, self._reset, self._forget, self._forget_one, self._request,
            self._reply, self._request_text, self._reply_text, self._matches, self._starts,
        ) = script.protocols  # fmt: skip
        self._vm = script.vm
        self._errors = script.vm.errors
        self._free: list[int] = []
        self._last = 0
        self._calls: i64 = 0
        self._is_down = False

    def open(self, is_datagram: bool = False) -> int:
        """A new connection; or a datagram: what follows in it is no further reply."""
        if self._free:
            connection = self._free.pop()
        else:
            self._last += 1
            connection = self._last
        self._tell(self._open, connection, self.definition.number, is_datagram)
        return connection

    def close(self, connection: int) -> None:
        self._tell(self._close, connection)
        self._free.append(connection)

    def reset(self, connection: int, of_client: bool) -> None:
        """Bytes of a direction are missing: its next byte begins a message."""
        self._tell(self._reset, connection, of_client)

    def forget(self, connection: int, oldest: i64) -> None:
        """Requests before the number `oldest` do not wait any more."""
        self._tell(self._forget, connection, oldest)

    def forget_one(self, connection: int, number: i64) -> None:
        self._tell(self._forget_one, connection, number)

    def _tell(self, function: Function, *arguments: object) -> None:
        """Call what only fails where there is no memory."""
        try:
            function(*arguments)
        except self._errors as error:
            self._fail(error)

    def feed_request(self, connection: int, chunk: bytes | None) -> object:
        """Let the coroutine read on. None: it wants more; else as in protocol.lua."""
        if self._is_down:
            self._refuse()
        self._calls += 1
        outcome: object = None
        try:
            outcome = self._request(connection, chunk)
        except self._errors as error:
            outcome = (BROKEN, error, False)
        if self._vm.failure is not None:
            self._vm.raise_failure()
        return outcome

    def feed_reply(self, connection: int, chunk: bytes | None, oldest: i64) -> object:
        if self._is_down:
            self._refuse()
        self._calls += 1
        outcome: object = None
        try:
            outcome = self._reply(connection, chunk, oldest)
        except self._errors as error:
            outcome = (BROKEN, error, False)
        if self._vm.failure is not None:
            self._vm.raise_failure()
        return outcome

    def raise_problem(self, state: i64, outcome: object) -> None:
        """`outcome` is FAILED, ENCRYPTED, or BROKEN with a report: raise what that means."""
        if state == ENCRYPTED:
            raise Encrypted("the script says so")
        self.report(outcome)
        raise ProtocolError("the script does not take these bytes")

    def report(self, outcome: object) -> None:
        """`outcome` is BROKEN, with the script's fault: tell and count it."""
        if isinstance(outcome, tuple):
            self._fail(outcome[1:])

    def request_text(self, connection: int, number: i64) -> tuple[bytes, bytes | None, bytes]:
        """Command, key and text of a request that waits, or was the last one."""
        try:
            found = self._request_text(connection, number)
        except self._errors as error:
            self._fail(error)
            return b"", None, b""
        assert isinstance(found, tuple)
        if len(found) > 3 and found[3] is not None:
            self._complain(found[3])
        return found[0], found[1], found[2]

    def reply_text(self, connection: int) -> tuple[bool, bytes | None, bytes | None]:
        """Whether the reply just read is an error, its code, and its text."""
        try:
            found = self._reply_text(connection)
        except self._errors as error:
            self._fail(error)
            return False, None, None
        if not isinstance(found, tuple):
            return found is True, None, None
        if len(found) > 2 and found[2] is not None:
            self._complain(found[2])
        return found[0], found[1], found[3] if len(found) > 3 else None

    def _complain(self, what: bytes) -> None:
        self._fail((self.definition.name.encode() + b": " + what, False))

    def matches(self, connection: int, number: i64, reader: int) -> bool:
        """Whether the reply that `reader` just read can be a request's; True where none can tell.

        `reader` is a connection, `connection` itself over TCP.
        """
        if not self.definition.has_matches:
            return True
        if self._is_down:
            self._refuse()
        self._calls += 1
        try:
            return self._told(self._matches(connection, number, reader))
        except self._errors as error:
            return self._told(error)

    def starts(self, piece: bytes, of_client: bool) -> bool:
        """Whether a piece begins with a message, by all appearances. Never raises ProtocolError."""
        if self._is_down or not self.definition.has_starts:
            return not self._is_down
        self._calls += 1
        try:
            return self._told(self._starts(self.definition.number, piece, of_client))
        except self._errors as error:
            return self._told(error)

    def _refuse(self) -> None:
        self.script.counts.left_out += 1
        raise ProtocolError("the script ran away too often")

    def _told(self, outcome: object) -> bool:
        """The answer of a function that says yes or no; no, where it failed."""
        self._vm.raise_failure()
        if outcome is True or outcome is False:
            return outcome is True
        self._fail(outcome)
        return False

    def _fail(self, outcome: object) -> None:
        """The script's own fault: told and counted."""
        hook = f"-m {self.definition.name}"
        self.script.settle(hook, int(self._calls), read_report(outcome))
        self._is_down = self.script.is_given_up(hook)
