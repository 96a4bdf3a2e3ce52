"""`make truth`: a table of what damaged captures make tcpkit report."""

import sys
from pathlib import Path

from tests.truth.captures import captures, read, reading_of
from tests.truth.judge import Verdict, judge_capture, total

SHOWN = 5


def main(names: list[str]) -> int:
    paths = [Path(name) for name in names] or captures()
    whole = Verdict()
    print(f"{'capture':<34}{'runs':>7}{'exact':>10}{'inferred':>10}{'false':>7}{'wrong':>7}")
    for path in paths:
        link_type, packets = read(path)
        verdict = total(judge_capture(packets, reading_of(path, link_type)).values())
        whole.add(verdict)
        _row(f"{path.parent.name}/{path.stem}", verdict)
        for text in (verdict.false_exact + verdict.wrong_inferred)[:SHOWN]:
            print(f"    {text}")
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
