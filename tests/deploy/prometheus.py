"""A real Prometheus, with the rules of `deploy` or without, asked over HTTP."""

import json
import shutil
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple, TypedDict

from tests.deploy.files import DEPLOY
from tests.program import DEADLINE_S, wait_until
from tests.servers import server_running

READY: Final = "Server is ready to receive web requests"
RULE_FILES: Final = ("rules.yml", "alerts.yml")


class Sample(NamedTuple):
    """One series of an answer, at the time of the question."""

    labels: dict[str, str]
    value: float


class _Series(TypedDict):
    metric: dict[str, str]
    value: tuple[float, str]


class _Data(TypedDict):
    result: list[_Series]


class _Answer(TypedDict, total=False):
    status: str
    error: str
    data: _Data


class _Rule(TypedDict):
    name: str
    query: str
    type: str
    health: str


class _Group(TypedDict):
    rules: list[_Rule]


class _Groups(TypedDict):
    groups: list[_Group]


class _RulesAnswer(TypedDict):
    data: _Groups


class Prometheus:
    """A Prometheus that answers."""

    def __init__(self, port: int) -> None:
        self.port = port

    def query(self, expression: str) -> list[Sample]:
        """What `expression` is now. ValueError, with Prometheus's words, where it is none."""
        where = "/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        answer: _Answer = json.loads(self._get(where))
        if answer["status"] != "success":
            raise ValueError(f"{answer['error']}: {expression}")
        return [
            Sample(series["metric"], float(series["value"][1]))
            for series in answer["data"]["result"]
        ]

    def value(self, expression: str) -> float:
        """The one number that `expression` is."""
        [sample] = self.query(expression)
        return sample.value

    def wait_for(self, expression: str) -> list[Sample]:
        """What `expression` is, as soon as it is something."""
        wait_until(lambda: self.query(expression) != [], expression)
        return self.query(expression)

    def rules(self) -> list[_Rule]:
        """The recording rules and alerts that it has read."""
        answer: _RulesAnswer = json.loads(self._get("/api/v1/rules"))
        return [rule for group in answer["data"]["groups"] for rule in group["rules"]]

    def _get(self, where: str) -> bytes:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        try:
            connection.request("GET", where)
            return connection.getresponse().read()
        finally:
            connection.close()


def configuration(targets: Sequence[str]) -> str:
    """The configuration of `deploy`, looked at each second, with these targets."""
    text = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
    quick = text.replace("_interval: 15s", "_interval: 1s")
    assert quick.count("_interval: 1s") == 2
    lists = "file_sd_configs:\n      - files: [targets/*.yml]\n        refresh_interval: 1m\n"
    assert lists in quick
    return quick.replace(lists, f"static_configs:\n      - targets: {json.dumps(list(targets))}\n")


@contextmanager
def prometheus_running(targets: Sequence[str] = ()) -> Iterator[Prometheus]:
    """A Prometheus with the rules of `deploy`, which scrapes `targets`; killed at the end."""
    with TemporaryDirectory(prefix="tcpkit-prometheus-") as name:
        folder = Path(name)
        (folder / "prometheus.yml").write_text(configuration(targets))
        for each in RULE_FILES:
            shutil.copy(DEPLOY / "prometheus" / each, folder)

        def command(port: int) -> tuple[str, ...]:
            return (
                *("prometheus", f"--config.file={folder}/prometheus.yml"),
                *(f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"),
            )

        with server_running(command, READY) as (port, _):
            yield Prometheus(port)
