"""Proof by key: replies that repeat keys for which only one request that was seen has asked.

Requests that were not seen may have asked for the same keys, and may wait for their replies.
But they get one each. So of more such replies than there are unseen requests, at least one
is that of the request which it was given to, and from there on the step is right.
"""

from typing import Final, final

from mypy_extensions import i64

UNKNOWN_UNSEEN: Final = 32  # unseen requests that wait, at most, where nothing tells how many
SMALLEST_REQUEST: Final = 4  # bytes: `mn`
MEMORY: Final = 256  # keys of a connection that are remembered; then none is new any more


@final
class KeyProof:
    """The keys that were asked for on a connection while its step is not proven."""

    __slots__ = ("full", "unseen", "_keys", "_proofs")

    def __init__(self, unseen: i64) -> None:
        self.unseen: i64 = unseen  # requests that wait and were not seen, at most
        self.full = False
        self._keys: set[bytes] = set()
        self._proofs: i64 = 0

    @property
    def bounded(self) -> bool:
        """Whether `unseen` is known, and not just likely."""
        return self.unseen < UNKNOWN_UNSEEN

    def missed(self, size: i64, waiting: i64) -> None:
        """`size` bytes of requests were not seen; `waiting` ones are not kept any more."""
        self._proofs = 0
        self.unseen = min(self.unseen + size // SMALLEST_REQUEST + 1 + waiting, UNKNOWN_UNSEEN)

    def doubted(self) -> None:
        """The step was not right, or may not be: how many requests are unseen is not known."""
        self._proofs = 0
        self.unseen = UNKNOWN_UNSEEN

    def interrupted(self) -> None:
        """The next reply is that of another request than it would have been."""
        self._proofs = 0

    def asked(self, keys: list[bytes], all_keys: bool) -> bool:
        """A request asks for `keys`; whether all are new. `all_keys`: there are no others."""
        if self.full:
            return False
        new = bool(keys) and self._keys.isdisjoint(keys) and len(set(keys)) == len(keys)
        self._keys.update(keys)
        self.full = not all_keys or len(self._keys) >= MEMORY
        return new

    def repeated(self) -> bool:
        """A reply repeated a key of its request alone; True when the step is proven."""
        self._proofs += 1
        if self._proofs <= self.unseen:
            return False
        self.unseen = 0
        self._proofs = 0
        return True
