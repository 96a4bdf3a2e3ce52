"""What `top` must say of a capture, added up from the JSON log of the same capture."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.program import Outcome

LOOK_UPS = ("GET", "GETDEL", "GETEX", "HGET")
NIL_SIZES = (3, 5)  # `_` and `$-1`, with CR LF
GETS = ("get", "gets", "gat", "gats")
SEVERAL = {"MGET": 1, "DEL": 1, "UNLINK": 1, "EXISTS": 1, "TOUCH": 1, "MSET": 2, "MSETNX": 2}


@dataclass
class Sums:
    """Of one name."""

    requests: int = 0
    bytes: int = 0
    hits: int = 0
    lookups: int = 0
    latencies: list[int] = field(default_factory=list)

    def fields(self) -> dict[str, int | None]:
        """Those that must be equal in a report."""
        return {
            "requests": self.requests,
            "bytes": self.bytes,
            "time_ns": sum(self.latencies),
            "max_ns": max(self.latencies, default=None),
            "hits": self.hits if self.lookups else None,
            "lookups": self.lookups if self.lookups else None,
        }


def names_of(line: dict[str, object], view: str) -> list[str]:
    """Whose row a line of the log belongs to. A request text that was cut has no names."""
    if view == "keys":
        return _keys(line)
    if view == "clients":
        return [str(line["client"]).rpartition(":")[0].strip("[]")]
    return [str(line[view.removesuffix("s")])]


def _keys(line: dict[str, object]) -> list[str]:
    if line["key"] is None:
        return []
    if " " in str(line["key"]):
        return [str(line["key"])]  # of a binary request, which asks for one
    request, command = str(line["request"]), str(line["command"])
    words = request.split(" ")
    if command in GETS and line["protocol"] == "memcached":
        assert not request.endswith("...")
        return [word for word in words[2 if command.startswith("gat") else 1 :] if word]
    step = SEVERAL.get(command, 0) if line["protocol"] == "redis" else 0
    return words[1::step] if step else [str(line["key"])]


def looked_up(line: dict[str, object]) -> tuple[int, int]:
    """Values found, and asked for."""
    if line["hits"] is not None:
        asked = len(_keys(line)) if line["command"] in GETS else 1
        return int(str(line["hits"])), asked
    flags = line["flags"]
    assert isinstance(flags, list)
    looks = line["command"] in LOOK_UPS and line["protocol"] == "redis"
    if not looks or line["status"] != "ok" or "transaction" in flags:
        return 0, 0
    return int(line["reply_bytes"] not in NIL_SIZES), 1


def summed(log: Iterable[str], view: str) -> dict[str, Sums]:
    """The rows of a view. Bytes of a request for several keys are shared by them."""
    rows: dict[str, Sums] = {}
    for text in log:
        line = json.loads(text)
        late, blocking = "late" in line["flags"], "blocking" in line["flags"]
        hits, lookups = looked_up(line)
        names = names_of(line, view)
        size = line["reply_bytes"] + (0 if late else line["request_bytes"])
        for place, name in enumerate(names):
            row = rows.setdefault(name, Sums())
            row.requests += 0 if late else 1
            row.bytes += size // len(names) + (size % len(names) if place == 0 else 0)
            if line["status"] in ("ok", "error") and not blocking:
                row.latencies.append(max(line["latency_ns"], 0))
            if len(names) == 1:
                row.hits, row.lookups = row.hits + hits, row.lookups + lookups
            elif lookups and hits in (0, lookups):
                row.hits, row.lookups = row.hits + (1 if hits else 0), row.lookups + 1
    return rows


def report_of(outcome: Outcome) -> dict[str, object]:
    """The only report of a run that went well."""
    assert (outcome.status, outcome.err) == (0, "")
    report = json.loads(outcome.out)
    assert isinstance(report, dict)
    return report


def rows_of(report: dict[str, object]) -> list[dict[str, object]]:
    rows = report["rows"]
    assert isinstance(rows, list)
    return rows


def assert_same(report: dict[str, object], truth: dict[str, Sums]) -> None:
    """Every row of the truth is in the report, with the same numbers, and no other."""
    rows = {str(row["name"]): row for row in rows_of(report)}
    assert len(rows) == len(rows_of(report))
    wanted = {name: sums.fields() for name, sums in truth.items()}
    got = {
        name: {each: row[each] for each in wanted.get(name, {"requests": 0})}
        for name, row in rows.items()
    }
    assert got == wanted
    for name, sums in truth.items():
        for percent, each in ((50, "p50_ns"), (99, "p99_ns")):
            assert_percentile(rows[name][each], sums.latencies, percent)


def assert_percentile(shown: object, latencies: list[int], percent: int) -> None:
    """Never below the true one of nearest rank, and 1 % above it at most."""
    if not latencies:
        assert shown is None
        return
    assert isinstance(shown, int)
    true = sorted(latencies)[max(-(-len(latencies) * percent // 100), 1) - 1]
    assert true <= shown <= max(true + true // 100, 1)
