"""What is installed is what the sources say, in the build that is under test."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import tcpkit
from tcpkit.installation import build_kind, is_compiled, scripts_folder

PACKAGE = Path(tcpkit.__file__).parent
COMPILED_ROOMS = ("capture", "wire", "flow", "script", "protocols", "metrics", "sinks")
ALWAYS_INTERPRETED = {"tcpkit.capture.live", "tcpkit.wire.slow_path"}


def module_names(folder: Path) -> set[str]:
    """The modules with a source below `folder`, packages left out."""
    sources = (path for path in folder.rglob("*.py") if path.name != "__init__.py")
    return {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in sources}


def runs_from_source(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return spec.origin.endswith(".py")


def test_all_modules_on_the_packets_path_are_of_one_build() -> None:
    path = set().union(*(module_names(PACKAGE / room) for room in COMPILED_ROOMS))
    interpreted = {name for name in path if runs_from_source(name)}
    assert interpreted == (path & ALWAYS_INTERPRETED if is_compiled() else path)


def test_everything_else_is_interpreted() -> None:
    path = set().union(*(module_names(PACKAGE / room) for room in COMPILED_ROOMS))
    assert all(runs_from_source(name) for name in module_names(PACKAGE) - path)


def test_scripts_travel_with_the_package() -> None:
    assert (scripts_folder() / "example.lua").is_file()
    assert (scripts_folder() / "protocols" / "mysql.lua").is_file()


def test_version_option_tells_version_and_build() -> None:
    command = [sys.executable, "-m", "tcpkit", "-v"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert tcpkit.__version__ in told
    assert build_kind() in told
