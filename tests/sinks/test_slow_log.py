import pytest

from tcpkit.protocols.message import ABORTED, ERROR, NO_TIME, SILENT, TIMEOUT, Exchange
from tcpkit.sinks.slow_log import SlowLog

from .conftest import NIGHT_NS, LineOf


def test_line_is_that_of_the_contract(utc: None, exchange: Exchange, line_of: LineOf) -> None:
    assert line_of(SlowLog, exchange) == (
        b"2018-11-16 18:38:36.873067 172.20.64.106:53499 => 192.168.1.2:6379"
        b" | 11.204 ms | set foo bar\n"
    )


def test_error_reply_has_its_latency(utc: None, exchange: Exchange, line_of: LineOf) -> None:
    exchange.status = ERROR
    assert b" | 11.204 ms | " in line_of(SlowLog, exchange)


@pytest.mark.parametrize("status", [TIMEOUT, ABORTED, SILENT])
def test_status_takes_the_place_of_the_latency(
    status: str, utc: None, exchange: Exchange, line_of: LineOf
) -> None:
    exchange.status = status
    exchange.latency_ns = NO_TIME
    exchange.time_ns = NIGHT_NS + 5_000_000_000
    exchange.client = "[2001:db8::1]:53500"
    exchange.server = "[::1]:53"
    exchange.request = "A example.com"
    assert line_of(SlowLog, exchange) == (
        b"2018-11-16 18:38:41.873067 [2001:db8::1]:53500 => [::1]:53 | %s | A example.com\n"
        % status.encode()
    )


def test_latency_of_minus_one_nanosecond_is_a_latency(
    utc: None, exchange: Exchange, line_of: LineOf
) -> None:
    exchange.latency_ns = NO_TIME
    assert b" | -0.000 ms | " in line_of(SlowLog, exchange)
