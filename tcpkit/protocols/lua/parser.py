"""Feeds a coroutine of a script with the bytes of one direction, message after message.

Lua keeps the piece that it was given last: the rest of it, behind a message that is
complete, is not handed over a second time. Bytes that the script skips never get there.
"""

from typing import final

from mypy_extensions import i64

from tcpkit.script.driver import FITS, MESSAGE, MISFIT, NOTHING, PUSH, SKIP, Driver


@final
class Parser:
    """One direction of a connection. `state` is what the last message, which is `done`, was.

    `special` are further facts of it, empty for a plain one. `behind` bytes that came with
    earlier pieces belong to the next message: the script has only looked at them.
    """

    __slots__ = (
        "driver", "connection", "of_client", "begun", "done", "countdown", "state", "special",
        "oldest", "asked_of", "fits", "behind", "stalled", "_held",
    )  # fmt: skip

    def __init__(self, driver: Driver, connection: int, of_client: bool) -> None:
        self.driver = driver
        self.connection = connection
        self.of_client = of_client
        self.begun = False
        self.done = False
        self.countdown: i64 = 0  # bytes to be skipped, of which none has come yet
        self.state: i64 = NOTHING
        self.special: tuple[object, ...] = ()
        self.oldest: i64 = 1  # number of the oldest request that waits, see protocol.lua
        self.asked_of: i64 = 0  # the oldest when the message began
        self.fits: i64 = NOTHING  # FITS or MISFIT: what `matches` said of that request
        self.behind: i64 = 0
        self.stalled = False  # the message took nothing of the piece that it was read from
        self._held: i64 = 0  # bytes that Lua has, and has not consumed

    def feed(self, data: bytes, pos: i64, end: i64) -> i64:
        """Read from `data[pos:end]` on; the position behind what was read.

        Raises ProtocolError where the script does not take the bytes.
        """
        self.begun = True
        if self.asked_of == 0:
            self.asked_of = self.oldest
        if self.countdown > 0:
            part = end - pos
            if part > self.countdown:
                part = self.countdown
            self.countdown -= part
            pos += part
            if self.countdown > 0:
                return end
        return self._go_on(data, pos, end)

    def _go_on(self, data: bytes, pos: i64, end: i64) -> i64:
        held = self._held
        chunk: bytes | None = None
        if held == 0 or held < end - pos:
            chunk = data[pos:end]
        self._held = 0
        if self.of_client:
            outcome = self.driver.feed_request(self.connection, chunk)
        else:
            outcome = self.driver.feed_reply(self.connection, chunk, self.oldest)
        if outcome is None:
            return end
        code = number(outcome)
        state = code & 15
        left = code >> 4
        if state == SKIP:
            self.countdown = left
            return end
        self.fits = NOTHING
        if state == FITS or state == MISFIT:
            self.fits = state
            state = MESSAGE
        elif state > PUSH:
            self.driver.raise_problem(state, outcome)
        self.done = True
        self.state = state
        self.special = outcome if isinstance(outcome, tuple) else ()
        self._held = left
        self.stalled = left >= end - pos
        if self.stalled:
            self.behind = left - (end - pos)
            return pos
        self.behind = 0
        return end - left

    def skip(self, size: i64) -> bool:
        """Pass over bytes that nobody has seen; False if not all of them are skipped."""
        if size > self.countdown:
            return False
        self.countdown -= size
        return True

    def complete(self) -> bool:
        """Whether the message is whole, now that all that is skipped was passed over.

        Raises ProtocolError where the script does not take what came.
        """
        if self.begun and self.countdown == 0:
            self._go_on(b"", 0, 0)
        return self.done

    def next_message(self) -> None:
        self.begun = self.behind > 0
        self.done = False
        self.asked_of = 0

    def reset(self) -> None:
        """The next byte is a message's first, and some before it were not seen."""
        self.begun = False
        self.done = False
        self.countdown = 0
        self.asked_of = 0
        self.behind = 0
        self._held = 0
        self.driver.reset(self.connection, self.of_client)


def number(value: object) -> i64:
    """A whole number that Lua gave, alone or first of several values."""
    if isinstance(value, int):
        return value
    if isinstance(value, tuple):
        return number(value[0])
    assert isinstance(value, float)
    return int(value)


def text(value: object) -> bytes:
    """A text that Lua gave; empty for nil."""
    return value if isinstance(value, bytes) else b""


def is_message(outcome: object) -> bool:
    """Whether what came back is a whole message that is to be reported."""
    if outcome is None:
        return False
    state = number(outcome) & 15
    return state == MESSAGE or state == FITS or state == MISFIT
