"""What a trace tells, whatever it looks like."""

from mypy_extensions import i64

from tcpkit.flow.connection import Connection
from tcpkit.protocols.message import Exchange
from tcpkit.sinks.trace.health_sum import HealthSum
from tcpkit.sinks.trace.talk import Talk


class Teller:
    """Writes a piece of the conversation each time. Times are ns since the epoch."""

    def start(self, conn: Connection, talk: Talk) -> None:
        """A connection began at `talk.started_ns`, or was met then."""
        raise NotImplementedError

    def exchange(
        self, exchange: Exchange, reply: str, talk: Talk | None, number: i64, total: i64
    ) -> None:
        """`reply` is "" where there is none; `talk` None: over UDP, and there is no `number`."""
        raise NotImplementedError

    def end(self, conn: Connection, talk: Talk, time_ns: i64) -> None:
        """A connection is over; with --tcp, how healthy it was."""
        raise NotImplementedError

    def total(self, sums: HealthSum) -> None:
        """With --tcp: all connections that were told are over."""
        raise NotImplementedError
