"""`tcpkit top --once` and `--interval`: reports, compared with the log of the same capture."""

import json
from pathlib import Path

import pytest

from tcpkit.metrics.top_row import SORTS, VIEWS
from tests.build import Conversation, write_pcap
from tests.goldens import PCAPS, captures, golden_path, options_of
from tests.program import assert_refused, shell_run, tcpkit_run
from tests.top_truth import GETS, SEVERAL, assert_same, report_of, rows_of, summed

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
BEGIN_NS = 1_542_393_516 * NS_PER_S
CLIENT = "172.20.64.106:53499"
SERVER = "192.168.1.2:6379"
ALL = ("--rows", "1000000")
SORT_FIELDS = dict(zip(SORTS, ("requests", "bytes", "time_ns", "max_ns"), strict=True))
ENOUGH = 12  # lines of a log that are worth a run
# One for each behaviour of a protocol that a row depends on, and each protocol's longest.
VARIED = [
    Path(name)
    for name in (
        "redis/blocking.pcap", "redis/errors.pcap", "redis/many-connections.pcap",
        "redis/transactions.pcap", "redis/timeout.pcap", "memcached/meta-quiet.pcap",
        "memcached/binary-quiet.pcap", "memcached/noreply.pcap", "dns/retries.pcap",
        "dns/ipv6.pcap", "http/pipelined.pcap", "mysql/statements.pcap",
    )
    if (PCAPS / name).exists()
]  # fmt: skip


def is_told(log: str) -> bool:
    """Whether a log tells all keys of its requests, and is long enough to be worth a look."""
    lines = [json.loads(line) for line in log.splitlines()]
    several = [line for line in lines if line["command"] in (*GETS, *SEVERAL)]
    return len(lines) >= ENOUGH and not any(line["request"].endswith("...") for line in several)


TRACED = [
    each
    for each in captures()
    if options_of(each)[1] != "raw"
    and each.parts[0] != "link"
    and is_told(golden_path(each).read_text())
]


def top(capture: Path, *options: str) -> dict[str, object]:
    arguments = [*options_of(capture), "--once", "-j", "-q", *ALL, *options]
    return report_of(tcpkit_run("top", "-r", PCAPS / capture, *arguments))


def get(key: str) -> bytes:
    return f"*2\r\n$3\r\nGET\r\n${len(key)}\r\n{key}\r\n".encode()


def gets(path: Path, *asked: tuple[str, int]) -> Path:
    """A capture of GETs, each of a key at a time in ms, answered with nil after 1 ms."""
    conversation = Conversation(CLIENT, SERVER, BEGIN_NS).handshake()
    for key, at_ms in asked:
        conversation.client(get(key), at_us=at_ms * 1000)
        conversation.server(b"$-1\r\n", at_us=at_ms * 1000 + 1000)
    write_pcap(path, conversation.close().packets)
    return path


@pytest.mark.parametrize("capture", TRACED, ids=str)
def test_the_rows_of_the_keys_are_the_sums_of_the_log(capture: Path) -> None:
    log = golden_path(capture).read_text().splitlines()
    assert_same(top(capture), summed(log, "keys"))


@pytest.mark.parametrize("view", [view for view in VIEWS if view not in ("keys", "patterns")])
@pytest.mark.parametrize("capture", VARIED, ids=str)
def test_the_rows_of_the_other_views_are_the_sums_of_the_log(capture: Path, view: str) -> None:
    log = golden_path(capture).read_text().splitlines()
    assert_same(top(capture, "--view", view), summed(log, view))


@pytest.mark.parametrize("sort", SORTS)
def test_rows_come_in_the_order_asked_for_and_no_more_than_asked_for(sort: str) -> None:
    log = golden_path(Path("redis/many-connections.pcap")).read_text().splitlines()
    truth = summed(log, "keys")
    report = top(Path("redis/many-connections.pcap"), "--sort", sort, "--rows", "5")
    field = SORT_FIELDS[sort]
    wanted = sorted((sums.fields()[field] or 0 for sums in truth.values()), reverse=True)
    assert [row[field] for row in rows_of(report)] == wanted[:5]
    assert len(truth) > 5


