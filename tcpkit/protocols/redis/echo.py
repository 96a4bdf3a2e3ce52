"""Proof by echo: a reply that repeats a text belongs to the request that sent it.

One text proves little, since a client may send the same one always. Two different texts,
neither seen before on the connection, that come back one after the other are a proof.
"""

from typing import Final, final

from mypy_extensions import i64

MIN_BYTES: Final = 6  # a shorter text may come from anywhere
PROOFS: Final = 2
MEMORY: Final = 256  # texts of a connection that are remembered; then nothing is new any more


@final
class EchoProof:
    """What a connection's echoes have proven so far."""

    __slots__ = ("_proofs", "_texts")

    def __init__(self) -> None:
        self._texts: set[bytes] = set()
        self._proofs: i64 = 0

    def forget(self) -> None:
        """Something was missed: the texts are remembered, what they proved is not."""
        self._proofs = 0

    def repeated(self, text: bytes) -> bool:
        """`text` came back; True when the step is proven."""
        if len(text) < MIN_BYTES:
            return False
        if text in self._texts or len(self._texts) >= MEMORY:
            self._proofs = 0
            return False
        self._texts.add(text)
        self._proofs += 1
        return self._proofs >= PROOFS


def is_echo(text: bytes, head: bytes) -> bool:
    """Whether the reply that `head` begins can repeat `text`; an error or an array can.

    >>> is_echo(b"hello", b"$5\\r\\nhello\\r\\n"), is_echo(b"hello", b"+PONG\\r\\n")
    (True, False)
    """
    line_end = head.find(b"\r\n")
    if line_end < 0:
        return True
    if head.startswith(b"+"):
        body = head[1:line_end]
    elif head.startswith(b"$") and head[1:line_end].isdigit():
        begin = line_end + 2
        body = head[begin : begin + int(head[1:line_end])]
    else:
        return True  # PING in RESP2's subscribed mode is answered by an array
    size = min(len(text), len(body))
    return text[:size] == body[:size]
