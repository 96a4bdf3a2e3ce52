"""Who hears of the connections themselves: that they began, and that they are over.

A ConnectionTable with an observer keeps the Health of its connections, and has to be fed
through a HealthTee. Without one there is neither, and the packet's path is as it was.
"""

from mypy_extensions import i64, mypyc_attr

from tcpkit.flow.connection import Connection


@mypyc_attr(allow_interpreted_subclasses=True)
class ConnectionObserver:
    """Hears of each followed connection twice: `started` once, then `ended` once.

    `conn.health` is there in both. One whose numbers stop making sense (END_LOST) ends, and
    what follows on its four-tuple is another one, though the Connection is the same object.
    """

    def started(self, conn: Connection, ts_ns: i64) -> None:
        """The handshake is complete, or the first payload is here.

        Before anything of the connection is reported. `ts_ns` is the capture time of the
        packet that said so; `conn.health` tells whether the handshake was captured. A
        connection that never came so far starts just before it ends.
        """

    def ended(self, conn: Connection, end: i64, ts_ns: i64) -> None:
        """Nothing more will be reported of it; `end` is one of stream's END_.

        After both sides have closed, and the last FIN is acknowledged, so that `conn.health`
        is complete; where that does not come, CLOSED_NS after the server's FIN. `ts_ns` is
        when it ended, which is not later than the call.
        """

    def sent_again(
        self, conn: Connection, from_client: bool, first: i64, last: i64, ts_ns: i64
    ) -> None:
        """Bytes from position `first` to before `last`, captured before, came again.

        An exchange that had them in its request or reply may have been reported since.
        """


def tell_started(observer: ConnectionObserver, conn: Connection) -> None:
    """Tell that `conn` has started, unless that was told."""
    health = conn.health
    if health is not None and not health.started_told:
        health.started_told = True
        observer.started(conn, conn.last_ns)


def tell_ended(observer: ConnectionObserver, conn: Connection) -> None:
    """Tell how `conn` has ended (`health.end`), unless that was told."""
    health = conn.health
    if health is None or health.ended_told:
        return
    tell_started(observer, conn)
    health.ended_told = True
    observer.ended(conn, health.end, health.end_ns)
