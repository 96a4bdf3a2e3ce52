"""What a person sees and does on the screen, over captures of real servers."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from tcpkit.config import TopOptions
from tcpkit.metrics.top_row import VIEWS
from tcpkit.top.cells import share, short, span
from tcpkit.top.screen import TopScreen
from tests.build import Conversation
from tests.program import tcpkit_run
from tests.top.looking import (
    NARROW,
    PCAPS,
    WIDE,
    GrowingSource,
    Look,
    Person,
    after,
    file_source,
)
from tests.top_truth import Sums, summed

SLOW = PCAPS / "redis" / "slow.pcap"
MANY = PCAPS / "redis" / "many-connections.pcap"
ORDINARY = PCAPS / "redis" / "ordinary.pcap"
TEXT = PCAPS / "memcached" / "ordinary-text.pcap"


def truth(path: Path, view: str, mode: str = "redis") -> dict[str, Sums]:
    """The rows of a view, added up from the log."""
    return summed(tcpkit_run("-r", path, "-m", mode, "-j", "-q").out.splitlines(), view)


def shown(sums: Sums) -> dict[str, str]:
    """Those cells which are sums, as the screen writes them."""
    return {
        "hits": share(sums.hits, sums.lookups),
        "max": span(max(sums.latencies, default=0)),
        "time": span(sum(sums.latencies)),
        "bytes": short(sums.bytes),
        "requests": str(sums.requests),
    }


@pytest.mark.parametrize(("path", "mode"), [(SLOW, "redis"), (TEXT, "memcached")])
@pytest.mark.parametrize("key", ["1", "3", "4", "5"])
def test_rows_of_a_view_say_what_the_log_adds_up_to(path: Path, mode: str, key: str) -> None:
    wanted = truth(path, VIEWS[int(key) - 1], mode)
    rows = after(file_source(path, mode), key, size=WIDE).rows
    assert rows != []
    for row in rows:
        sums = shown(wanted[row["name"]])
        if all("hits" not in each for each in rows):
            assert sums.pop("hits") == ""
        assert {title: row[title] for title in sums} == sums
    assert len(rows) == min(len(wanted), WIDE[1] - 7)


def test_patterns_fold_the_numbers_of_the_keys() -> None:
    keys = truth(SLOW, "keys")
    folded: dict[str, int] = {}
    for name, sums in keys.items():
        pattern = re.sub(r"\d+", "{n}", name)
        folded[pattern] = folded.get(pattern, 0) + sums.requests
    rows = after(file_source(SLOW), "2").rows
    assert {row["name"]: int(row["requests"]) for row in rows} == folded


def value(sums: Sums, order: str) -> int:
    if order in "rb":
        return sums.requests if order == "r" else sums.bytes
    return sum(sums.latencies) if order == "t" else max(sums.latencies, default=0)


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        *[("r", "r"), ("b", "b"), ("t", "t"), ("s", "s"), ("", "r"), ("o", "b"), ("oo", "t")],
        *[("ooo", "s"), ("oooo", "r"), ("so", "r"), ("sr", "r")],
    ],
)
def test_key_sorts_the_rows(keys: str, order: str) -> None:
    wanted = truth(SLOW, "keys")
    names = after(file_source(SLOW), *keys, size=WIDE).names
    values = [value(wanted[name], order) for name in names]
    assert values == sorted(values, reverse=True)
    assert len(names) == len(wanted)


@pytest.mark.parametrize(
    ("keys", "view"),
    [
        ([], "key"),
        (["tab"], "pattern"),
        (["v", "v"], "command"),
        (["shift+tab"], "server"),
        (["tab"] * 5, "key"),
        (["4"], "client"),
        (["4", "1"], "key"),
    ],
)
def test_key_changes_the_view(keys: list[str], view: str) -> None:
    look = after(file_source(SLOW), *keys)
    assert look.lines[look.title].split()[0] == view


def test_options_say_where_the_screen_begins() -> None:
    look = after(file_source(SLOW), options=TopOptions(view="commands", sort="time"), size=WIDE)
    wanted = truth(SLOW, "commands")
    assert look.lines[look.title].split()[0] == "command"
    assert look.names == sorted(wanted, key=lambda name: -sum(wanted[name].latencies))


# The filter.


def filtered(*keys: str, text: str, size: tuple[int, int] = WIDE) -> Look:
    """After the filter was pasted, and these keys."""
    return after(file_source(SLOW), "slash", f"paste:{text}", *keys, size=size)


def test_filter_keeps_the_names_in_which_the_expression_is_found() -> None:
    look = filtered("enter", text="[13]00.:stats$")
    wanted = {name for name in truth(SLOW, "keys") if re.search("[13]00.:stats$", name)}
    assert set(look.names) == wanted
    assert len(wanted) > 3
    assert "filter /[13]00.:stats$/" in look.text


def test_escape_takes_the_filter_off() -> None:
    plain = after(file_source(SLOW), size=WIDE)
    assert filtered("enter", "escape", text="stats").lines == plain.lines
    assert filtered("escape", text="stats").lines == plain.lines


def test_keys_are_text_while_a_filter_is_typed() -> None:
    look = after(file_source(SLOW), "slash", *"qrbtsx?h123", size=WIDE)
    assert look.lines[-1] == "qrbtsx?h123"
    assert look.names == after(file_source(SLOW), size=WIDE).names


def test_filter_is_typed_on_where_it_was() -> None:
    assert filtered("enter", "slash", *"xyz", text="stats").lines[-1] == "statsxyz"


@pytest.mark.parametrize("text", ["(", "[a-", "*", "a{2,1}", "(?P<n", "\\", "(?<=a*)b"])
def test_expression_that_is_none_is_said_to_be_wrong(text: str) -> None:
    look = filtered("enter", text=text, size=NARROW)
    with pytest.raises(re.error) as told:
        re.compile(text)
    assert f"filter wrong: {told.value}" in look.text
    assert look.lines[-1] == text  # to be put right


def test_expression_that_python_warns_of_is_one() -> None:
    assert "filter /[[:x]/" in filtered("enter", text="[[:x]").text


def test_expression_that_would_take_years_is_taken_off() -> None:
    look = filtered("enter", text="(.*)*(.+)+(.*)*Q", size=NARROW)
    assert "takes too long, taken off: (.*)*(.+)+(.*)*Q" in look.text
    assert look.names == after(file_source(SLOW)).names[:-1]


def test_filter_that_nothing_matches_says_so() -> None:
    assert "no name matches /nobody/" in filtered("enter", text="nobody").text


# The sizes.


@pytest.mark.parametrize("path", [SLOW, MANY])
@pytest.mark.parametrize("size", [NARROW, WIDE, (20, 8), (1, 1)])
def test_nothing_stands_beyond_the_edge(size: tuple[int, int], path: Path) -> None:
    for keys in ([], ["?"], ["slash", "(", "enter"]):
        look = after(file_source(path), *keys, size=size)
        assert len(look.lines) == size[1]
        assert max(len(line) for line in look.lines) <= size[0]


def test_narrow_terminal_shows_the_header_the_rows_and_the_keys() -> None:
    look = after(file_source(SLOW))
    assert look.lines[0].startswith("tcpkit top  ")
    assert look.lines[1].startswith("requests/s ")
    assert look.lines[2].startswith("exact 100%")
    assert look.title == 5
    assert len(look.rows) == 17
    assert "help" in look.lines[-1]


def test_help_fits_the_narrow_terminal_and_names_all_keys() -> None:
    look = after(file_source(SLOW), "?")
    for word in ("r b t s", "tab v", "/ ", "p space", "x R", "q Ctrl-C", "pageup", "unpaired"):
        assert word in look.text
    assert after(file_source(SLOW), "?", "h").lines == after(file_source(SLOW)).lines
    assert after(file_source(SLOW), "h", "escape").lines == after(file_source(SLOW)).lines


def test_terminal_that_grows_shows_more() -> None:
    async def use() -> tuple[Look, Look, Look]:
        screen = TopScreen(file_source(SLOW), TopOptions())
        async with screen.run_test(size=NARROW) as pilot:
            person = Person(pilot, screen)
            await pilot.pause()
            return person.look(), await person.resize(*WIDE), await person.resize(*NARROW)

    small, large, small_again = asyncio.run(use())
    assert (len(small.rows), len(large.rows)) == (17, 46)
    assert "bytes" in large.rows[0]
    assert "bytes" not in small.rows[0]
    assert small_again.lines == small.lines


def test_rows_further_down_are_reached() -> None:
    source = file_source(SLOW)
    every = after(source, size=WIDE).names
    assert after(source, "down", "down").names == every[2:19]
    assert after(source, "pagedown").names == every[17:34]
    assert after(source, "pagedown", "pageup").names == every[:17]
    assert after(source, "pagedown", "home").names == every[:17]
    assert after(source, "up").names == every[:17]
    assert "nothing further down" in after(source, *["pagedown"] * 5).text


# What is untrusted.


def test_names_from_the_wire_are_shown_as_they_are(tmp_path: Path) -> None:
    names = [
        b"[red]a[/red]",
        b"[/]",
        b"\x1b[31mb\x1b[0m",
        b"$x {y} \\[z",
        b"\xe2\x80\xae",
        b"a\r\nb",
    ]
    talk = Conversation(client="10.0.0.1:40000", server="10.0.0.2:6379").handshake()
    for name in names:
        talk.client(b"*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n" % (len(name), name)).server(b"$-1\r\n")
    path = tmp_path / "names.pcap"
    talk.close().write_pcap(path)
    assert after(file_source(path)).names == [
        "[red]a[/red]",
        "[/]",
        r"\x1b[31mb\x1b[0m",
        r"$x {y} \[z",
        r"\xe2\x80\xae",
        r"a\x0d\x0ab",
    ]


def test_filter_with_markup_is_shown_as_it_is() -> None:
    assert "filter /[/red][bold]/" in filtered("enter", text="[/red][bold]").text


# Nothing, and damage.


def test_capture_without_requests_says_so(tmp_path: Path) -> None:
    path = tmp_path / "empty.pcap"
    talk = Conversation(client="10.0.0.1:40000", server="10.0.0.2:6379").handshake().close()
    talk.write_pcap(path)
    look = after(file_source(path))
    assert "no requests seen yet" in look.text
    assert "exact -" in look.text


def test_what_ended_the_read_is_shown() -> None:
    look = after(file_source(SLOW, problem="x.pcap: ends in a packet, offset [red]7"))
    assert "x.pcap: ends in a packet, offset [red]7" in look.text


# A capture that goes on.


def test_each_second_shows_what_has_come() -> None:
    async def use() -> None:
        source = GrowingSource([ORDINARY, SLOW])
        screen = TopScreen(source, TopOptions())
        async with screen.run_test(size=WIDE) as pilot:
            person = Person(pilot, screen)
            await pilot.pause()
            first = truth(ORDINARY, "keys")
            assert set(person.look().names) <= set(first)
            look = await person.second()
            both = set(first) | set(truth(SLOW, "keys"))
            assert set(look.names) <= both
            assert not set(look.names) <= set(first)
            rates = {row["name"]: float(row["req/s"]) for row in look.rows}
            slow = truth(SLOW, "keys")
            assert rates == {name: slow[name].requests if name in slow else 0.0 for name in rates}
            look = await person.second()
            assert {row["req/s"] for row in look.rows} == {"0"}

    asyncio.run(use())


@pytest.mark.parametrize("key", ["p", "space"])
def test_pause_stops_the_table_and_not_what_is_counted(key: str) -> None:
    async def use() -> None:
        source = GrowingSource([SLOW, MANY])
        screen = TopScreen(source, TopOptions())
        async with screen.run_test(size=NARROW) as pilot:
            person = Person(pilot, screen)
            await pilot.pause()
            before = await person.press(key)
            assert "PAUSED" in before.lines[0]
            source.dropped = 12_345
            held = await person.second()
            assert held.rows == before.rows
            assert "dropped: kernel 12.3k" in held.text
            assert held.lines[1] != before.lines[1]
            went_on = await person.press(key)
            assert "PAUSED" not in went_on.lines[0]
            assert went_on.rows != before.rows

    asyncio.run(use())


@pytest.mark.parametrize("key", ["x", "R"])
def test_reset_counts_anew(key: str) -> None:
    async def use() -> None:
        screen = TopScreen(GrowingSource([ORDINARY, SLOW]), TopOptions())
        async with screen.run_test(size=WIDE) as pilot:
            person = Person(pilot, screen)
            await pilot.pause()
            look = await person.press(key)
            assert "no requests seen yet" in look.text
            look = await person.second()
            wanted = truth(SLOW, "keys")
            got = {row["name"]: int(row["requests"]) for row in look.rows}
            assert got == {name: sums.requests for name, sums in wanted.items()}

    asyncio.run(use())


def test_file_is_neither_paused_nor_reset() -> None:
    source = file_source(SLOW)
    assert after(source, "p", "x", "space", "R").lines == after(source).lines
    assert "pause" not in after(source).lines[-1]


# The end.


@pytest.mark.parametrize("keys", [["q"], ["ctrl+c"], ["slash", "a", "ctrl+c"], ["?", "q"]])
def test_key_ends_the_screen(keys: list[str]) -> None:
    async def use() -> tuple[bool, int | None]:
        screen = TopScreen(file_source(SLOW), TopOptions())
        async with screen.run_test(size=NARROW) as pilot:
            await pilot.press(*keys)
        return screen.is_running, screen.return_code

    assert asyncio.run(use()) == (False, 0)


def test_log_of_the_capture_has_what_the_header_says() -> None:
    log = [
        json.loads(line)
        for line in tcpkit_run("-r", SLOW, "-m", "redis", "-j", "-q").out.splitlines()
    ]
    look = after(file_source(SLOW), size=WIDE)
    assert f"requests {len(log)}   packets 539" in look.lines[1]
    assert f"errors {sum(line['status'] == 'error' for line in log)} " in look.lines[2]
