"""What an exchange adds to the tables of `top`."""

import pytest

from tcpkit.flow.endpoints import Endpoints
from tcpkit.metrics.port_stats import PortStats
from tcpkit.metrics.top_row import CLIENTS, COMMANDS, KEYS, PATTERNS, SERVERS, UNKNOWN, TopRow
from tcpkit.metrics.top_tables import TopTables
from tcpkit.protocols.message import (
    ABORTED,
    BLOCKING,
    ERROR,
    LATE,
    NO_TIME,
    OK,
    SILENT,
    TIMEOUT,
    Exchange,
)
from tcpkit.protocols.tally import Keys
from tcpkit.sinks.json_log import JsonLog
from tcpkit.sinks.log_file import LogFile
from tcpkit.sinks.top_recorder import TopRecorder

SIZE = 36  # of the request and the reply
LATENCY_NS = 11_203_891


def only(tables: TopTables, view: str) -> TopRow:
    rows = tables.rows(view, "requests", 10)
    assert len(rows) == 1
    return rows[0]


def unanswered(exchange: Exchange, status: str) -> Exchange:
    exchange.status = status
    exchange.reply_bytes = 0
    exchange.latency_ns = exchange.reply_first_ns = exchange.reply_last_ns = NO_TIME
    return exchange


@pytest.mark.parametrize(
    ("view", "name"),
    [
        (KEYS, "foo"),
        (PATTERNS, "foo"),
        (COMMANDS, "SET"),
        (CLIENTS, "172.20.64.106"),
        (SERVERS, "192.168.1.2:6379"),
    ],
)
def test_a_request_counts_in_each_view(exchange: Exchange, view: str, name: str) -> None:
    tables = TopTables()
    TopRecorder(tables).exchange(exchange)
    row = only(tables, view)
    assert (row.name, row.requests, row.bytes) == (name, 1, SIZE)
    assert (row.time_ns, row.max_ns, row.p50_ns, row.p99_ns) == (LATENCY_NS,) * 4


def test_an_address_of_ipv6_has_no_brackets(exchange: Exchange) -> None:
    tables = TopTables([CLIENTS])
    exchange.client = "[2001:db8::1]:53499"
    TopRecorder(tables).exchange(exchange)
    assert only(tables, CLIENTS).name == "2001:db8::1"


@pytest.mark.parametrize("status", [TIMEOUT, ABORTED, SILENT])
def test_a_request_without_a_reply_counts_and_has_no_time(exchange: Exchange, status: str) -> None:
    tables = TopTables([KEYS])
    TopRecorder(tables).exchange(unanswered(exchange, status))
    row = only(tables, KEYS)
    assert (row.requests, row.bytes, row.timed, row.p50_ns) == (1, 31, 0, UNKNOWN)
    totals = tables.totals
    assert (totals.requests, totals.exact + totals.inferred) == (1, 0)
    assert {TIMEOUT: totals.timeouts, ABORTED: totals.aborted, SILENT: totals.silent}[status] == 1


def test_a_late_reply_adds_its_bytes_and_time_to_the_request_that_timed_out(
    exchange: Exchange,
) -> None:
    tables = TopTables([KEYS])
    exchange.flags = LATE
    exchange.key = "foo"
    recorder = TopRecorder(tables)
    timed_out = Exchange()
    timed_out.status, timed_out.key, timed_out.request_bytes = TIMEOUT, "foo", 31
    recorder.exchange(timed_out)
    recorder.exchange(exchange)
    row = only(tables, KEYS)
    assert (row.requests, row.bytes, row.time_ns) == (1, SIZE, LATENCY_NS)
    assert tables.totals.requests == 1


def test_a_blocking_command_has_no_time(exchange: Exchange) -> None:
    tables = TopTables([KEYS])
    exchange.flags = BLOCKING
    TopRecorder(tables).exchange(exchange)
    row = only(tables, KEYS)
    assert (row.requests, row.bytes, row.timed, row.time_ns) == (1, SIZE, 0, 0)


