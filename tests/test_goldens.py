"""Every capture gives the log that was read and found right; see tests/goldens.py."""

import re
from pathlib import Path

import pytest

from tests.goldens import GOLDEN, captures, golden_path, log_of


@pytest.mark.parametrize("capture", captures(), ids=str)
def test_capture_gives_its_golden_log(capture: Path) -> None:
    assert log_of(capture).decode().splitlines() == golden_path(capture).read_text().splitlines()


def test_every_golden_log_has_its_capture() -> None:
    assert set(GOLDEN.rglob("*.jsonl")) == {golden_path(capture) for capture in captures()}


@pytest.mark.parametrize("name", ["deep-pipeline", "mid-stream", "snaplen", "retransmissions"])
@pytest.mark.parametrize("protocol", ["redis", "memcached"])
def test_explaining_adds_a_reason_and_changes_nothing_else(protocol: str, name: str) -> None:
    capture = Path(protocol, f"{name}.pcap")
    lines = log_of(capture, "--explain").decode().splitlines()
    plain = [re.sub(r',"reason":(null|"[^"]*")}$', "}", line) for line in lines]
    assert plain == golden_path(capture).read_text().splitlines()
