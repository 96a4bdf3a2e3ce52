"""Feeds the tables of `top` with every exchange."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.metrics.top_rows import MAX_TOTAL
from tcpkit.metrics.top_tables import TopTables
from tcpkit.protocols.message import (
    ABORTED,
    BLOCKING,
    ERROR,
    LATE,
    NO_TIME,
    SILENT,
    TIMEOUT,
    Exchange,
)
from tcpkit.protocols.tally import NOT_LOOKED_UP, Keys, Tally

NAMES: Final = 16_384  # texts of addresses whose bytes are remembered


@final
class Names:
    """The bytes of addresses, which would have to be made for each request."""

    def __init__(self) -> None:
        self._of_clients: dict[str, bytes] = {}
        self._of_servers: dict[str, bytes] = {}

    def client(self, text: str) -> bytes:
        """The address of `10.0.0.1:53499`, without the port."""
        name = self._of_clients.get(text)
        if name is None:
            if len(self._of_clients) >= NAMES:
                self._of_clients = {}
            name = self._of_clients[text] = text.rpartition(":")[0].strip("[]").encode()
        return name

    def server(self, text: str) -> bytes:
        name = self._of_servers.get(text)
        if name is None:
            if len(self._of_servers) >= NAMES:
                self._of_servers = {}
            name = self._of_servers[text] = text.encode()
        return name


@final
class TopTally(Tally):
    """Plain requests, told in short."""

    def __init__(self, tables: TopTables, names: Names) -> None:
        self._tables = tables
        self._names = names

    def answered(
        self,
        ends: Endpoints,
        command: bytes,
        keys: Keys,
        found: i64,
        request_first_ns: i64,
        reply_last_ns: i64,
        latency_ns: i64,
        size: i64,
        exact: bool,
    ) -> None:
        if latency_ns < 0:
            latency_ns = 0
        if latency_ns > MAX_TOTAL:
            latency_ns = MAX_TOTAL
        if size > MAX_TOTAL:
            size = MAX_TOTAL
        lookups: i64 = 0
        hits: i64 = 0
        if found != NOT_LOOKED_UP:
            lookups = 1
            hits = found
        tables = self._tables
        totals = tables.totals
        totals.requests += 1
        totals.add(size, latency_ns)
        totals.span(request_first_ns, reply_last_ns)
        totals.lookups += lookups
        totals.hits += hits
        if exact:
            totals.exact += 1
        else:
            totals.inferred += 1
        if tables.has_keys:
            count = keys.count
            if count == 1:
                tables.key(
                    keys.raw, keys.starts[0], keys.sizes[0], 1, size, latency_ns, hits, lookups
                )
            elif count == 0:
                totals.without_key += 1
            else:
                _share(tables, keys, size, latency_ns)
        if tables.has_commands:
            tables.command(command, 1, size, latency_ns, hits, lookups)
        if tables.has_clients:
            tables.client(self._names.client(ends.client), 1, size, latency_ns, hits, lookups)
        if tables.has_servers:
            tables.server(self._names.server(ends.server), 1, size, latency_ns, hits, lookups)


def _share(tables: TopTables, keys: Keys, size: i64, latency_ns: i64) -> None:
    """Each key of a request for several: its share of the bytes, and all of the time."""
    share = size // keys.count
    rest = size - share * keys.count
    place: i64 = 0
    while place < keys.count:
        tables.key(
            keys.raw, keys.starts[place], keys.sizes[place], 1, share + rest, latency_ns, 0, 0
        )
        rest = 0
        place += 1


@final
class TopRecorder(ExchangeSink):
    """A hearer of PortStats: every exchange, whatever it took.

    A request counts once, when it is decided: one that timed out is not counted again by
    its late reply, which adds its bytes and its latency. The latency of a blocking command
    is by design, and is counted nowhere.
    """

    takes_keys: bool = True

    def __init__(self, tables: TopTables) -> None:
        self._tables = tables
        self._names = Names()
        self._tally = TopTally(tables, self._names)

    def tally(self) -> Tally | None:
        return self._tally

    def exchange(self, exchange: Exchange) -> None:
        again: i64 = 0 if exchange.flags & LATE else 1
        size = exchange.reply_bytes
        if again:
            size += exchange.request_bytes
        size = min(size, MAX_TOTAL)
        latency_ns: i64 = NO_TIME
        if exchange.answered and not exchange.flags & BLOCKING:
            latency_ns = min(max(exchange.latency_ns, 0), MAX_TOTAL)
        hits, lookups = _looked_up(exchange)
        self._total(exchange, again, size, latency_ns, hits, lookups)
        tables = self._tables
        if tables.has_keys:
            self._key(exchange, again, size, latency_ns, hits, lookups)
        if tables.has_commands:
            command = exchange.command.encode()
            tables.command(command, again, size, latency_ns, hits, lookups)
        if tables.has_clients:
            client = self._names.client(exchange.client)
            tables.client(client, again, size, latency_ns, hits, lookups)
        if tables.has_servers:
            server = self._names.server(exchange.server)
            tables.server(server, again, size, latency_ns, hits, lookups)

    def _total(
        self, exchange: Exchange, again: i64, size: i64, latency_ns: i64, hits: i64, lookups: i64
    ) -> None:
        totals = self._tables.totals
        totals.requests += again
        totals.add(size, latency_ns)
        begin = exchange.request_first_ns
        if begin == NO_TIME:
            begin = exchange.time_ns
        totals.span(begin, max(exchange.time_ns, exchange.reply_last_ns))
        totals.hits += hits
        totals.lookups += lookups
        status = exchange.status
        if status == TIMEOUT:
            totals.timeouts += 1
        elif status == ABORTED:
            totals.aborted += 1
        elif status == SILENT:
            totals.silent += 1
        else:
            if status == ERROR:
                totals.errors += 1
            if exchange.exact:
                totals.exact += 1
            else:
                totals.inferred += 1

    def _key(
        self, exchange: Exchange, again: i64, size: i64, latency_ns: i64, hits: i64, lookups: i64
    ) -> None:
        keys = exchange.keys
        if keys is not None and len(keys) > 0:
            self._keys(keys, again, size, latency_ns, hits, lookups)
            return
        key = exchange.key
        if key is None:
            self._tables.totals.without_key += again
            return
        name = key.encode()
        self._tables.key(name, 0, len(name), again, size, latency_ns, hits, lookups)

    def _keys(
        self, keys: list[bytes], again: i64, size: i64, latency_ns: i64, hits: i64, lookups: i64
    ) -> None:
        """Each key of a request for several: its share of the bytes, and all of the time.

        Which of the values came is not known, unless all or none did.
        """
        count: i64 = len(keys)
        asked: i64 = 1 if lookups and (hits == 0 or hits >= lookups) else 0
        came: i64 = 1 if asked and hits else 0
        share = size // count
        rest = size - share * count
        for key in keys:
            self._tables.key(key, 0, len(key), again, share + rest, latency_ns, came, asked)
            rest = 0


def _looked_up(exchange: Exchange) -> tuple[i64, i64]:
    """Values found, and asked for."""
    if exchange.found != NOT_LOOKED_UP:
        return exchange.found, 1
    if exchange.hits < 0:
        return 0, 0
    keys = exchange.keys
    asked: i64 = 1 if keys is None else len(keys)
    return exchange.hits, max(asked, exchange.hits)