def test_a_negative_latency_counts_as_none_at_all(exchange: Exchange) -> None:
    tables = TopTables([KEYS])
    exchange.latency_ns = -5
    TopRecorder(tables).exchange(exchange)
    row = only(tables, KEYS)
    assert (row.timed, row.time_ns, row.max_ns) == (1, 0, 0)


def test_absurd_times_and_sizes_do_not_overflow(exchange: Exchange) -> None:
    tables = TopTables([KEYS])
    exchange.latency_ns = exchange.reply_bytes = (1 << 63) - 100
    exchange.request_bytes = 0
    recorder = TopRecorder(tables)
    for _ in range(5):
        recorder.exchange(exchange)
    row = only(tables, KEYS)
    assert row.time_ns == row.bytes == (1 << 62) - 1


def test_errors_and_requests_without_a_key_are_counted(exchange: Exchange) -> None:
    tables = TopTables([KEYS])
    exchange.status, exchange.key = ERROR, None
    TopRecorder(tables).exchange(exchange)
    assert tables.rows(KEYS, "requests", 10) == []
    assert (tables.totals.errors, tables.totals.without_key) == (1, 1)


@pytest.mark.parametrize(
    ("hits", "keys", "found", "shown"),
    [
        (-1, None, -1, {"foo": (0, 0)}),
        (1, None, -1, {"foo": (1, 1)}),
        (0, [b"foo"], -1, {"foo": (0, 1)}),
        (-1, [b"foo"], 1, {"foo": (1, 1)}),
        (-1, [b"foo"], 0, {"foo": (0, 1)}),
        (2, [b"a", b"b"], -1, {"a": (1, 1), "b": (1, 1)}),
        (0, [b"a", b"b"], -1, {"a": (0, 1), "b": (0, 1)}),
        (1, [b"a", b"b"], -1, {"a": (0, 0), "b": (0, 0)}),
    ],
)
def test_hits_are_of_the_keys_of_which_they_are_known(
    exchange: Exchange,
    hits: int,
    keys: list[bytes] | None,
    found: int,
    shown: dict[str, tuple[int, int]],
) -> None:
    tables = TopTables([KEYS])
    exchange.hits, exchange.keys, exchange.found = hits, keys, found
    TopRecorder(tables).exchange(exchange)
    rows = tables.rows(KEYS, "requests", 10)
    assert {row.name: (row.hits, row.lookups) for row in rows} == shown
    assert sum(row.bytes for row in rows) == SIZE


def test_what_is_told_in_short_counts_as_its_exchange_does(exchange: Exchange) -> None:
    """The same request both ways, in all views."""
    ends = Endpoints(0xAC14406AC0A80102 - (1 << 64), 0, 0, 0, (53499 << 16) | 6379)
    told, made = TopTables(), TopTables()
    tally = TopRecorder(told).tally()
    assert tally is not None
    keys = Keys()
    keys.raw, keys.count = b"set foo bar", 1
    keys.starts[0], keys.sizes[0] = 4, 3
    exchange.found = 1
    tally.answered(
        ends, b"SET", keys, 1, exchange.request_first_ns, exchange.reply_last_ns,
        LATENCY_NS, SIZE, True,
    )  # fmt: skip
    TopRecorder(made).exchange(exchange)
    for view in told.views:
        assert told.rows(view, "requests", 9) == made.rows(view, "requests", 9)
    for name in ("requests", "bytes", "time_ns", "exact", "hits", "first_ns", "last_ns"):
        assert getattr(told.totals, name) == getattr(made.totals, name)


def test_a_log_beside_it_gets_whole_exchanges(tmp_path_factory: pytest.TempPathFactory) -> None:
    recorder = TopRecorder(TopTables([KEYS]))
    log = JsonLog(LogFile(str(tmp_path_factory.mktemp("top") / "log")))
    assert PortStats(6379, None, [], [recorder]).tally is not None
    wanted = PortStats(6379, None, [log], [recorder]).wanted
    assert wanted is not None and wanted.from_ns <= 0, "none is told in short"
    assert PortStats(6379, None, [], [recorder, recorder]).tally is None
    assert PortStats(6379, None, [], [recorder]).answered(OK == "ok")
