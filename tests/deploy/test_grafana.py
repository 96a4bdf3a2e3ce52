"""The dashboard asks a Prometheus only what it can answer, and its panels have room."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Final, TypedDict

import pytest

from tests.deploy.files import DEPLOY
from tests.deploy.metrics import METRICS, labels_asked, labels_kept, labels_of, names_in
from tests.deploy.prometheus import Prometheus, prometheus_running


class Place(TypedDict):
    """In a grid that is 24 wide."""

    x: int
    y: int
    w: int
    h: int


class Target(TypedDict):
    refId: str
    expr: str


class Panel(TypedDict):
    id: int
    type: str
    title: str
    gridPos: Place
    targets: list[Target]


class Variable(TypedDict):
    name: str
    type: str
    definition: str


class Variables(TypedDict):
    list: list[Variable]


class Dashboard(TypedDict):
    uid: str
    title: str
    schemaVersion: int
    templating: Variables
    panels: list[Panel]


TEXT: Final = (DEPLOY / "grafana" / "tcpkit.json").read_text()
DASHBOARD: Final[Dashboard] = json.loads(TEXT)
PANELS: Final = DASHBOARD["panels"]
ASKING: Final = [panel for panel in PANELS if panel["type"] != "row"]
EXPRESSIONS: Final = [
    target["expr"].replace("$__rate_interval", "5m")
    for panel in ASKING
    for target in panel["targets"]
]
VARIABLES: Final = {each["name"]: each for each in DASHBOARD["templating"]["list"]}


@pytest.fixture(scope="module")
def prometheus() -> Iterator[Prometheus]:
    with prometheus_running() as running:
        yield running


def substituted(expression: str) -> str:
    """As Grafana sends it where everything is chosen."""
    return re.sub(r"\$\w+", ".*", expression)


def test_every_expression_is_understood_by_prometheus(prometheus: Prometheus) -> None:
    for expression in EXPRESSIONS:
        prometheus.query(substituted(expression))


def test_an_expression_that_is_none_would_be_found(prometheus: Prometheus) -> None:
    with pytest.raises(ValueError, match="parse error"):
        prometheus.query("sum by (le) rate(tcpkit_requests_total[5m])")


def test_only_metrics_and_rules_that_exist_are_asked_for(prometheus: Prometheus) -> None:
    recorded = {rule["name"] for rule in prometheus.rules() if rule["type"] == "recording"}
    asked = names_in(TEXT)
    assert asked - recorded - set(METRICS) == set()
    assert len(asked & recorded) >= 4


def test_the_rules_stand_on_metrics_and_rules_that_exist(prometheus: Prometheus) -> None:
    rules = prometheus.rules()
    recorded = {rule["name"] for rule in rules if rule["type"] == "recording"}
    asked = set().union(*(names_in(rule["query"]) for rule in rules))
    assert asked - recorded - set(METRICS) == set()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_only_labels_that_exist_are_asked_for(expression: str) -> None:
    wrong = [each for each in labels_asked(expression) if each[1] not in labels_of(each[0])]
    assert wrong == []
    common = frozenset.intersection(*map(labels_of, names_in(expression) or METRICS))
    assert labels_kept(expression) <= common


def test_variables_that_are_asked_with_are_defined() -> None:
    used = set(re.findall(r"\$\{?(\w+)", TEXT)) - {"__rate_interval", "__all"}
    assert used == set(VARIABLES)
    assert list(VARIABLES) == ["datasource", "job", "instance", "protocol", "server", "command"]


def test_every_panel_takes_the_chosen_data_source() -> None:
    sources = re.findall(r'"uid": "([^"]+)"', TEXT)
    assert set(sources) == {"${datasource}", DASHBOARD["uid"]}


def test_panels_have_ids_and_titles_of_their_own() -> None:
    for of_each in ([panel["id"] for panel in PANELS], [panel["title"] for panel in PANELS]):
        assert len(of_each) == len(set(of_each))


def test_targets_of_a_panel_are_told_apart() -> None:
    for panel in ASKING:
        letters = [target["refId"] for target in panel["targets"]]
        assert letters
        assert len(letters) == len(set(letters)), panel["title"]


def test_panels_lie_in_the_grid_and_none_on_another() -> None:
    for panel in PANELS:
        place = panel["gridPos"]
        assert 0 <= place["x"] < place["x"] + place["w"] <= 24, panel["title"]
        assert place["h"] > 0
    for one, other in combinations(PANELS, 2):
        a, b = one["gridPos"], other["gridPos"]
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        below = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or below, (one["title"], other["title"])
