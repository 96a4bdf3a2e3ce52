"""Compiles the packet's path with mypyc; the rest of the build is in pyproject.toml.

The same text runs interpreted, so a machine without a C compiler gets a pure Python
installation, and a warning that says why. TCPKIT_COMPILE=0 asks for that one;
TCPKIT_COMPILE=1 makes anything that stands in the compiled one's way an error.
"""

import os
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CompileError, LinkError

# After setuptools, which provides it where Python itself no longer does.
from distutils.ccompiler import new_compiler  # isort: skip
from distutils.sysconfig import customize_compiler  # isort: skip

HERE = Path(__file__).resolve().parent
ROOMS = ("capture", "wire", "flow", "script", "protocols", "metrics", "sinks")
# pypcap and dpkt have no types to compile against, and neither is on the fast path.
INTERPRETED = {"tcpkit/capture/live.py", "tcpkit/wire/slow_path.py"}
COMMANDS_THAT_COMPILE = {
    "build",
    "build_ext",
    "bdist_wheel",
    "develop",
    "editable_wheel",
    "install",
}
WISH = os.environ.get("TCPKIT_COMPILE", "")
BUILD_ERRORS = (BaseError, CompileError, LinkError, OSError)


def compiled_modules() -> list[str]:
    """Every module of the rooms on the packet's path, relative to this file."""
    found = (
        path.relative_to(HERE).as_posix()
        for room in ROOMS
        for path in (HERE / "tcpkit" / room).rglob("*.py")
        if path.name != "__init__.py"
    )
    return sorted(set(found) - INTERPRETED)


def without_machine_code(reason: str) -> None:
    """Say that the installation will be interpreted, or fail if that is not wanted."""
    if WISH == "1":
        raise SystemExit(f"tcpkit: error: TCPKIT_COMPILE=1, but {reason}")
    print(
        f"tcpkit: warning: {reason}: installing the interpreted build (same results, slower)",
        file=sys.stderr,
    )


def compiler_fault() -> str | None:
    """Why C extensions for this Python cannot be built here; None if they can. Tried out."""
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder, "probe.c")
        probe.write_text(
            "#include <Python.h>\nint tcpkit_probe(void) { return PY_MAJOR_VERSION; }\n"
        )
        includes = {sysconfig.get_path("include"), sysconfig.get_path("platinclude")}
        try:
            compiler = new_compiler()
            customize_compiler(compiler)
            compiler.compile([str(probe)], output_dir=folder, include_dirs=sorted(includes))
        except BUILD_ERRORS as error:
            return f"no working C compiler with Python's headers was found ({error})"
    return None


def extensions() -> list[Extension]:
    """The packet's path as one mypyc group; nothing where it cannot or shall not be compiled."""
    if WISH == "0" or not COMMANDS_THAT_COMPILE & set(sys.argv):
        return []
    fault = compiler_fault()
    if fault is None:
        try:
            from mypyc.build import mypycify
        except ImportError:
            fault = "mypyc is not installed"
    if fault is not None:
        without_machine_code(fault)
        return []
    # The project's own mypy settings are stricter than what compiling needs.
    options = ["--config-file=", "--ignore-missing-imports"]
    found = mypycify(
        [*options, *compiled_modules()], opt_level="3", debug_level="0", group_name="tcpkit"
    )
    for extension in found:
        # Without it nothing is inlined: every function could be replaced when it is loaded.
        extension.extra_compile_args.append("-fno-semantic-interposition")
    return found


class BuildExtOrNot(build_ext):
    """Falls back to the interpreted build where the C compiler gives up."""

    def run(self) -> None:
        try:
            super().run()
        except BUILD_ERRORS as error:
            without_machine_code(f"the C compiler failed ({error})")
            for extension in self.extensions:
                Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)
            self.extensions = self.distribution.ext_modules = []


os.chdir(HERE)
setup(
    packages=[*find_packages(include=["tcpkit", "tcpkit.*"]), "tcpkit.scripts"],
    package_dir={"tcpkit.scripts": "scripts"},
    package_data={
        "tcpkit": ["py.typed"],
        "tcpkit.script": ["*.lua"],
        "tcpkit.page": ["assets/*"],
        "tcpkit.scripts": ["*.lua", "protocols/*.lua"],
    },
    include_package_data=False,
    ext_modules=extensions(),
    cmdclass={"build_ext": BuildExtOrNot},
)
