"""What limits the numbers is said, each in a sentence, and nothing where nothing does."""

import pytest

from tcpkit.page.verdict import verdict_of
from tests.page.models import Fields, column, model, slow_request

MANY = [column(0, {0.1: 5_000})]


def doubts(of: Fields) -> str:
    return " ".join(verdict_of(of, 0).doubts)


def test_a_whole_capture_without_slow_requests_has_none() -> None:
    assert doubts(model(MANY, threshold_ms=10)) == ""


@pytest.mark.parametrize(
    ("accuracy", "said"),
    [
        ({"dropped": {"kernel": 3, "interface": 4}}, "dropped 7 packets: counts are a lower bound"),
        ({"unpaired": {"lost in step": 2, "request lost": 3}}, "5 requests and replies could not"),
        ({"unpaired": {"lost in step": 1}}, "1 request or reply could not"),
        ({"exact": 75, "inferred": 25}, "25 % of the pairs are inferred"),
        ({"unanswered": 2}, "2 requests still waited at the end"),
        ({"encrypted": 1}, "Not read: 1 connection encrypted"),
        ({"not the protocol": 2}, "Not read: 2 connections not the protocol"),
    ],
)
def test_each_doubt_of_the_pairing_is_told(accuracy: dict[str, object], said: str) -> None:
    assert said in doubts(model(MANY, threshold_ms=10, accuracy=accuracy))


@pytest.mark.parametrize(
    ("room", "name", "said"),
    [
        ("flow", "gaps", "missing from the capture in 3 places"),
        ("wire", "cut payloads", "The snap length cut 3 packets"),
    ],
)
def test_each_doubt_of_the_capture_is_told(room: str, name: str, said: str) -> None:
    assert said in doubts(model(MANY, threshold_ms=10, counters=[(room, {name: 3})]))


@pytest.mark.parametrize(
    ("requests", "said"),
    [
        (99, "Only 99 requests: p99 and p99.9 are no more than the longest."),
        (100, "Only 100 requests: p99.9 is no more than the longest."),
        (999, "Only 999 requests: p99.9 is no more than the longest."),
        (1000, ""),
    ],
)
def test_few_requests_have_no_far_percentiles(requests: int, said: str) -> None:
    assert doubts(model([column(0, {0.1: requests})], threshold_ms=10)) == said


def test_coordinated_omission_is_told_where_something_was_slow() -> None:
    slow = model([column(0, {0.1: 5_000, 50: 1}, slow=1)], [slow_request()], threshold_ms=10)

    assert "(coordinated omission)" in doubts(slow)
