"""What a session needs of whatever finds the ends of its replies."""

from mypy_extensions import i64


class ReplyReader:
    """`feed` it until `done`; `begun` while in the middle of a reply, and when it is done."""

    __slots__ = ("begun", "done")

    def __init__(self) -> None:
        self.begun = False
        self.done = False

    def feed(self, data: bytes, pos: i64, end: i64) -> i64:
        """Read from `data[pos:end]`, which is not empty; the position behind what was read.

        That is the reply's end where `done` is set, else `end`. Raises ProtocolError at
        bytes that are no reply.
        """
        raise NotImplementedError

    def next_message(self) -> None:
        """Go on behind a reply that is done."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget everything: the next byte fed is a reply's first."""
        raise NotImplementedError

    def countdown(self) -> i64:
        """Bytes of a value still to come, after which more of the same reply comes."""
        raise NotImplementedError

    def skip(self, size: i64) -> bool:
        """Pass over `size` bytes nobody has seen; False if they are not all of one value."""
        raise NotImplementedError

    def skip_to_end(self, size: i64) -> bool:
        """Like `skip`, where the bytes may be the last ones of the reply: then it is `done`."""
        raise NotImplementedError
