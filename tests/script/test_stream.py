"""The methods of a stream, fed every way: whole, byte by byte, in every split."""

import pytest

from tcpkit.errors import ProtocolError
from tcpkit.protocols.lua.parser import Parser
from tcpkit.script.definition import definitions
from tcpkit.script.driver import Driver
from tcpkit.script.version import VERSIONS
from tests.feeds import Pieces, same_every_way
from tests.protocols.lua.traced import loaded

SCRIPT = """
local function show(...)
  local parts = { ... }
  for i = 1, select("#", ...) do parts[i] = tostring(parts[i]) end
  return table.concat(parts, "|")
end
local function integer(n) return string.format("%d", n) end
tcpkit.protocol {
  name = "x", port = 7,
  request = function(stream) return { command = "X", request = show(BODY) } end,
  reply = function(stream) return {} end,
}
"""
NOT_THE_PROTOCOL = b"not the protocol"


def read(body: str, lua: str, pieces: Pieces) -> tuple[list[bytes], int]:
    """The texts of the messages that `body` shows, and the bytes that belong to none."""
    script = loaded(SCRIPT.replace("BODY", body), lua)
    script.tell = print
    driver = Driver(script, definitions(script)[0])
    parser = Parser(driver, driver.open(), True)
    texts: list[bytes] = []
    unread = 0
    for piece in pieces:
        pos = 0
        unread += len(piece)
        while pos < len(piece):
            try:
                pos = int(parser.feed(piece, pos, len(piece)))
            except ProtocolError:
                return [*texts, NOT_THE_PROTOCOL], 0
            if parser.done:
                parser.next_message()
                texts.append(driver.request_text(parser.connection, len(texts) + 1)[2])
                unread = len(piece) - pos + int(parser.behind)
    assert script.counts.errors == 0
    return texts, unread


CASES: dict[str, tuple[str, bytes, list[bytes], int]] = {
    "lines": ("stream:line()", b"a\nbc\r\n\r\n\n\rx\nrest", [b"a", b"bc", b"", b"", b"\rx"], 4),
    "a line up to its limit": ("stream:line(4)", b"abcd\nabc\r\n", [b"abcd", b"abc"], 0),
    "a line over its limit": ("stream:line(4)", b"ab\nabcde\n", [b"ab", NOT_THE_PROTOCOL], 0),
    "reads": ("stream:read(2), stream:read(3)", b"abcde12345x", [b"ab|cde", b"12|345"], 1),
    "a read of nothing": ("stream:read(0), stream:read(1)", b"ab", [b"|a", b"|b"], 0),
    "peek and read": ("stream:peek(3), stream:read(4)", b"abcd1234", [b"abc|abcd", b"123|1234"], 0),
    "peek twice": ("stream:peek(1), stream:peek(4), stream:read(4)", b"abcd", [b"a|abcd|abcd"], 0),
    "skip": ("stream:skip(5), stream:read(1)", b"-----a-----b--", [b"a", b"b"], 2),
    "skip to the end": ("stream:read(1), stream:skip(6)", b"a------b------", [b"a", b"b"], 0),
    "skip nothing": ("stream:read(1), stream:skip(0)", b"ab", [b"a", b"b"], 0),
    "skips in a row": ("stream:skip(2), stream:skip(3), stream:read(1)", b"--+++a", [b"a"], 0),
    "a number": ("integer(stream:number(2))", b"\1\2\0\3\xff\xff", [b"258", b"3", b"65535"], 0),
    "a little number": ('integer(stream:number(3, "little"))', b"\1\2\3", [b"197121"], 0),
    "a large number": ("integer(stream:number(6))", b"\xff" * 6, [b"281474976710655"], 0),
    "a number of no bytes": ("integer(stream:number(0)), stream:read(1)", b"a", [b"0|a"], 0),
    "peek, number and line": (
        "stream:peek(2), integer(stream:number(1)), stream:line()",
        b"Abcd\nBcde\n",
        [b"Ab|65|bcd", b"Bc|66|cde"],
        0,
    ),
    "match": (
        'stream:peek(4), select(2, stream:match("^(%a+)(%d+)")), stream:read(4)',
        b"ab12cd34",
        [b"ab12|ab|ab12", b"cd34|cd|cd34"],
        0,
    ),
}


# A skip shows nothing: it is written between two values.
def body_of(text: str) -> str:
    return text.replace("stream:skip(", "(function(n) stream:skip(n) return '' end)(")


@pytest.mark.parametrize("lua", VERSIONS)
@pytest.mark.parametrize("name", CASES)
def test_a_method_reads_the_same_however_the_bytes_come(name: str, lua: str) -> None:
    body, data, texts, unread = CASES[name]
    skips = "stream:skip(" in body
    found, left = same_every_way(lambda pieces: read(body_of(body), lua, pieces), data)
    assert [text.replace(b"|", b"") if skips else text for text in found] == texts
    assert left == unread


@pytest.mark.parametrize("lua", VERSIONS)
def test_match_never_waits_and_consumes_nothing(lua: str) -> None:
    body = 'stream:match("^%d+"), stream:match("^x"), stream:read(2), (stream:match("^"))'
    texts, _ = read(body, lua, [b"1", b"2"])
    assert texts == [b"1|nil|12|0"]
    texts, _ = read(body, lua, [b"12"])
    assert texts == [b"2|nil|12|0"]


def test_a_long_line_is_given_up_before_it_ends() -> None:
    pieces = [b"x" * 1000] * 66
    assert read("stream:line()", "", pieces)[0] == [NOT_THE_PROTOCOL]
    assert read("stream:line()", "", [*pieces[:65], b"\n"])[0] == [b"x" * 512]


def test_a_large_read_is_joined_and_a_larger_skip_is_not() -> None:
    pieces = [b"x" * 65_536] * 16
    assert read("#stream:read(1048576)", "", pieces) == ([b"1048576"], 0)
    body = body_of("stream:skip(100000000), stream:read(1)")
    assert read(body, "", [*([b"-" * 1_000_000] * 100), b"a"]) == ([b"|a"], 0)
