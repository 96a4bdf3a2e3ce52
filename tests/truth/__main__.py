"""`make truth`: a table of what damaged captures make tcpkit report.

Arguments are captures to look at; without any, all that are shipped, and simulated ones.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing import Pool
from pathlib import Path

from tests.truth.captures import captures, read, reading_of
from tests.truth.dialects import DIALECTS
from tests.truth.judge import Reading, Verdict, judge_capture, total
from tests.truth.simulated import Simulation

SHOWN = 5
SEEDS = 100
RUNS_OF_SIMULATED = 50
LAWLESS = " *"  # only the exact part counts: see tests/truth/dialects.py

Job = tuple[str, Callable[[], Verdict]]


def judge_file(path: Path) -> Verdict:
    link_type, packets = read(path)
    return total(judge_capture(packets, reading_of(path, link_type)).values())


def judge_simulated(dialect: int, seed: int) -> Verdict:
    """`dialect` counts in DIALECTS, since what it holds cannot go to another process."""
    chosen = DIALECTS[dialect]
    packets = Simulation(chosen, seed).packets
    reading = Reading(mode=chosen.mode)
    return total(judge_capture(packets, reading, RUNS_OF_SIMULATED).values())


def jobs(names: list[str]) -> Iterator[Job]:
    """What is to be judged, under the name of its row; rows of one name are added up."""
    for path in [Path(name) for name in names] or captures():
        yield f"{path.parent.name}/{path.stem}", partial(judge_file, path)
    if not names:
        for at, dialect in enumerate(DIALECTS):
            name = f"simulated/{dialect.name}" + ("" if dialect.lawful else LAWLESS)
            for seed in range(SEEDS):
                yield name, partial(judge_simulated, at, seed)


def run(job: Job) -> tuple[str, Verdict]:
    name, judged = job
    return name, judged()


def rows(names: list[str]) -> Iterator[tuple[str, Verdict]]:
    """The verdicts of all jobs, in their order, those of one name together."""
    name, whole = "", Verdict()
    with Pool() as pool:
        for found, verdict in pool.imap(run, jobs(names)):
            if found != name:
                if name:
                    yield name, whole
                name, whole = found, Verdict()
            whole.add(verdict)
    yield name, whole


def main(names: list[str]) -> int:
    whole = Verdict()
    print(f"{'capture':<34}{'runs':>7}{'exact':>10}{'inferred':>10}{'false':>7}{'wrong':>7}")
    for name, verdict in rows(names):
        _row(name, verdict)
        for text in (verdict.false_exact + verdict.wrong_inferred)[:SHOWN]:
            print(f"    {text}")
        if name.endswith(LAWLESS):
            verdict.inferred, verdict.wrong_inferred = 0, []
        whole.add(verdict)
    _row("all", whole)
    share = len(whole.wrong_inferred) / whole.inferred if whole.inferred else 0.0
    print(f"exact but false: {len(whole.false_exact)}; inferred but wrong: {share:.3%}")
    return 1 if whole.false_exact or share > 0.001 else 0


def _row(name: str, verdict: Verdict) -> None:
    print(
        f"{name:<34}{verdict.runs:>7}{verdict.exact:>10}{verdict.inferred:>10}"
        f"{len(verdict.false_exact):>7}{len(verdict.wrong_inferred):>7}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
