"""Prometheus's own tool reads the configuration, the rules and what the rules shall say."""

from tests.deploy.files import DEPLOY, tool_run

FOLDER = DEPLOY / "prometheus"


def test_promtool_takes_the_configuration_with_its_rules_and_targets() -> None:
    outcome = tool_run("promtool", "check", "config", "prometheus.yml", cwd=FOLDER)
    assert outcome.status == 0, outcome
    assert "2 rule files found" in outcome.out


def test_promtool_has_nothing_to_say_against_the_rules() -> None:
    outcome = tool_run(
        "promtool", "check", "rules", "--lint-fatal", "rules.yml", "alerts.yml", cwd=FOLDER
    )
    assert outcome.status == 0, outcome


def test_rules_and_alerts_say_what_they_shall_of_three_tracers() -> None:
    outcome = tool_run("promtool", "test", "rules", "rules.test.yml", cwd=FOLDER)
    assert outcome.status == 0, outcome
    assert "SUCCESS" in outcome.out + outcome.err
