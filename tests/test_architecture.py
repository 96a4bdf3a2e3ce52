"""Imports flow one way: a room knows only what lies to its left, `errors` and `config`."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import tcpkit
from tests.program import environment

PACKAGE = Path(tcpkit.__file__).parent
ROOMS = (
    "capture", "wire", "flow", "script", "protocols", "metrics", "sinks", "export", "page",
    "server", "compare", "top",
)  # fmt: skip
FOR_ALL = {"errors", "config"}
# Only capture time exists here; the sinks need a clock's zone for local time.
WITHOUT_CLOCK = ("capture", "wire", "flow", "protocols", "metrics")
CLOCKS = {"time", "datetime", "random"}
COMPILED = ("capture", "wire", "flow", "script", "protocols", "metrics", "sinks")
# Keywords of C compilers without the underscore that mypyc puts before an attribute's name.
WORDS_OF_C = {
    "_alignof", "_asm", "_attribute", "_complex", "_const", "_imag", "_inline", "_real",
    "_restrict", "_signed", "_thread", "_typeof", "_volatile", "Alignas", "Alignof", "Atomic",
    "Bool", "Complex", "Generic", "Imaginary", "Noreturn",
}  # fmt: skip


def sources(room: str) -> list[Path]:
    return sorted((PACKAGE / room).rglob("*.py"))


def imported(text: str, package: str) -> Iterator[str]:
    """The dotted names that a module of `package` imports, wherever in its text it does."""
    parents = package.split(".")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = parents[: len(parents) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def imports_of(source: Path) -> set[str]:
    package = ".".join(source.relative_to(PACKAGE.parent).parts[:-1])
    return set(imported(source.read_text(), package))


def own(names: Iterable[str]) -> set[str]:
    """The first names below `tcpkit`: rooms, or modules beside them."""
    parts = (name.split(".") for name in names)
    return {each[1] for each in parts if each[0] == "tcpkit" and len(each) > 1}


@pytest.mark.parametrize("room", [room for room in ROOMS if sources(room)])
def test_room_imports_only_what_lies_to_its_left(room: str) -> None:
    allowed = {*ROOMS[: ROOMS.index(room) + 1], *FOR_ALL}
    found = {source.name: own(imports_of(source)) - allowed for source in sources(room)}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_errors_and_config_know_no_room() -> None:
    found = {name: own(imports_of(PACKAGE / f"{name}.py")) - FOR_ALL for name in FOR_ALL}
    assert found == {name: set() for name in FOR_ALL}


def test_every_folder_of_the_package_is_a_known_room() -> None:
    folders = {path.parent.relative_to(PACKAGE).parts[0] for path in PACKAGE.rglob("*/*.py")}
    assert folders <= set(ROOMS)


@pytest.mark.parametrize("room", WITHOUT_CLOCK)
def test_nothing_on_the_packets_path_can_ask_the_clock(room: str) -> None:
    found = {source.name: CLOCKS & imports_of(source) for source in sources(room)}
    assert {name: clocks for name, clocks in found.items() if clocks} == {}


@pytest.mark.parametrize("room", COMPILED)
def test_no_attribute_becomes_a_keyword_of_the_c_compiler(room: str) -> None:
    nodes = [node for source in sources(room) for node in ast.walk(ast.parse(source.read_text()))]
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert attributes & WORDS_OF_C == set()


def test_a_run_without_http_imports_nothing_of_it() -> None:
    """What serves it takes 100 ms to import."""
    program = (
        "import sys, tcpkit.online; print(*sorted({'h11', 'prometheus_client'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, check=True
    )
    assert done.stdout == b"\n"


def test_the_check_sees_relative_and_local_imports() -> None:
    text = "from . import link\nfrom ..server import stats\ndef f():\n    import time, tcpkit.app\n"
    names = set(imported(text, "tcpkit.wire"))
    assert own(names) == {"wire", "server", "app"}
    assert "time" in names