def test_the_header_counts_all_requests_and_not_only_those_shown() -> None:
    capture = Path("redis/many-connections.pcap")
    lines = [json.loads(line) for line in golden_path(capture).read_text().splitlines()]
    report = top(capture, "--rows", "1")
    first = min(line["request_first_ns"] for line in lines)
    last = max(max(line["time_ns"], line["reply_last_ns"] or 0) for line in lines)
    assert (report["begin_ns"], report["end_ns"]) == (first, last)
    assert report["requests"] == len(lines)
    size = sum(line["request_bytes"] + line["reply_bytes"] for line in lines)
    assert report["bytes"] == size
    assert report["exact"] == sum(line["quality"] == "exact" for line in lines)
    assert report["requests_per_s"] == pytest.approx(len(lines) * NS_PER_S / (last - first))
    assert report["bytes_per_s"] == pytest.approx(size * NS_PER_S / (last - first))
    assert (report["dropped"], report["evicted"], report["requests_error"]) == (None, 0, 0)


def test_each_interval_is_counted_for_itself(tmp_path: Path) -> None:
    asked = [("a", 100), ("a", 200), ("b", 300), ("a", 1500), ("c", 4200)]
    path = gets(tmp_path / "gets.pcap", *asked)
    done = tcpkit_run("top", "-r", path, "-m", "redis", "--interval", "1", "-j", "-q")
    reports = [json.loads(line) for line in done.out.splitlines()]
    spans = [(each["begin_ns"] - BEGIN_NS, each["end_ns"] - BEGIN_NS) for each in reports]
    whole = [(at * NS_PER_S, (at + 1) * NS_PER_S) for at in (0, 1)]
    assert spans[:2] == whole
    assert spans[2][0] == 4 * NS_PER_S  # nothing came in the seconds before
    assert 200 * NS_PER_MS < spans[2][1] - spans[2][0] < NS_PER_S
    rows = [{row["name"]: row["requests"] for row in each["rows"]} for each in reports]
    assert rows == [{"a": 2, "b": 1}, {"a": 1}, {"c": 1}]
    assert [row["requests_per_s"] for row in reports[0]["rows"]] == [2.0, 1.0]


def test_a_threshold_leaves_out_calm_keys_and_reports_without_a_busy_one(tmp_path: Path) -> None:
    asked = [("a", 100), ("a", 200), ("a", 300), ("b", 400), ("b", 1500), ("a", 2100), ("a", 2200)]
    path = gets(tmp_path / "gets.pcap", *asked)
    log = tmp_path / "log"
    options = ["--interval", "1", "-j", "-q", "-o", str(log), "--min-rate", "2"]
    done = tcpkit_run("top", "-r", path, "-m", "redis", *options)
    assert (done.status, done.out, done.err) == (0, "", "")
    reports = [json.loads(line) for line in log.read_text().splitlines()]
    rows = [{row["name"]: row["requests"] for row in each["rows"]} for each in reports]
    assert rows == [{"a": 3}, {"a": 2}]
    assert reports[0]["requests"] == 4


def test_a_threshold_of_bytes_looks_at_requests_and_replies(tmp_path: Path) -> None:
    path = gets(tmp_path / "gets.pcap", ("a", 100), ("b" * 100, 200), ("c", 1990))
    size = len(get("b" * 100)) + len(b"$-1\r\n")
    options = ["--interval", "1", "-j", "-q", "--rows", "9"]
    for at_least, names in ((size, ["b" * 100]), (size + 1, [])):
        done = tcpkit_run(
            "top", "-r", path, "-m", "redis", *options, "--min-bytes-rate", str(at_least)
        )
        reports = [json.loads(line) for line in done.out.splitlines()]
        shown = [row["name"] for each in reports for row in each["rows"]]
        assert shown == names


