"""systemd takes the units, finds little to say against them, and the two say the same."""

import re
import shlex
from pathlib import Path

import pytest

from tcpkit.options import parse
from tests.deploy.files import DEPLOY, tool_run

FOLDER = DEPLOY / "systemd"
UNITS = {"tcpkit.service": "tcpkit.service", "tcpkit@.service": "tcpkit@dns.service"}
MOST_EXPOSED = 2.0  # of 10; a service without any hardening has 9.6


def settings(name: str) -> list[str]:
    """The lines of a unit that say something."""
    return re.findall(r"^\w+=.*$", (FOLDER / name).read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", UNITS)
def test_systemd_verifies_the_unit(name: str, tmp_path: Path) -> None:
    # It looks for the program, which is not installed here.
    text = (FOLDER / name).read_text()
    assert text.count("ExecStart=/usr/bin/tcpkit ") == 1
    (tmp_path / name).write_text(text.replace("/usr/bin/tcpkit", "/bin/true"))
    outcome = tool_run("systemd-analyze", "verify", "--man=no", tmp_path / UNITS[name])
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "")


@pytest.mark.parametrize("name", UNITS)
def test_little_of_the_host_is_exposed_to_the_service(name: str) -> None:
    outcome = tool_run(
        *("systemd-analyze", "security", "--offline=yes", "--no-pager"),
        f"--threshold={MOST_EXPOSED * 10:.0f}",
        FOLDER / name,
    )
    found = re.search(r"Overall exposure level for \S+: (\d+\.\d)", outcome.out)
    assert found, outcome
    assert float(found[1]) <= MOST_EXPOSED
    assert outcome.status == 0


def test_the_only_right_is_to_capture() -> None:
    lines = settings("tcpkit.service")
    assert [line for line in lines if "CAP_" in line] == [
        "AmbientCapabilities=CAP_NET_RAW",
        "CapabilityBoundingSet=CAP_NET_RAW",
    ]


def test_the_template_differs_in_the_names_alone() -> None:
    one, other = settings("tcpkit.service"), settings("tcpkit@.service")
    differing = [line for line in other if line not in one]
    assert all("%i" in line for line in differing)
    assert [re.sub(r"-%i$| \(%i\)$", "", line) for line in other] == one


def test_the_options_that_are_shipped_are_ones_that_tcpkit_takes() -> None:
    [line] = re.findall(r'^TCPKIT_OPTIONS="(.*)"$', (FOLDER / "tcpkit.default").read_text(), re.M)
    config = parse(shlex.split(line))
    assert (config.interface, config.mode, config.stats_port) == ("any", "redis", 0)
    assert not config.daemon
