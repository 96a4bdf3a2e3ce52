import json

import pytest

from tcpkit.protocols.message import (
    ABORTED,
    ERROR,
    FLAG_NAMES,
    NO_TIME,
    SILENT,
    TIMEOUT,
    Exchange,
)
from tcpkit.sinks.json_log import JsonLog

from .conftest import NIGHT_NS, LineOf


def test_line_has_all_fields_in_the_order_of_the_contract(
    exchange: Exchange, line_of: LineOf
) -> None:
    assert line_of(JsonLog, exchange) == (
        b'{"time_ns":1542393516873067891,"protocol":"redis","transport":"tcp",'
        b'"client":"172.20.64.106:53499","server":"192.168.1.2:6379","command":"SET",'
        b'"key":"foo","request":"set foo bar","latency_ns":11203891,'
        b'"request_first_ns":1542393516861863891,"request_last_ns":1542393516861864000,'
        b'"reply_first_ns":1542393516873067891,"reply_last_ns":1542393516873067896,'
        b'"request_bytes":31,"reply_bytes":5,"status":"ok","code":null,"hits":null,'
        b'"quality":"exact","depth":2,"flags":[],'
        b'"upload_ns":109,"wait_ns":11203891,"queue_ns":203891,"service_ns":11000000,'
        b'"download_ns":5}\n'
    )


def test_dns_has_its_three_fields_before_the_split(exchange: Exchange, line_of: LineOf) -> None:
    exchange.protocol = "dns"
    exchange.transport = "udp"
    exchange.dns_id = 0
    exchange.attempts = 2
    exchange.answers = 3
    line = line_of(JsonLog, exchange)
    assert b'"flags":[],"id":0,"attempts":2,"answers":3,"upload_ns":109,' in line
    assert b'"transport":"udp"' in line


def test_code_hits_and_flags_are_shown(exchange: Exchange, line_of: LineOf) -> None:
    exchange.status = ERROR
    exchange.code = "WRONGTYPE"
    exchange.hits = 0
    exchange.flags = (1 << len(FLAG_NAMES)) - 1
    exchange.exact = False
    fields = json.loads(line_of(JsonLog, exchange))
    assert (fields["code"], fields["hits"], fields["quality"]) == ("WRONGTYPE", 0, "inferred")
    assert fields["flags"] == [
        "retransmission", "out-of-order", "gap", "truncated", "mid-stream",
        "duplicate", "late", "blocking", "transaction", "replication",
    ]  # fmt: skip


@pytest.mark.parametrize("status", [TIMEOUT, ABORTED, SILENT])
def test_without_reply_its_times_and_the_latency_are_null(
    status: str, exchange: Exchange, line_of: LineOf
) -> None:
    exchange.status = status
    exchange.latency_ns = exchange.reply_first_ns = exchange.reply_last_ns = NO_TIME
    exchange.queue_ns = NO_TIME
    exchange.reply_bytes = 0
    exchange.key = None
    fields = json.loads(line_of(JsonLog, exchange))
    nulls = [name for name, value in fields.items() if value is None]
    assert nulls == [
        "key", "latency_ns", "reply_first_ns", "reply_last_ns", "code", "hits",
        "wait_ns", "queue_ns", "service_ns", "download_ns",
    ]  # fmt: skip
    assert (fields["status"], fields["reply_bytes"]) == (status, 0)


def test_wait_is_not_split_where_the_queue_is_not_known(
    exchange: Exchange, line_of: LineOf
) -> None:
    exchange.queue_ns = NO_TIME
    fields = json.loads(line_of(JsonLog, exchange))
    assert (fields["wait_ns"], fields["queue_ns"], fields["service_ns"]) == (11_203_891, None, None)


def test_latency_of_minus_one_nanosecond_is_a_latency(exchange: Exchange, line_of: LineOf) -> None:
    exchange.latency_ns = NO_TIME
    exchange.request_last_ns = NIGHT_NS + 1
    assert json.loads(line_of(JsonLog, exchange))["latency_ns"] == -1


def test_reply_that_broke_off_has_its_first_times(exchange: Exchange, line_of: LineOf) -> None:
    exchange.status = ABORTED
    exchange.reply_last_ns = NO_TIME
    fields = json.loads(line_of(JsonLog, exchange))
    assert fields["latency_ns"] == fields["reply_first_ns"] - fields["request_last_ns"]
    assert fields["reply_last_ns"] is None


def test_text_that_json_must_escape_survives(exchange: Exchange, line_of: LineOf) -> None:
    exchange.key = '"\\\n\x00é'
    assert json.loads(line_of(JsonLog, exchange))["key"] == '"\\\n\x00é'
