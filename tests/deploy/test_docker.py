"""The image is made of what the build needs, and starts what tcpkit takes. No Docker needed."""

import json
import re

from tcpkit.options import parse
from tests.deploy.files import DEPLOY, ROOT, tool_run

FOLDER = DEPLOY / "docker"


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its words, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (FOLDER / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def words_of(instruction: str) -> list[str]:
    return [words for name, words in instructions() if name == instruction]


def copied() -> set[str]:
    return {source for words in words_of("COPY") for source in words.split()[:-1]}


def test_every_instruction_is_one_of_docker() -> None:
    known = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "EXPOSE", "HEALTHCHECK", "STOPSIGNAL"}
    assert {name for name, _ in instructions()} == known | {"ENV", "ENTRYPOINT", "CMD"}
    assert instructions()[0][0] == "FROM"


def test_what_is_copied_exists_and_is_all_that_is_let_in() -> None:
    lines = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in lines if line.startswith("!")}
    assert copied() == let_in
    assert [source for source in copied() if not (ROOT / source).exists()] == []


def test_what_the_build_of_the_wheel_reads_is_copied() -> None:
    settings = (ROOT / "pyproject.toml").read_text()
    [readme] = re.findall(r'^readme = "(.*)"$', settings, re.MULTILINE)
    [licences] = re.findall(r"^license-files = \[(.*)\]$", settings, re.MULTILINE)
    needed = {
        "pyproject.toml",
        "setup.py",
        "tcpkit",
        "scripts",
        readme,
        *json.loads(f"[{licences}]"),
    }
    assert needed <= copied()


def test_the_shell_takes_every_run_instruction() -> None:
    for words in words_of("RUN"):
        script = re.sub(r"^(--\S+ +)+", "", words)
        assert tool_run("sh", "-n", "-c", script).status == 0, script


def test_what_is_started_is_a_command_line_of_tcpkit_at_the_exposed_port() -> None:
    [entry], [arguments], [port] = words_of("ENTRYPOINT"), words_of("CMD"), words_of("EXPOSE")
    assert json.loads(entry) == ["tcpkit"]
    config = parse(json.loads(arguments))
    assert config.http == ("127.0.0.1", int(port))
    [check] = words_of("HEALTHCHECK")
    assert f"http://127.0.0.1:{port}/metrics" in check


def test_it_does_not_run_as_root() -> None:
    [user] = words_of("USER")
    assert user.isdigit() and int(user) > 0
    order = [name for name, _ in instructions()]
    assert order.index("USER") > len(order) - order[::-1].index("RUN") - 1
