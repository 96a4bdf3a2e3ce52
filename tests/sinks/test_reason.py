import json

import pytest

from tcpkit.protocols.message import BLOCKING, ERROR, LATE, SILENT, TIMEOUT, Evidence, Exchange
from tcpkit.sinks.json_log import JsonLog
from tcpkit.sinks.log_file import LogFile
from tcpkit.sinks.reason import reason_of
from tcpkit.sinks.slow_log import SlowLog

from .conftest import LineOf

LATENCY_NS = 11_203_891  # of the exchange in conftest


def queued(ns: int, behind: str = "KEYS *") -> Evidence:
    evidence = Evidence()
    evidence.behind_ns = ns
    evidence.behind = behind
    return evidence


def explained_text(out: LogFile) -> SlowLog:
    return SlowLog(out, True)


def explained_json(out: LogFile) -> JsonLog:
    return JsonLog(out, True)


def test_text_line_ends_with_the_reason(utc: None, exchange: Exchange, line_of: LineOf) -> None:
    exchange.evidence = queued(11_000_000)
    assert line_of(explained_text, exchange).endswith(
        b" | 11.204 ms | set foo bar | queued 11.0 ms behind KEYS *\n"
    )


def test_without_explain_no_line_has_a_reason(
    utc: None, exchange: Exchange, line_of: LineOf
) -> None:
    exchange.evidence = queued(11_000_000)
    assert line_of(SlowLog, exchange).endswith(b" | set foo bar\n")


def test_text_line_without_a_reason_is_as_ever(
    utc: None, exchange: Exchange, line_of: LineOf
) -> None:
    assert line_of(explained_text, exchange).endswith(b" | 11.204 ms | set foo bar\n")


@pytest.mark.parametrize(
    ("ns", "reason"), [(11_000_000, "queued 11.0 ms behind KEYS *"), (1, None)]
)
def test_json_line_has_the_reason_at_its_end(
    ns: int, reason: str | None, exchange: Exchange, line_of: LineOf
) -> None:
    exchange.evidence = queued(ns)
    fields = json.loads(line_of(explained_json, exchange))
    assert list(fields.items())[-1] == ("reason", reason)


def test_half_of_the_latency_in_the_queue_is_a_reason_and_less_is_none(exchange: Exchange) -> None:
    exchange.evidence = queued(LATENCY_NS // 2 + 1)
    assert reason_of(exchange) == "queued 5.60 ms behind KEYS *"
    exchange.evidence = queued(LATENCY_NS // 2)
    assert reason_of(exchange) == ""


def test_nothing_under_a_tenth_of_a_millisecond_has_a_reason(exchange: Exchange) -> None:
    exchange.latency_ns = 99_999
    exchange.request_first_ns = exchange.request_last_ns - 99_999
    exchange.evidence = queued(99_999)
    exchange.evidence.together = True
    assert reason_of(exchange) == ""


def test_long_name_is_cut(exchange: Exchange) -> None:
    exchange.evidence = queued(LATENCY_NS, "SET " + "k" * 200)
    assert reason_of(exchange) == "queued 11.2 ms behind SET " + "k" * 41 + "..."


def test_transfer_longer_than_the_latency_is_a_reason(exchange: Exchange) -> None:
    exchange.request_first_ns = exchange.request_last_ns - 80_200_000
    exchange.request_bytes = 8_000_033
    assert reason_of(exchange) == "upload of 8.0 MB took 80.2 ms"
    exchange.reply_last_ns = exchange.reply_first_ns + 90_000_000
    exchange.reply_bytes = 51_234
    assert reason_of(exchange) == "download of 51.2 kB took 90.0 ms"


def test_transfer_shorter_than_the_latency_is_none(exchange: Exchange) -> None:
    exchange.request_first_ns = exchange.request_last_ns - LATENCY_NS
    assert reason_of(exchange) == ""


def test_command_that_blocks_did_so_only_if_it_took_a_while_and_was_answered_well(
    exchange: Exchange,
) -> None:
    exchange.flags = BLOCKING
    assert reason_of(exchange) == "blocked by design"
    exchange.status = ERROR
    assert reason_of(exchange) == ""
    exchange.status, exchange.latency_ns = "ok", 999_999
    assert reason_of(exchange) == ""


def test_what_accounts_for_the_time_comes_before_what_was_seen(exchange: Exchange) -> None:
    exchange.flags = BLOCKING | LATE
    evidence = exchange.evidence = queued(LATENCY_NS, "")
    evidence.together = True
    evidence.resent_ns = exchange.request_last_ns + 10_000_000
    assert reason_of(exchange) == "queued 11.2 ms behind 2 requests"
    evidence.behind_ns = 0
    assert reason_of(exchange) == "request sent again, the last time after 10.0 ms"
    evidence.resent_ns = exchange.request_last_ns + 5_000_000
    assert reason_of(exchange) == "blocked by design"
    exchange.flags = LATE
    assert reason_of(exchange) == "answered together with others"
    evidence.together = False
    assert reason_of(exchange) == "late, logged as timeout before"


def test_requests_without_a_reply(exchange: Exchange) -> None:
    exchange.status = TIMEOUT
    evidence = exchange.evidence = queued(0, "DEBUG SLEEP 60")
    evidence.resent_ns = exchange.request_last_ns + 4_000_000_000
    assert reason_of(exchange) == "no reply to DEBUG SLEEP 60 before it either"
    evidence.behind = ""
    assert reason_of(exchange) == "request sent again, the last time after 4.00 s"
    exchange.status = SILENT
    assert reason_of(exchange) == ""
