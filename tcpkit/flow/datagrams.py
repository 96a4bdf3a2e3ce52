"""What the connection table tells whoever reads the watched servers' datagrams.

UDP has no connection: a reader gets every datagram of the watched servers, turned to the
client's side, and keeps by itself what waits. Time is the table's.
"""

from typing import Final

from mypy_extensions import i64, mypyc_attr

from tcpkit.wire.segment import Datagram

Ends = tuple[i64, i64, i64, i64, i64]  # the addresses and ports of a datagram

# What a datagram says of itself.
REQUEST: Final = 1
REPLY: Final = 2
CANNOT_TELL: Final = 0


def ends_of(datagram: Datagram) -> Ends:
    """Between whom it goes, as a key."""
    return datagram.a0, datagram.a1, datagram.a2, datagram.a3, datagram.ports


@mypyc_attr(allow_interpreted_subclasses=True)
class DatagramReader:
    """Reads datagrams. Their addresses and ports are those seen from the client's side.

    In both directions the source is the client and the destination the server: a request
    and its reply have the same `a0` to `a3` and `ports`.
    """

    __slots__ = ()

    def direction(self, datagram: Datagram) -> i64:
        """REQUEST, REPLY or CANNOT_TELL, by the payload; asked where both ports are watched.

        The datagram is as it was captured, not turned.
        """
        return CANNOT_TELL

    def request(self, datagram: Datagram) -> None:
        """Take a datagram from the client; its `data` may be kept, the object not."""
        raise NotImplementedError

    def reply(self, datagram: Datagram) -> None:
        raise NotImplementedError

    def expire(self, now_ns: i64) -> None:
        """Capture time has come to `now_ns`: give up what waited too long."""
        raise NotImplementedError

    def finish(self, now_ns: i64) -> None:
        """The capture has ended; `expire` was called before."""
        raise NotImplementedError
