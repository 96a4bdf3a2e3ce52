"""Proof by key: replies that repeat the keys that were asked for, each new, one by one.

A key alone proves little. The same one may have been asked for by a request that was not
seen; but if the replies were so many requests off, then a request that was seen, with
another key, would have got this one. PROOFS replies with PROOFS different keys leave no
shift of up to SHIFTS requests, and more are not outstanding at a client that was never
seen to send a second request before the first was answered.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.protocols.pairing import SHIFTS

PROOFS: Final = SHIFTS + 1
MIN_BYTES: Final = 6  # a shorter key may be one of few
MEMORY: Final = 256  # keys of a connection that are remembered; then none is new any more


@final
class KeyProof:
    """The keys that were asked for on a connection while its step is not proven."""

    __slots__ = ("_keys", "_proofs")

    def __init__(self) -> None:
        self._keys: set[bytes] = set()
        self._proofs: i64 = 0

    @property
    def full(self) -> bool:
        """Whether no further key can be new."""
        return len(self._keys) >= MEMORY

    def forget(self) -> None:
        """Something was missed: the keys are remembered, what they proved is not."""
        self._proofs = 0

    def asked(self, key: bytes) -> bool:
        """A request asks for `key`; True if it is new, and long enough to prove something."""
        if len(self._keys) >= MEMORY or key in self._keys:
            return False
        self._keys.add(key)
        return len(key) >= MIN_BYTES

    def repeated(self) -> bool:
        """A reply repeated the new key of its request; True when the step is proven."""
        self._proofs += 1
        return self._proofs >= PROOFS
