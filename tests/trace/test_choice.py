"""--client, --key and --command choose what is shown."""

import pytest

from tests.trace.traced import events, exchanges, trace_lines


def shown(*options: str, capture: str = "redis/slow.pcap", mode: str = "redis") -> list[str]:
    return [each.rest for each in exchanges(trace_lines(capture, mode, *options))]


def test_a_client_is_chosen_by_address_and_port() -> None:
    lines = trace_lines("redis/slow.pcap", "redis", "--client", "10.0.0.1:59828")
    every = trace_lines("redis/slow.pcap", "redis")

    assert [line for line in lines[1:] if "10.0.0.1:59828" not in line] == []
    assert lines[1:] == [line for line in every if "10.0.0.1:59828" in line]
    assert trace_lines("redis/slow.pcap", "redis", "--client", "10.0.0.1") == every
    assert trace_lines("redis/slow.pcap", "redis", "--client", "10.0.0.9,10.0.0.1") == every
    assert trace_lines("redis/slow.pcap", "redis", "--client", "10.0.0.9") == []


def test_keys_are_chosen_by_a_pattern() -> None:
    every = shown()

    assert shown("--key", "user:1004") == [rest for rest in every if " user:1004 " in f"{rest} "]
    stats = [rest for rest in every if rest.startswith("HINCRBY user:")]
    assert shown("--key", "user:*:stats") == stats != []


def test_a_request_without_a_key_has_none_that_fits() -> None:
    assert [rest for rest in shown("--key", "*") if rest.startswith(("DEBUG", "KEYS"))] == []


def test_commands_are_chosen_by_name_in_any_case() -> None:
    every = shown()

    assert shown("--command", "get") == [rest for rest in every if rest.startswith("GET ")]
    both = [rest for rest in every if rest.startswith(("GET ", "KEYS "))]
    assert shown("--command", "Get,KEYS") == both


@pytest.mark.parametrize(
    ("names", "count"), [("config", 4), ("config get", 2), ("CONFIG SET,acl whoami", 4)]
)
def test_a_container_is_chosen_by_its_first_word_or_both(names: str, count: int) -> None:
    chosen = shown("--command", names, capture="redis/auth.pcap")

    every = shown(capture="redis/auth.pcap")
    wanted = tuple(name.strip().upper() for name in names.split(","))
    assert chosen == [rest for rest in every if rest.upper().startswith(wanted)]
    assert len(chosen) == count


def test_names_are_chosen_whatever_the_case_of_their_letters() -> None:
    found = [
        event["key"]
        for event in events("dns/resolver.pcap", "dns", "--key", "WWW.example")
        if event["event"] == "exchange"
    ]

    assert {str(key).lower() for key in found} == {"www.example"}
    assert len({str(key) for key in found}) > 1


def test_a_connection_is_told_only_where_one_of_its_requests_is_chosen() -> None:
    lines = trace_lines("redis/slow.pcap", "redis", "--command", "eval")
    client = exchanges(lines)[0].who

    assert len(exchanges(lines)) == 1
    assert [line for line in lines[1:] if client not in line] == []
    assert " connected to 10.0.0.2:6379 in " in lines[1]
    assert " closed by the client after " in lines[-1]
    assert len(lines) == 4


def test_with_a_threshold_too_a_start_comes_before_the_first_request_that_is_shown() -> None:
    lines = trace_lines("redis/slow.pcap", "redis", "-t", "1000")

    assert lines == []
