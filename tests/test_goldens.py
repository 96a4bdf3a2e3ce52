"""Every capture gives the log that was read and found right; see tests/goldens.py."""

from pathlib import Path

import pytest

from tests.goldens import GOLDEN, captures, golden_path, log_of


@pytest.mark.parametrize("capture", captures(), ids=str)
def test_capture_gives_its_golden_log(capture: Path) -> None:
    assert log_of(capture).decode().splitlines() == golden_path(capture).read_text().splitlines()


def test_every_golden_log_has_its_capture() -> None:
    assert set(GOLDEN.rglob("*.jsonl")) == {golden_path(capture) for capture in captures()}
