"""A finished exchange, a place for its line, and a time zone."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.protocols.message import Exchange
from tcpkit.sinks.log_file import LogFile

LineOf = Callable[[Callable[[LogFile], ExchangeSink], Exchange], bytes]

NIGHT_NS = 1_542_393_516_873_067_891  # 2018-11-16 18:38:36.873067891 UTC


def set_zone(zone: str | None) -> None:
    if zone is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = zone
    time.tzset()


@pytest.fixture
def zone() -> Iterator[Callable[[str], None]]:
    """Sets the time zone, as the TZ variable does, until the test ends."""
    before = os.environ.get("TZ")
    yield set_zone
    set_zone(before)


@pytest.fixture
def utc(zone: Callable[[str], None]) -> None:
    zone("UTC0")


@pytest.fixture
def exchange() -> Exchange:
    """A SET with its reply, every field filled."""
    done = Exchange()
    done.protocol = "redis"
    done.client = "172.20.64.106:53499"
    done.server = "192.168.1.2:6379"
    done.server_port = 6379
    done.command = "SET"
    done.key = "foo"
    done.request = "set foo bar"
    done.exact = True
    done.depth = 2
    done.time_ns = NIGHT_NS
    done.latency_ns = 11_203_891
    done.queue_ns = 203_891
    done.request_first_ns = NIGHT_NS - 11_204_000
    done.request_last_ns = NIGHT_NS - 11_203_891
    done.reply_first_ns = NIGHT_NS
    done.reply_last_ns = NIGHT_NS + 5
    done.request_bytes = 31
    done.reply_bytes = 5
    return done


@pytest.fixture
def line_of(tmp_path: Path) -> LineOf:
    """What a sink writes for one exchange."""

    def write(make: Callable[[LogFile], ExchangeSink], done: Exchange) -> bytes:
        out = LogFile(str(tmp_path / "log"))
        make(out).exchange(done)
        out.close()
        return (tmp_path / "log").read_bytes()

    return write
