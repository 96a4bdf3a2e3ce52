"""What a script did in one run, and what went wrong."""

from typing import final

from mypy_extensions import i64


@final
class ScriptCounts:
    """`left_out` are calls that were not made any more; see `script.MAX_IN_A_ROW`."""

    __slots__ = (
        "packets", "exchanges", "ticks", "ticks_left_out", "errors", "over_budget",
        "out_of_memory", "left_out",
    )  # fmt: skip

    def __init__(self) -> None:
        self.packets: i64 = 0
        self.exchanges: i64 = 0
        self.ticks: i64 = 0
        self.ticks_left_out: i64 = 0
        self.errors: i64 = 0  # calls that failed, all of them
        self.over_budget: i64 = 0  # those whose budget of instructions was spent
        self.out_of_memory: i64 = 0
        self.left_out: i64 = 0

    def numbers(self) -> dict[str, int]:
        return {
            "processed": int(self.packets),
            "exchanges": int(self.exchanges),
            "ticks": int(self.ticks),
            "ticks left out": int(self.ticks_left_out),
            "errors": int(self.errors),
            "over the budget": int(self.over_budget),
            "out of memory": int(self.out_of_memory),
            "calls left out": int(self.left_out),
        }
