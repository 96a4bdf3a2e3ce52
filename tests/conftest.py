"""What every test may count on, and which tests this machine can run."""

import importlib.util
import os
import shutil
import socket
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tcpkit.installation import build_kind
from tests.servers import RedisServer, redis_server_running

# The same examples on every run; `explore` is for looking for new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("TCPKIT_HYPOTHESIS_PROFILE", "repeatable"))


def live_fault() -> str | None:
    """Why nothing can be captured on this machine's own interfaces; None if it can."""
    if importlib.util.find_spec("pcap") is None:
        return "pypcap is not installed"
    servers = ("redis-server", "memcached", "nsd", "unbound", "prometheus")
    clients = ("memccapable", "dig", "kdig", "dnsperf", "ip", "nc", "psql", "tmux")
    for program in (*servers, *clients):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except PermissionError:
        return "no right to capture (not root)"
    return None


def browser_fault() -> str | None:
    """Why no page can be looked at; None if it can."""
    if importlib.util.find_spec("selenium") is None:
        return "selenium is not installed"
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    return None


LIVE_FAULT = live_fault()
BROWSER_FAULT = browser_fault()
PEER_CAPTURES = os.environ.get("TCPKIT_PEER_CAPTURES")

collect_ignore = [
    place
    for place, left_out in (
        ("live", LIVE_FAULT),
        ("peers", not PEER_CAPTURES),
        ("browser", BROWSER_FAULT),
        ("live/test_live_page.py", BROWSER_FAULT),
    )
    if left_out
]


def pytest_configure() -> None:
    expected = os.environ.get("TCPKIT_EXPECT_BUILD", build_kind())
    if expected != build_kind():
        raise pytest.UsageError(
            f"the {expected} build was to be tested, not the {build_kind()} one"
        )
    if os.environ.get("TCPKIT_REQUIRE_LIVE") == "1" and LIVE_FAULT:
        raise pytest.UsageError(f"the live tests are wanted, but {LIVE_FAULT}")
    if os.environ.get("TCPKIT_REQUIRE_LIVE") == "1" and BROWSER_FAULT:
        raise pytest.UsageError(f"the tests in a browser are wanted, but {BROWSER_FAULT}")


def pytest_report_header() -> list[str]:
    lines = [f"tcpkit: the {build_kind()} build"]
    if LIVE_FAULT:
        lines.append(f"left out: tests/live, since {LIVE_FAULT}")
    if BROWSER_FAULT:
        lines.append(f"left out: tests/browser, since {BROWSER_FAULT}")
    if not PEER_CAPTURES:
        lines.append("left out: captures of other projects, since TCPKIT_PEER_CAPTURES is not set")
    return lines


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A real server for the whole session; a test that stops or fills it starts its own."""
    with redis_server_running() as server:
        yield server
