"""`bit32` in every version does as in Lua 5.2, whose own is the measure."""

import random
from pathlib import Path

import pytest

from tests.script.running import Lua

EDGES = (0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000, -1, -0x80000000, 2**40 - 1)
SHIFTS = (-40, -32, -31, -1, 0, 1, 7, 31, 32, 33, 64)
SEED = 1


def calls() -> list[str]:
    chance = random.Random(SEED)
    numbers = [*EDGES, *(chance.randrange(2**32) for _ in range(20))]
    made = ["band()", "bor()", "bxor()", "btest()", "band(7)", "bor(1, 2, 4, 8)", "btest(1, 2)"]
    for number in numbers:
        other = chance.choice(numbers)
        made += [f"{name}({number}, {other}, 0xF0F0F0FF)" for name in ("band", "bor", "bxor")]
        made += [f"btest({number}, {other})", f"bnot({number})"]
        for by in SHIFTS:
            names = ("lshift", "rshift", "arshift", "lrotate", "rrotate")
            made += [f"{name}({number}, {by})" for name in names]
        for at, width in ((0, 1), (0, 32), (31, 1), (4, 8), (16, 16)):
            made.append(f"extract({number}, {at}, {width})")
            made.append(f"replace({number}, {other}, {at}, {width})")
        made += [f"extract({number}, 3)", f"replace({number}, 1, 3)"]
    return made


def script() -> str:
    lines = [f"print(string.format('%.0f', tonumber(bit32.{call}) or (bit32.{call} and 1 or 0)))"
             for call in calls()]  # fmt: skip
    parts = [lines[i : i + 100] for i in range(0, len(lines), 100)]
    functions = "\n".join(
        f"local function f{i}()\n" + "\n".join(part) + "\nend" for i, part in enumerate(parts)
    )
    uses = " ".join(f"f{i}()" for i in range(len(parts)))
    return f"{functions}\nfunction process(packet) {uses} end"


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return Lua("lua52", tmp_path_factory.mktemp("lua52"))(script(), 10**7).process()


def test_results_are_those_of_lua_5_2(expected: list[str], lua: Lua) -> None:
    assert len(expected) == len(calls())
    assert lua(script(), 10**7).process() == expected


def test_result_that_is_known(lua: Lua) -> None:
    body = "print(bit32.band(0xFF00FF00, 0x0FF00FF0) == 0x0F000F00, bit32.lshift(1, 31) == 2 ^ 31)"
    assert lua(f"function process() {body} end").process() == ["true\ttrue\n"]


@pytest.mark.parametrize(
    "call", ["extract(1, 32)", "extract(1, 31, 2)", "extract(1, -1)", "replace(1, 1, 0, 33)",
             "band('x')", "lshift({}, 1)", "bnot()"],
)  # fmt: skip
def test_what_makes_no_sense_is_an_error(call: str, lua: Lua) -> None:
    running = lua(f"function process() print(bit32.{call}) end")
    assert running.process() == []
    assert "script.lua:1: " in running.told[0]


@pytest.mark.parametrize("version", ["lua53", "lua54", "lua55"])
def test_integers_stay_integers(version: str, tmp_path: Path) -> None:
    body = "print(bit32.band(255, 15), bit32.lshift(1, 4), bit32.extract(255, 0, 4), bit32.bnot(0))"
    running = Lua(version, tmp_path)(f"function process() {body} end")
    assert running.process() == ["15\t16\t15\t4294967295\n"]
