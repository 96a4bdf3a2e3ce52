"""What this installation is: compiled or interpreted, and where its Lua scripts are."""

import platform
from pathlib import Path

import tcpkit.wire.segment as _on_the_packets_path


def is_compiled() -> bool:
    """Whether the packet's path runs as machine code. Both builds give the same results."""
    return not str(_on_the_packets_path.__file__).endswith(".py")


def build_kind() -> str:
    """`compiled` or `interpreted`."""
    return "compiled" if is_compiled() else "interpreted"


def describe() -> str:
    """What `-v` says beside the version: the build, and the Python it runs on."""
    return f"{build_kind()}, {platform.python_implementation()} {platform.python_version()}"


def scripts_folder() -> Path:
    """Where the packaged scripts are: inside an installed package, beside a source tree."""
    package = Path(__file__).resolve().parent
    installed = package / "scripts"
    return installed if installed.is_dir() else package.parent / "scripts"
