"""The verdict: each number in it is one that the model has, and what is not known is said."""

import pytest

from tcpkit.page.verdict import Verdict, verdict_of
from tests.page.models import MS, Fields, column, model, slow_request


def told(of: Fields, offset_s: int = 0) -> Verdict:
    return verdict_of(of, offset_s)


def answer(verdict: Verdict, question: str) -> str:
    """The few words and the sentence."""
    return next(
        f"{each.short} {each.more}" for each in verdict.answers if each.question == question
    )


def minute(slow: dict[int, int], usual: int = 100) -> list[Fields]:
    """60 columns of a second; `slow` tells how many took 50 ms in which."""
    return [
        column(place, {0.1: usual, **({50: slow[place]} if place in slow else {})}, slow.get(place, 0))
        for place in range(60)
    ]


def test_nothing_seen_is_not_called_fast() -> None:
    verdict = told(model())

    assert verdict.level == "unseen"
    assert [each.short for each in verdict.answers] == ["Not known: nothing was timed."]
    assert "port 6379" in verdict.answers[0].more


def test_a_run_without_slow_ones_is_good_by_the_given_limit() -> None:
    total = {"p50_ns": MS // 10, "max_ns": MS // 10}

    verdict = told(model(minute({}), threshold_ms=10, total=total))

    assert verdict.level == "good"
    assert answer(verdict, "Was it slow?").startswith(
        "No. None of 6,000 requests took 10.0 ms or more. Half took at most 100 us"
    )


def test_without_a_limit_the_page_says_by_what_it_judged() -> None:
    total = {"p50_ns": 300_000}

    verdict = told(model(minute({30: 7}), [slow_request()], total=total))

    said = answer(verdict, "Was it slow?")
    assert said.startswith("A few requests stand out. 7 of 6,007 requests (0.12 %) took more than")
    assert "more than 3.00 ms" in said  # ten times the median
    assert "No limit was given with -t" in said


def test_the_limit_is_at_least_a_millisecond() -> None:
    verdict = told(model(minute({}), total={"p50_ns": 10_000}))

    assert "took more than 1.00 ms" in answer(verdict, "Was it slow?")


def test_when_is_the_burst_in_which_the_waiting_was() -> None:
    verdict = told(model(minute({30: 7, 31: 9}), [slow_request()], threshold_ms=10))

    said = answer(verdict, "When?")
    assert said.startswith("08:00:30 to 08:00:32 16 of 16, and all of the waiting")
    assert "in 2.00 s of 60.0 s" in said


def test_times_are_told_at_the_offset_from_utc() -> None:
    verdict = told(model(minute({30: 7}), [slow_request()], threshold_ms=10), 5 * 3600 + 1800)

    assert answer(verdict, "When?").startswith("13:30:30 to 13:30:31")


def test_several_bursts_are_told_one_by_one() -> None:
    verdict = told(model(minute({10: 5, 40: 6}), [slow_request()], threshold_ms=10))

    said = answer(verdict, "When?")
    assert said.startswith("2 bursts, 08:00:10 to 08:00:41")
    assert "at 08:00:10 (5) and 08:00:40 (6)" in said


def test_slow_all_the_time_is_no_burst() -> None:
    verdict = told(model(minute(dict.fromkeys(range(60), 1)), [slow_request()], threshold_ms=10))

    assert answer(verdict, "When?").startswith("All through the 60.0 s In 60 of 60 intervals")


def test_timeouts_alone_are_a_yes() -> None:
    columns = [column(0, {0.1: 500}), column(11, {}, timeouts=3)]

    verdict = told(model(columns, [slow_request(latency_ms=None)], threshold_ms=10))

    said = answer(verdict, "Was it slow?")
    assert said.startswith("Yes: replies did not come in time. 3 got no reply within 10.0 s.")
    assert "3 of 3" in answer(verdict, "When?")


def test_many_and_few_are_different_levels() -> None:
    few = model(minute({1: 1}), [slow_request()], threshold_ms=10)
    many = model(minute({1: 600}), [slow_request()], threshold_ms=10)

    assert (told(few).level, told(many).level) == ("some", "bad")


def test_for_whom_counts_clients_and_commands_of_the_slow_ones_only() -> None:
    slowest = [
        slow_request("GET a", client="10.0.0.7:1"),
        slow_request("GET b", client="10.0.0.7:2"),
        slow_request("SET c", client="[fd00::1]:3"),
        slow_request("PING", client="10.0.0.9:4", latency_ms=0.1),
    ]

    said = answer(told(model(minute({3: 3}), slowest, threshold_ms=10)), "For whom?")

    assert said == (
        "Mostly GET from mostly 10.0.0.7 Of the 3 slowest: 10.0.0.7 2, fd00::1 1; GET 2, SET 1."
    )


def test_a_reason_that_most_have_is_named() -> None:
    slowest = [
        *(
            slow_request(f"GET {n}", reason=f"queued 4{n}.9 ms behind KEYS *", queue_ms=45)
            for n in range(3)
        ),
        slow_request("SET x", latency_ms=11),
    ]

    said = answer(told(model(minute({3: 4}), slowest, threshold_ms=10)), "Why?")

    assert said.startswith("Mostly: waited on their connection behind KEYS *")
    assert "behind KEYS * 93 % (3); no reason proven 6.8 % (1)" in said
    assert "Of 161 ms in all: queued on the connection 84 % and the server's turn 16 %" in said


def test_a_command_of_another_connection_is_named_as_not_proven() -> None:
    keys = slow_request("KEYS *", client="10.0.0.9:1", sent_ms=0, latency_ms=90)
    waiting = [
        slow_request(f"GET {n}", client=f"10.0.0.1:{n + 1}", sent_ms=10, latency_ms=81)
        for n in range(5)
    ]

    said = answer(told(model(minute({0: 6}), [keys, *waiting], threshold_ms=10)), "Why?")

    assert said.startswith("Not proven, but most waited while KEYS ran")
    assert "(5)" in said


@pytest.mark.parametrize(
    ("sent_ms", "latency_ms"),
    [
        (-50, 20),  # over before
        (20, 100),  # sent later
        (0, 200),  # answered later
        (-60, 90),  # took less than half of it
    ],
)
def test_what_cannot_have_held_it_up_is_not_named(sent_ms: float, latency_ms: float) -> None:
    other = slow_request("KEYS *", client="10.0.0.9:1", sent_ms=sent_ms, latency_ms=latency_ms)
    request = slow_request("GET a", sent_ms=10, latency_ms=80)

    said = answer(told(model(minute({0: 2}), [request, other], threshold_ms=10)), "Why?")

    assert "none proven, but" not in said
    assert said.startswith("No reason is proven")


def test_reasons_that_were_not_looked_for_are_no_missing_reasons() -> None:
    of = model(minute({3: 1}), [slow_request()], threshold_ms=10, explains=False)

    assert answer(told(of), "Why?").startswith("Not looked for.")


def test_live_numbers_since_the_start_are_told_apart_from_those_of_the_map() -> None:
    of = model(minute({3: 1}), [slow_request()], threshold_ms=10, kind="live")

    said = answer(told(of), "Was it slow?")

    assert "1 of 6,001 requests" in said
    assert "Since the start, half took" in said
