"""What was read of one of the two captures."""

from dataclasses import dataclass, field
from typing import Final

from tcpkit.compare.bootstrap import Sample
from tcpkit.metrics.histogram import upper_edge_ns
from tcpkit.metrics.sliced import SlicedRow
from tcpkit.metrics.top_row import COMMANDS, KEYS, REQUESTS, TopRow
from tcpkit.protocols.message import PairingCounts
from tcpkit.sinks.compare_recorder import CompareRecorder
from tcpkit.sinks.summary import pairing_numbers

NS_PER_S: Final = 1_000_000_000
ALL_ROWS: Final = 1 << 40

Counters = list[tuple[str, dict[str, int]]]


@dataclass
class Side:
    """One capture. `problem` is what ended the read too early, "" for its end."""

    label: str  # "A" or "B"
    name: str
    recorder: CompareRecorder
    pairing: PairingCounts
    counters: Counters = field(default_factory=list)
    problem: str = ""

    @property
    def requests(self) -> int:
        return int(self.recorder.tables.totals.requests)

    @property
    def begin_ns(self) -> int | None:
        """When the first request began; None when nothing was counted."""
        totals = self.recorder.tables.totals
        return None if totals.is_empty else int(totals.first_ns)

    @property
    def end_ns(self) -> int | None:
        """When the last thing that was counted ended."""
        totals = self.recorder.tables.totals
        return None if totals.is_empty else int(totals.last_ns)

    @property
    def span_ns(self) -> int:
        if self.begin_ns is None or self.end_ns is None:
            return 0
        return max(self.end_ns - self.begin_ns, 0)

    def rate(self, requests: int) -> float | None:
        """Requests a second over all of the capture; None where it has no duration."""
        return requests * NS_PER_S / self.span_ns if self.span_ns else None

    @property
    def slices(self) -> int:
        return self.recorder.sliced.slices

    def sample(self, rows: list[SlicedRow]) -> Sample:
        """What `rows` did together, slice by slice."""
        requests = [0] * self.slices
        slices: list[dict[int, int]] = [{} for _ in range(self.slices)]
        for row in rows:
            for place, count in row.requests.items():
                requests[place] += count
            for place, cells in row.by_slice().items():
                counts = slices[place]
                for bucket, count in cells:
                    counts[bucket] = counts.get(bucket, 0) + count
        edges = {bucket: int(upper_edge_ns(bucket)) for each in slices for bucket in each}
        return Sample(requests, slices, edges)

    @property
    def unpaired(self) -> int:
        """Requests and replies that are in no number of the comparison."""
        return sum(int(count) for count in self.pairing.unpaired.values())

    @property
    def gaps(self) -> int:
        """Holes in the streams: what the capture lost, as far as it shows."""
        return dict(self.counters).get("flow", {}).get("gaps", 0)

    def keys(self) -> list[TopRow]:
        """All keys that have a row, the busiest first."""
        return self.recorder.tables.rows(KEYS, REQUESTS, ALL_ROWS)

    def commands(self) -> dict[str, TopRow]:
        rows = self.recorder.tables.rows(COMMANDS, REQUESTS, ALL_ROWS)
        return {row.name: row for row in rows}

    def key_bounds(self) -> dict[str, int]:
        return self.recorder.tables.bounds(KEYS)

    def accuracy(self) -> dict[str, object]:
        """How much of the capture can be believed."""
        exact, inferred = int(self.pairing.exact), int(self.pairing.inferred)
        return {
            "exact": exact,
            "inferred": inferred,
            **pairing_numbers(self.pairing),
            "unpaired": {name: int(count) for name, count in self.pairing.unpaired.items()},
        }
