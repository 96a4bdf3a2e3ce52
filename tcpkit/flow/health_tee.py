"""In front of the connection table: keeps the Health of its connections.

The table knows nothing of it on the plain path; what it finds out on the others it writes
into `Connection.health` itself, before the packet comes here.
"""

from typing import final

from tcpkit.flow.connection import is_from_client
from tcpkit.flow.observer import ConnectionObserver, tell_ended, tell_started
from tcpkit.flow.stream import END_FIN
from tcpkit.flow.table import ConnectionTable
from tcpkit.wire.segment import Datagram, Segment, SegmentSink


@final
class HealthTee(SegmentSink):
    """Feeds `table`, then `Connection.health` with what the table took.

    `observer` is the table's.
    """

    def __init__(self, table: ConnectionTable, observer: ConnectionObserver) -> None:
        self._table = table
        self._observer = observer

    def segment(self, segment: Segment) -> bool:
        if not self._table.segment(segment):
            return False
        conn = self._table.known(segment)
        if conn is None:
            return True
        health = conn.health
        if health is None:
            return True
        health.take(is_from_client(conn, segment), segment)
        if not health.started_told and health.is_connected:
            tell_started(self._observer, conn)
        if health.end == END_FIN and not health.ended_told and health.is_closed:
            tell_ended(self._observer, conn)
        return True

    def datagram(self, datagram: Datagram) -> bool:
        return self._table.datagram(datagram)