def test_patterns_fold_numbers_and_ids(tmp_path: Path) -> None:
    keys = ["user:1:cart", "user:22:cart", "user:22:name", "s:deadbeef01"]
    path = gets(tmp_path / "gets.pcap", *[(key, 100 * at) for at, key in enumerate(keys, 1)])
    report = report_of(
        tcpkit_run("top", "-r", path, "-m", "redis", "--once", "-j", "-q", "--view", "patterns")
    )
    rows = {row["name"]: row["requests"] for row in rows_of(report)}
    assert rows == {"user:{n}:cart": 2, "user:{n}:name": 1, "s:{hex}": 1}


def test_a_request_for_several_keys_is_one_of_each(tmp_path: Path) -> None:
    conversation = Conversation(CLIENT, "192.168.1.2:11211", BEGIN_NS).handshake()
    conversation.client(b"get a b c\r\n", at_us=100)
    conversation.server(b"VALUE a 0 1\r\nx\r\nEND\r\n", at_us=200)
    conversation.client(b"get a b\r\n", at_us=300)
    conversation.server(b"VALUE a 0 1\r\nx\r\nVALUE b 0 1\r\ny\r\nEND\r\n", at_us=400)
    write_pcap(tmp_path / "several.pcap", conversation.close().packets)
    done = tcpkit_run(
        "top", "-r", tmp_path / "several.pcap", "-m", "memcached", "--once", "-j", "-q"
    )
    report = report_of(done)
    rows = {row["name"]: row for row in rows_of(report)}
    assert {name: row["requests"] for name, row in rows.items()} == {"a": 2, "b": 2, "c": 1}
    assert sum(int(str(row["bytes"])) for row in rows.values()) == report["bytes"]
    # Of the first request two values of three are missing: which ones is not known.
    assert {name: (row["hits"], row["lookups"]) for name, row in rows.items()} == {
        "a": (1, 1), "b": (1, 1), "c": (None, None),
    }  # fmt: skip
    assert (report["requests"], report["hits"], report["lookups"]) == (2, 3, 5)


def test_a_binary_key_has_one_row_whether_its_reply_is_an_error_or_not(tmp_path: Path) -> None:
    key = b"k\x00\xff"
    request = b"*2\r\n$3\r\nGET\r\n$3\r\n" + key + b"\r\n"
    conversation = Conversation(CLIENT, SERVER, BEGIN_NS).handshake()
    for at, reply in enumerate((b"$-1\r\n", b"-WRONGTYPE x\r\n"), 1):
        conversation.client(request, at_us=at * 1000).server(reply, at_us=at * 1000 + 50)
    write_pcap(tmp_path / "binary.pcap", conversation.close().packets)
    done = tcpkit_run("top", "-r", tmp_path / "binary.pcap", "-m", "redis", "--once", "-j", "-q")
    rows = rows_of(report_of(done))
    assert [(row["name"], row["requests"]) for row in rows] == [("k\\x00\\xff", 2)]


def test_the_text_fits_a_hundred_columns_and_short_names_fit_eighty(tmp_path: Path) -> None:
    short, long = tmp_path / "short.pcap", tmp_path / "long.pcap"
    gets(short, ("user:1", 100), ("user:2", 200))
    gets(long, ("session:" + "0123456789" * 30 + ":end", 100))
    for path, width, end in ((short, 80, "user:1"), (long, 100, ":end")):
        done = tcpkit_run("top", "-r", path, "-m", "redis", "--once", "-q")
        lines = done.out.splitlines()
        assert max(len(line) for line in lines) <= width
        assert lines[-1].endswith(end) or lines[-2].endswith(end)


