"""`make truth`: a table of what damaged captures make tcpkit report."""

import sys
from pathlib import Path

from tests.truth.captures import captures, read
from tests.truth.judge import Verdict, judge_capture

SHOWN = 5


def main(names: list[str]) -> int:
    paths = [Path(name) for name in names] or captures()
    total = Verdict()
    print(f"{'capture':<34}{'runs':>7}{'exact':>10}{'inferred':>10}{'false':>7}{'wrong':>7}")
    for path in paths:
        whole = Verdict()
        for verdict in judge_capture(*read(path)).values():
            whole.add(verdict)
        total.add(whole)
        _row(f"{path.parent.name}/{path.stem}", whole)
        for text in (whole.false_exact + whole.wrong_inferred)[:SHOWN]:
            print(f"    {text}")
    _row("all", total)
    share = len(total.wrong_inferred) / total.inferred if total.inferred else 0.0
    print(f"exact but false: {len(total.false_exact)}; inferred but wrong: {share:.3%}")
    return 1 if total.false_exact or share > 0.001 else 0


def _row(name: str, verdict: Verdict) -> None:
    print(
        f"{name:<34}{verdict.runs:>7}{verdict.exact:>10}{verdict.inferred:>10}"
        f"{len(verdict.false_exact):>7}{len(verdict.wrong_inferred):>7}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
