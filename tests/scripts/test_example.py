"""scripts/example.lua: a line for each packet, which says what the JSON line says."""

import json
from pathlib import Path

import pytest

from tests.goldens import PCAPS, captures
from tests.program import tcpkit_run
from tests.scripts.lua import LUAS
from tests.scripts.reading import when


def everything() -> list[str | Path]:
    """All captures as one."""
    return [part for path in captures() for part in ("-r", PCAPS / path)]


def text_of(line: str) -> str:
    """The text line of a packet's JSON line."""
    row = json.loads(line)
    middle = f"udp len {row['len']}"
    if row["proto"] == "tcp":
        middle = f"[{row['flags']}] seq {row['seq']} ack {row['ack']} len {row['len']}"
    ends = f"{row['src']} => {row['dst']}"
    payload = f" | {row['payload']}" if row["payload"] else ""
    return f"{when(row['time_ns'])} {ends} | {middle}{payload}"


@pytest.mark.parametrize("options", [[], ["-u"]], ids=["tcp", "udp"])
def test_every_packet_of_every_capture_has_its_line(options: list[str]) -> None:
    as_json = tcpkit_run("-q", "-j", *options, *everything()).out.splitlines()
    expected = [text_of(line) for line in as_json]
    assert len(expected) > 100
    for lua in LUAS:
        outcome = tcpkit_run("-q", "--lua", lua, *options, *everything())
        assert outcome.err == ""
        assert outcome.out.splitlines() == expected