def test_an_empty_capture_has_a_report_that_says_so(tmp_path: Path) -> None:
    write_pcap(tmp_path / "none.pcap", [])
    done = tcpkit_run("top", "-r", tmp_path / "none.pcap", "-m", "redis", "--once", "-q")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("top keys by requests, nothing was counted\n")
    report = report_of(
        tcpkit_run("top", "-r", tmp_path / "none.pcap", "-m", "redis", "--once", "-q", "-j")
    )
    assert (report["requests"], report["rows"], report["requests_per_s"]) == (0, [], 0.0)


def test_the_summary_counts_the_rows(tmp_path: Path) -> None:
    path = gets(tmp_path / "gets.pcap", ("a", 1), ("b", 2))
    done = tcpkit_run("top", "-r", path, "-m", "redis", "--once")
    assert "\ntop       rows 2\n" in done.err


def test_without_once_a_file_is_reported_once_where_there_is_no_terminal(tmp_path: Path) -> None:
    path = gets(tmp_path / "gets.pcap", ("a", 1))
    done = tcpkit_run("top", "-r", path, "-m", "redis", "-q")
    assert (done.status, done.err) == (0, "")
    assert done.out == tcpkit_run("top", "-r", path, "-m", "redis", "-q", "--once").out


def test_a_reader_that_leaves_ends_the_reports_quietly(tmp_path: Path) -> None:
    path = gets(tmp_path / "gets.pcap", *[("a", at) for at in range(1, 9000, 3)])
    arguments = ["top", "-r", str(path), "-m", "redis", "--interval", "0.1", "--rows", "1", "-q"]
    done = shell_run('"$@" | head -1', *arguments)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("top keys by requests, 2018-11-16 ")


def test_text_reports_are_set_apart_by_a_blank_line(tmp_path: Path) -> None:
    path = gets(tmp_path / "gets.pcap", ("a", 100), ("a", 1200))
    done = tcpkit_run("top", "-r", path, "-m", "redis", "--interval", "1", "-q")
    blocks = done.out.split("\n\n")
    assert [block.split(" ")[0] == "top" for block in blocks] == [True, False, True, False]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-r", "f"], ["top needs a protocol", "-m"]),
        (["-r", "f", "-m", "redis", "-t", "5"], ["-t"]),
        (["-r", "f", "-m", "redis", "--once", "--interval", "1"], ["--once", "--interval"]),
        (["-r", "f", "-m", "redis", "--interval", "0"], ["--interval", "'0'"]),
        (["-r", "f", "-m", "redis", "--view", "values"], ["--view", "keys", "'values'"]),
        (["-r", "f", "-m", "redis", "--sort", "name"], ["--sort", "requests", "'name'"]),
        (["-r", "f", "-m", "redis", "--rows", "0"], ["--rows", "'0'"]),
        (["-r", "f", "-m", "redis", "--min-rate", "x"], ["--min-rate", "'x'"]),
        (["-i", "lo", "-m", "redis"], ["--once or --interval", "terminal"]),
        (["-i", "lo", "-m", "redis", "-j"], ["-j", "--once or --interval"]),
        (["-i", "lo", "-m", "redis", "-o", "f"], ["-o", "--once or --interval"]),
        (["-i", "lo", "-m", "redis", "-d", "--once", "-o", "f"], ["-d", "--interval and -o"]),
        (["-i", "lo", "-m", "redis", "-d", "--interval", "1"], ["-d", "--interval and -o"]),
        (["--interval", "1", "-m", "redis"], ["-i", "-r"]),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line(options: list[str], words: list[str]) -> None:
    assert_refused(tcpkit_run("top", *options), 2, *words)


@pytest.mark.parametrize("option", ["--once", "--interval", "--view"])
def test_the_options_of_top_are_not_those_of_the_log(option: str) -> None:
    assert_refused(tcpkit_run("-r", "f", option), 2, option)


def test_top_has_a_page_of_its_own() -> None:
    done = tcpkit_run("top", "-h")
    assert (done.status, done.err) == (0, "")
    assert [each for each in ("--once", "--interval", *VIEWS, *SORTS) if each not in done.out] == []
    assert max(len(line) for line in done.out.splitlines()) <= 80
