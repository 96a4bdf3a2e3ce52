"""The tables of `top`: what is asked of them while they are fed."""

import re

import pytest

from tcpkit.metrics.top_row import KEYS, PATTERNS, SERVERS, VIEWS
from tcpkit.metrics.top_tables import OTHERS, TopTables

NS_PER_S = 1_000_000_000


def fed(*names: bytes, views: tuple[str, ...] = (KEYS,), capacity: int = 1000) -> TopTables:
    """Each name as a key, with 10 bytes and 5 ns, and counted in the totals."""
    tables = TopTables(views, capacity)
    for name in names:
        feed(tables, name)
    return tables


def feed(tables: TopTables, name: bytes, size: int = 10, latency_ns: int = 5) -> None:
    tables.totals.requests += 1
    tables.totals.add(size, latency_ns)
    tables.key(name, 0, len(name), 1, size, latency_ns, 0, 0)


def names(
    tables: TopTables, sort: str = "requests", limit: int = 9, pattern: str = ""
) -> list[str]:
    return [row.name for row in tables.rows(KEYS, sort, limit, pattern)]


def test_rows_of_the_same_size_come_as_they_were_seen_first() -> None:
    tables = fed(b"c", b"a", b"b", b"b", b"d")
    assert names(tables) == ["b", "c", "a", "d"]
    assert names(tables, limit=2) == ["b", "c"]
    assert names(tables, limit=0) == []


def test_each_order_is_one_of_its_own() -> None:
    tables = fed(b"often", b"often", b"often")
    feed(tables, b"large", size=10_000)
    feed(tables, b"slow", latency_ns=100)
    for _ in range(2):
        feed(tables, b"long", size=1, latency_ns=90)
    firsts = [names(tables, sort)[0] for sort in ("requests", "bytes", "time", "slowest")]
    assert firsts == ["often", "large", "long", "slow"]


def test_a_pattern_is_searched_in_the_printable_name() -> None:
    tables = fed(b"user:1", b"user:2", b"cart:1", b"\x00")
    assert names(tables, pattern="^user") == ["user:1", "user:2"]
    assert names(tables, pattern=r"\\x00") == ["\\x00"]
    assert names(tables, limit=1, pattern=":1$") == ["user:1"]
    with pytest.raises(re.error):
        names(tables, pattern="(")


def test_a_view_that_is_not_counted_is_refused() -> None:
    with pytest.raises(ValueError, match="servers"):
        fed(b"a").rows(SERVERS, "requests", 1)


def test_names_are_cut_and_printable() -> None:
    assert names(fed(b"k" * 513)) == ["k" * 512 + "..."]
    assert names(fed(b"a\r\nb")) == ["a\\x0d\\x0ab"]


def test_rates_are_over_the_interval_that_ended() -> None:
    tables = fed(b"a")
    tables.interval(10 * NS_PER_S)
    for _ in range(6):
        feed(tables, b"a")
    assert (tables.rate, tables.rows(KEYS, "requests", 1)[0].rate) == (0.0, 0.0)
    tables.interval(12 * NS_PER_S)
    row = tables.rows(KEYS, "requests", 1)[0]
    assert (row.requests, row.rate, row.bytes_rate) == (7, 3.0, 30.0)
    assert (tables.rate, tables.bytes_rate) == (3.0, 30.0)
    tables.interval(13 * NS_PER_S)
    assert (tables.rows(KEYS, "requests", 1)[0].rate, tables.rate) == (0.0, 0.0)


def test_rates_can_be_told_over_everything() -> None:
    tables = fed(b"a", b"a", b"b", b"a")
    tables.interval(0)
    tables.whole(NS_PER_S, 3 * NS_PER_S)
    assert [row.rate for row in tables.rows(KEYS, "requests", 9)] == [1.5, 0.5]
    assert tables.rate == 2.0
    tables.whole(NS_PER_S, NS_PER_S)
    assert tables.rate == 0.0


def test_calm_rows_are_left_out() -> None:
    tables = fed(b"a", b"a", b"b")
    feed(tables, b"large", size=1000)
    tables.whole(0, NS_PER_S)

    def busy(rate: float, bytes_rate: float) -> list[str]:
        rows = tables.rows(KEYS, "requests", 9, min_rate=rate, min_bytes_rate=bytes_rate)
        return [row.name for row in rows]

    assert busy(2, 0) == ["a"]
    assert busy(0, 1000) == ["large"]
    assert busy(2, 1000) == ["a", "large"]
    assert busy(3, 1001) == []


def test_reset_forgets_all_but_what_was_given_up() -> None:
    tables = fed(*[b"key:%d" % number for number in range(100)], capacity=12)
    evicted = tables.counts()["evicted"]
    assert evicted > 80
    assert 1 <= tables.bounds(KEYS)["requests_error"] <= 50  # 100 requests, 2 rows kept
    tables.reset()
    assert names(tables) == []
    assert tables.totals.requests == 0
    assert tables.bounds(KEYS)["requests_error"] == tables.bounds(KEYS)["rows"] == 0
    assert tables.counts()["evicted"] == evicted
    feed(tables, b"a")
    assert tables.counts() == {
        "rows": 1, "evicted": evicted, "without percentiles": 0, "without key": 0,
    }  # fmt: skip
    tables.reset()
    assert tables.counts()["evicted"] == evicted


def test_a_row_tells_the_errors_that_it_entered_with() -> None:
    tables = fed(*[b"key:%d" % number for number in range(100)], capacity=12)
    rows = tables.rows(KEYS, "requests", 100)
    assert {row.requests_error for row in rows} > {0}
    last = next(row for row in rows if row.name == "key:99")
    error = tables.bounds(KEYS)["requests_error"]
    assert (last.requests, last.requests_error) == (1, error)
    assert (last.bytes_error, last.time_error) == (10 * error, 5 * error)


def test_patterns_are_counted_though_keys_come_and_go() -> None:
    keys = [b"user:%d" % (number % 500) for number in range(5000)]
    tables = fed(*keys, views=(PATTERNS,), capacity=60)
    rows = tables.rows(PATTERNS, "requests", 9)
    assert [(row.name, row.requests, row.requests_error) for row in rows] == [("user:{n}", 5000, 0)]


def test_other_views_have_an_eighth_of_the_rows() -> None:
    tables = TopTables(VIEWS, 800)
    capacities = {view: tables.bounds(view)["capacity"] for view in VIEWS}
    assert capacities == {KEYS: 800, **{view: 800 // OTHERS for view in VIEWS[1:]}}
