"""The report in a browser: what is shown is what the log of the same capture says."""

import json
from collections import Counter
from pathlib import Path
from typing import cast

import pytest
from selenium.webdriver.common.keys import Keys

from tcpkit.page import report_page
from tests.browser.browser import Browser
from tests.goldens import PCAPS
from tests.program import tcpkit_run
from tests.test_overview import Line

SLOW = PCAPS / "redis" / "slow.pcap"
EVIL = "</script><script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"


def report_of(capture: Path, folder: Path, *options: str) -> Path:
    page = folder / "report.html"
    done = tcpkit_run("report", "-r", capture, "-m", capture.parent.name, "-o", page, *options)
    assert done.status == 0, done
    return page


def lines_of(capture: Path) -> list[Line]:
    done = tcpkit_run("-r", capture, "-m", capture.parent.name, "-j", "-q", "--explain")
    return [cast(Line, json.loads(line)) for line in done.out.splitlines()]


def milliseconds(ns: int) -> str:
    return f"{ns / 1e6:,.3f}"


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    return report_of(SLOW, tmp_path, "-t", "10")


def test_the_commands_are_those_of_the_log(browser: Browser, slow: Path) -> None:
    lines = lines_of(SLOW)
    browser.open(slow)

    shown = {row["command"]: row for row in browser.table("commands")}

    assert {name: int(row["requests"]) for name, row in shown.items()} == Counter(
        line["command"] for line in lines
    )
    for name, row in shown.items():
        latencies = [line["latency_ns"] or 0 for line in lines if line["command"] == name]
        assert row["max ms"] == milliseconds(max(latencies))
        assert row["total ms"] == milliseconds(sum(latencies))
        assert int(row["slow"]) == sum(ns >= 10_000_000 for ns in latencies)


def test_the_slowest_are_those_of_the_log_in_order(browser: Browser, slow: Path) -> None:
    lines = sorted(lines_of(SLOW), key=lambda line: -(line["latency_ns"] or 0))[:20]
    browser.open(slow)

    rows = browser.table("slowest")

    assert [row["ms"] for row in rows] == [milliseconds(line["latency_ns"] or 0) for line in lines]
    told = {(row["client"], row["request"]) for row in rows}
    assert told == {(line["client"], line["request"]) for line in lines}


def test_nothing_but_the_file_is_asked_for_and_nothing_goes_wrong(
    browser: Browser, slow: Path
) -> None:
    browser.open(slow)

    outside = [url for url in browser.requested() if not url.startswith(("file:", "data:"))]

    assert outside == []
    assert browser.problems() == []


def test_a_heading_sorts_and_again_the_other_way(browser: Browser, slow: Path) -> None:
    browser.open(slow)
    head = next(each for each in browser.all("#commands th button") if each.text == "max ms")

    head.send_keys(Keys.ENTER)
    falling = [float(row["max ms"].replace(",", "")) for row in browser.table("commands")]
    head.send_keys(Keys.ENTER)
    rising = [float(row["max ms"].replace(",", "")) for row in browser.table("commands")]

    assert falling == sorted(falling, reverse=True)
    assert rising == sorted(rising)
    assert head.find_element("xpath", "..").get_attribute("aria-sort") == "ascending"


def test_all_of_a_long_table_is_shown_when_asked_for(browser: Browser, slow: Path) -> None:
    browser.open(slow)
    assert len(browser.table("slowest")) == 20

    browser.one("#slowest .more").send_keys(Keys.ENTER)

    assert len(browser.table("slowest")) == 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 375])
def test_the_page_fits_whatever_the_screen_is(
    browser: Browser, slow: Path, width: int, scheme: str
) -> None:
    browser.look(width, 800, scheme)
    browser.open(slow)

    assert browser.number("document.documentElement.scrollWidth") <= width
    assert browser.number("document.querySelector('.chart svg').getBoundingClientRect().right") <= (
        width
    )


def test_light_and_dark_differ_in_paper_and_ink(browser: Browser, slow: Path) -> None:
    seen = []
    for scheme in ("light", "dark"):
        browser.look(1400, 900, scheme)
        browser.open(slow)
        style = "getComputedStyle(document.body)"
        seen.append((browser.text(f"{style}.backgroundColor"), browser.text(f"{style}.color")))

    (light, dark_ink), (dark, light_ink) = seen
    assert light == "rgb(255, 255, 255)"
    assert _brightness(dark) < 60 < 200 < _brightness(light_ink)
    assert _brightness(dark_ink) < 60


def _brightness(colour: str) -> float:
    parts = [int(part) for part in colour.removeprefix("rgb(").rstrip(")").split(",")]
    return sum(parts) / len(parts)


def test_the_keys_walk_over_the_map_and_tell_all_requests(browser: Browser, slow: Path) -> None:
    browser.open(slow)
    picture = browser.one(".chart svg[role=img]")
    picture.send_keys(Keys.HOME)
    counted, seen = 0, ""
    while (text := browser.one(".readout").text) != seen:
        seen = text
        counted += int(text.split(": ")[1].split(" ")[0].replace(",", ""))
        picture.send_keys(Keys.ARROW_RIGHT)

    assert counted == len(lines_of(SLOW))


def test_the_first_screen_has_the_four_answers_and_the_map(browser: Browser, slow: Path) -> None:
    browser.open(slow)

    questions = [each.text for each in browser.all("#verdict h2")]

    assert questions == ["Was it slow?", "When?", "For whom?", "Why?"]
    for selector in ("#verdict", ".chart svg[role=img]"):
        box = browser.one(selector).rect
        assert 0 <= box["y"] < 900 * 2 / 3
    lines = lines_of(SLOW)
    many = sum((line["latency_ns"] or 0) >= 10_000_000 for line in lines)
    assert f"{many} of {len(lines)} requests" in browser.one("#verdict").text


def test_what_came_over_the_wire_stays_text(
    browser: Browser, slow: Path, tmp_path: Path
) -> None:
    model = json.loads(_data_of(slow))["model"]
    for row in (model["commands"][0], model["keys"]["rows"][0], model["clients"]["rows"][0]):
        row["name"] = EVIL
    for line in model["slowest"]:
        line.update(command=EVIL, request=f"GET {EVIL}\u2028<!--", reason=EVIL, client=EVIL)
    page = tmp_path / "evil.html"
    page.write_bytes(report_page(model, f"the title {EVIL}"))

    browser.open(page)

    assert browser.text("document.title") == f"the title {EVIL}"
    assert browser.number("document.images.length") == 0
    assert browser.table("commands")[0]["command"] == EVIL
    assert browser.table("keys")[0]["key"] == EVIL
    assert browser.table("slowest")[0]["request"] == f"GET {EVIL}\u2028<!--"
    assert browser.problems() == []


def test_a_script_that_got_in_all_the_same_would_not_run(
    browser: Browser, slow: Path, tmp_path: Path
) -> None:
    page = tmp_path / "broken.html"
    text = slow.read_text(encoding="utf-8")
    page.write_text(text.replace("</main>", f"</main>{EVIL}"), encoding="utf-8")

    browser.open(page)

    assert browser.text("document.title") != "run"
    assert any("Content Security Policy" in problem for problem in browser.problems())


def test_the_page_is_small(slow: Path) -> None:
    assert slow.stat().st_size < 2_000_000


def _data_of(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    return text.partition('<script id="data" type="application/json">')[2].partition("</script>")[0]
