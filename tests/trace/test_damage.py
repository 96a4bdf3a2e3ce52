"""A trace of a damaged capture tells what the log tells, and each connection once, around that."""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from tcpkit.capture.savefile import Savefile
from tcpkit.options import parse
from tcpkit.pipeline import Pipeline
from tests.build import write_pcap
from tests.trace.traced import PCAPS
from tests.truth.captures import read
from tests.truth.damage import Damaged, mixed, random_losses, snapped

Event = dict[str, object]
ADDED = ("event", "number", "total_number", "reply")


def damages(capture: str) -> Iterator[tuple[int, Damaged]]:
    link_type, packets = read(PCAPS / capture)
    for damaged in chain(random_losses(packets), mixed(packets), snapped(packets)):
        yield link_type, damaged


def lines(folder: Path, *arguments: str) -> list[Event]:
    """The objects that a run in this process logs."""
    log = folder / "log"
    log.unlink(missing_ok=True)
    config = parse([*arguments, "-j", "-r", str(folder / "damaged.pcap"), "-o", str(log)])
    pipeline = Pipeline(config, [], None)
    Savefile(pipeline.entrance).read_files(config.files)
    pipeline.finish()
    pipeline.close()
    return [json.loads(line) for line in log.read_text().splitlines()]


CAPTURES = (
    ("redis/slow.pcap", "redis"),
    ("redis/port-reuse.pcap", "redis"),
    ("redis/resp3.pcap", "redis"),
    ("redis/transactions.pcap", "redis"),
    ("redis/pubsub-resp2.pcap", "redis"),
    ("redis/replica-disk.pcap", "redis"),
    ("memcached/multi-get.pcap", "memcached"),
    ("memcached/binary-quiet.pcap", "memcached"),
    ("memcached/meta-quiet.pcap", "memcached"),
    ("dns/axfr.pcap", "dns"),
    ("dns/truncation.pcap", "dns"),
)


@pytest.mark.parametrize(("capture", "mode"), CAPTURES)
def test_exchanges_are_those_of_the_log(capture: str, mode: str, tmp_path: Path) -> None:
    for link_type, damaged in damages(capture):
        write_pcap(tmp_path / "damaged.pcap", damaged.packets, link_type)
        logged = lines(tmp_path, "-m", mode)
        told = lines(tmp_path, "trace", "-m", mode)
        exchanges = [
            {name: value for name, value in event.items() if name not in ADDED}
            for event in told
            if event["event"] == "exchange"
        ]
        assert exchanges == logged, damaged.how


@pytest.mark.parametrize(("capture", "mode"), CAPTURES)
def test_each_connection_is_told_once_around_its_requests(
    capture: str, mode: str, tmp_path: Path
) -> None:
    for link_type, damaged in damages(capture):
        write_pcap(tmp_path / "damaged.pcap", damaged.packets, link_type)
        counts: dict[object, int] = {}
        for event in lines(tmp_path, "trace", "-m", mode, "--tcp"):
            client = event.get("client")
            if event["event"] == "total" or event["transport"] == "udp":
                continue
            if event["event"] == "start":
                assert client not in counts, damaged.how
                counts[client] = 0
            elif event["event"] == "exchange":
                counts[client] = max(counts[client], int(str(event["number"])))
            else:
                assert counts.pop(client) == event["requests"], damaged.how
        assert counts == {}, damaged.how
