"""The package for Debian: built from the wheel, looked into, unpacked and used."""

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import tcpkit
from tests.deploy.files import DEADLINE_S, DEPLOY, ROOT, tool_run
from tests.program import tcpkit_run

CAPTURE = ROOT / "pcaps" / "redis" / "slow.pcap"


@dataclass(frozen=True)
class Package:
    """A package, and the folder into which it was unpacked."""

    file: Path
    root: Path

    def control(self, field: str) -> str:
        return tool_run("dpkg-deb", "--field", self.file, field).out.strip()

    def tcpkit_run(self, *arguments: str | Path) -> tuple[int, str]:
        """Its own program with its own interpreter, whatever is installed here."""
        home = self.root / "usr/lib/tcpkit"
        outcome = tool_run(home / "bin/python", "-I", home / "bin/tcpkit", *arguments)
        return outcome.status, outcome.out


def wheel() -> Path:
    """The one that `make` has built, or that TCPKIT_WHEEL names."""
    named = os.environ.get("TCPKIT_WHEEL")
    found = [Path(named)] if named else sorted((ROOT / "build" / "wheel").glob("tcpkit-*.whl"))
    assert found, "no wheel in build/wheel: `make run` builds it, or TCPKIT_WHEEL names one"
    return found[0]


def interpreter() -> str:
    """Debian's Python where it is of our version, else the one that runs this."""
    debians = Path(f"/usr/bin/python{sysconfig.get_python_version()}")
    own = Path(sys.base_prefix, "bin", debians.name)
    return str(debians if debians.exists() else own)


@pytest.fixture(scope="module")
def package() -> Iterator[Package]:
    with TemporaryDirectory(prefix="tcpkit-deb-") as name:
        folder = Path(name)
        done = subprocess.run(
            [DEPLOY / "deb" / "build", wheel(), folder],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={**os.environ, "PIP": f"{sys.executable} -m pip", "PYTHON": interpreter()},
            timeout=DEADLINE_S,
            check=False,
        )
        assert done.returncode == 0, done
        file = Path(done.stdout.splitlines()[-1])
        unpacked = tool_run("dpkg-deb", "--extract", file, folder / "root")
        assert unpacked.status == 0, unpacked
        yield Package(file, folder / "root")


def test_the_package_tells_what_it_is_and_needs(package: Package) -> None:
    architecture = tool_run("dpkg", "--print-architecture").out.strip()
    assert package.file.name == f"tcpkit_{tcpkit.__version__}_{architecture}.deb"
    assert package.control("Package") == "tcpkit"
    assert package.control("Version") == tcpkit.__version__
    assert package.control("Architecture") == architecture
    assert "libpcap0.8" in package.control("Depends")
    assert package.control("Description").startswith("latency of ")


def test_it_runs_by_itself_and_is_the_build_that_was_packed(package: Package) -> None:
    status, told = package.tcpkit_run("-v")
    assert status == 0
    assert tcpkit.__version__ in told
    assert ("compiled" in told) == ("-none-any" not in wheel().name), told


def test_it_traces_a_capture_as_the_build_under_test_does(package: Package) -> None:
    arguments = ("-r", CAPTURE, "-m", "redis", "-j", "-q")
    status, log = package.tcpkit_run(*arguments)
    assert status == 0
    assert log == tcpkit_run(*arguments).out
    assert log.count("\n") == 225


def test_live_capture_is_in_it(package: Package) -> None:
    status, _ = package.tcpkit_run("-i", "no-such-interface", "-m", "redis")
    assert status == 1  # 2 where pypcap is missing


def test_what_http_and_otlp_need_is_in_it(package: Package) -> None:
    python = package.root / "usr/lib/tcpkit/bin/python"
    modules = "prometheus_client, h11, opentelemetry.sdk, opentelemetry.exporter.otlp.proto.http"
    outcome = tool_run(python, "-I", "-c", f"import {modules}")
    assert outcome.status == 0, outcome


def test_the_command_the_units_and_the_options_are_in_their_places(package: Package) -> None:
    root = package.root
    link = root / "usr/bin/tcpkit"
    assert link.resolve() == (root / "usr/lib/tcpkit/bin/tcpkit").resolve()
    assert link.read_text().startswith("#!/usr/lib/tcpkit/bin/python -I\n")
    assert os.access(link, os.X_OK)
    for name in ("tcpkit.service", "tcpkit@.service"):
        installed = root / "usr/lib/systemd/system" / name
        assert installed.read_text() == (DEPLOY / "systemd" / name).read_text()
    options = (DEPLOY / "systemd" / "tcpkit.default").read_text()
    assert (root / "etc/default/tcpkit").read_text() == options
    assert tool_run("dpkg-deb", "--info", package.file, "conffiles").out == "/etc/default/tcpkit\n"
    for name in ("copyright", "changelog.gz", "stats.md"):
        assert (root / "usr/share/doc/tcpkit" / name).is_file()


def test_dpkg_finds_every_file_as_it_was_packed(package: Package, tmp_path: Path) -> None:
    assert tool_run("dpkg-deb", "--control", package.file, tmp_path / "control").status == 0
    sums = tmp_path / "control" / "md5sums"
    checked = tool_run("md5sum", "--check", "--quiet", "--strict", sums, cwd=package.root)
    assert checked.status == 0, checked
    for script in ("postinst", "prerm", "postrm"):
        assert tool_run("sh", "-n", tmp_path / "control" / script).status == 0


def test_all_files_are_roots_and_nobody_else_may_write(package: Package) -> None:
    for line in tool_run("dpkg-deb", "--contents", package.file).out.splitlines():
        assert re.match(r"(l|[-d]rwxr-xr-x|-rw-r--r--)\S* root/root ", line), line


def test_no_file_names_the_folder_of_the_build(package: Package) -> None:
    own = [path for path in package.root.rglob("*") if path.is_file() and not path.is_symlink()]
    text = [path for path in own if path.suffix in {".cfg", ".json", ".pyc", ""}]
    assert len(text) > 1000
    assert [path for path in text if b"/root/usr/lib" in path.read_bytes()] == []


def test_without_a_wheel_one_line_says_so(tmp_path: Path) -> None:
    outcome = tool_run(DEPLOY / "deb" / "build", tmp_path / "none.whl", tmp_path)
    assert outcome.status == 1
    assert outcome.err.count("\n") == 1
    assert "no wheel at" in outcome.err
