"""`--http` on the command line."""

import pytest

from tcpkit.errors import ConfigError
from tcpkit.options import parse

LIVE = ("-i", "lo", "-m", "redis")


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("9100", ("127.0.0.1", 9100)),
        ("0.0.0.0:9100", ("0.0.0.0", 9100)),
        ("127.0.0.2:1", ("127.0.0.2", 1)),
        ("[::1]:9100", ("::1", 9100)),
        ("[0:0::1]:9100", ("::1", 9100)),
        ("[::]:65535", ("::", 65535)),
    ],
)
def test_address_is_that_of_the_loopback_unless_it_is_given(
    text: str, endpoint: tuple[str, int]
) -> None:
    assert parse([*LIVE, "--http", text]).http == endpoint


def test_it_is_off_by_default() -> None:
    assert parse(LIVE).http is None


@pytest.mark.parametrize(
    "text",
    ["", "0", "65536", "x", ":9100", "localhost:9100", "::1:9100", "[::1]", "::1", "[127.0.0.1]:1",
     "[::1]9100", "127.0.0.1:", "127.0.0.1:0", "[fe80::1%lo]:9100", "9100 ", "-1"],
)  # fmt: skip
def test_what_is_no_address_and_port_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--http"):
        parse([*LIVE, f"--http={text}"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-r", "x.pcap", "-m", "redis"), "--http needs -i"),
        (("-i", "lo"), "--http needs a protocol"),
        (("trace", *LIVE), "trace does not take --http"),
        (("top", *LIVE, "--once"), "top does not take --http"),
    ],
)
def test_runs_that_it_does_not_go_with_say_so(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse([*arguments, "--http", "9100"])


@pytest.mark.parametrize(
    ("http", "bind", "meets"),
    [
        ("33333", "0.0.0.0", True),
        ("33333", "127.0.0.1", True),
        ("33333", "127.0.0.2", False),
        ("0.0.0.0:33333", "10.0.0.1", True),
        ("[::1]:33333", "0.0.0.0", False),
        ("[::1]:33333", "::", True),
        ("33334", "0.0.0.0", False),
    ],
)
def test_stats_port_and_http_may_not_meet(http: str, bind: str, meets: bool) -> None:
    arguments = [*LIVE, "--http", http, "--bind", bind]
    if not meets:
        assert parse(arguments).http is not None
        return
    with pytest.raises(ConfigError, match="is taken by the stats port"):
        parse(arguments)
    assert parse([*arguments, "-P", "0"]).http is not None
