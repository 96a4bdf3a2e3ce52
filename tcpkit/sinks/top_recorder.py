"""Feeds the tables of `top` with every exchange."""

from typing import final

from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.metrics.top_row import CLIENTS, COMMANDS, KEYS, SERVERS
from tcpkit.metrics.top_tables import TopTables
from tcpkit.protocols.message import ABORTED, BLOCKING, ERROR, LATE, TIMEOUT, Exchange


@final
class TopRecorder(ExchangeSink):
    """A hearer of PortStats: every exchange, whatever it took.

    A request that timed out was counted then: its late reply adds its bytes and its
    latency. The latency of a blocking command is by design, and is not counted.
    """

    def __init__(self, tables: TopTables) -> None:
        self._tables = tables

    def exchange(self, exchange: Exchange) -> None:
        tables = self._tables
        size = int(exchange.request_bytes + exchange.reply_bytes)
        latency_ns = -1
        if exchange.answered and not exchange.flags & BLOCKING:
            latency_ns = max(int(exchange.latency_ns), 0)
            tables.timed += 1
            tables.time_ns += latency_ns
        if not exchange.flags & LATE:
            tables.requests += 1
        tables.bytes += size
        if exchange.answered:
            if exchange.exact:
                tables.exact += 1
            else:
                tables.inferred += 1
        if exchange.status == ERROR:
            tables.errors += 1
        elif exchange.status == TIMEOUT:
            tables.timeouts += 1
        elif exchange.status == ABORTED:
            tables.aborted += 1
        tables.last_ns = max(tables.last_ns, int(exchange.time_ns))
        if tables.first_ns < 0:
            tables.first_ns = int(exchange.request_first_ns)
        for view in tables.views:
            name = ""
            if view == KEYS:
                name = exchange.key or ""
            elif view == COMMANDS:
                name = exchange.command
            elif view == CLIENTS:
                name = exchange.client.rpartition(":")[0]
            elif view == SERVERS:
                name = exchange.server
            if name:
                tables.add(view, name.encode(), size, latency_ns)
