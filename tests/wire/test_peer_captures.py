"""The captures in the folder TCPKIT_PEER_CAPTURES: dpkt as the oracle, and no fault."""

import os
from pathlib import Path

import pytest

from tests.wire.captures import read
from tests.wire.recording import Bench, accounted
from tests.wire.test_against_dpkt import disagreements

FOLDER = Path(os.environ["TCPKIT_PEER_CAPTURES"])
FILES = sorted(
    path
    for path in FOLDER.rglob("*")
    if path.is_file() and path.suffix not in (".md", ".json", ".py")
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_packet_is_as_dpkt_has_it(path: Path) -> None:
    assert disagreements(path) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_packet_is_accounted(path: Path) -> None:
    bench = Bench()
    for frame, wire_length, link_type in read(path):
        bench.take(frame, link_type, wire_length=wire_length)
    assert accounted(bench) == bench.counts.packets
