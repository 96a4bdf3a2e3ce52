"""Redis in Lua says what the built-in mode says."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcaps.client import encode
from tcpkit.protocols.message import Exchange
from tests.build import ETHERNET, Packet
from tests.goldens import PCAPS
from tests.scripted import loaded
from tests.scripts.protocols.replay import Piece, packets_of, said_in
from tests.truth.captures import read
from tests.truth.judge import Reading, judge_capture
from tests.truth.trace import trace

PORT = 6379
LUA, BUILT_IN = "redis-lua", "redis"
Fields = dict[str, object]

# What the script leaves to the built-in mode, as its first lines say: the stream behind PSYNC,
# doubts about requests that get no reply, proofs by ECHO in mid-stream, requests that only a
# forgiving server understands, values that the snap length cut.
DIFFERENT = {
    "mid-stream", "protocol-errors", "replica-auth", "replica-continue", "replica-disk",
    "replica-diskless", "replica-refused", "reply-off-skip", "slow-transfers", "snaplen",
}  # fmt: skip
CAPTURES = sorted((PCAPS / "redis").glob("*.pcap"))
SAME = [path for path in CAPTURES if path.stem not in DIFFERENT]
RUNS_A_WAY = 12
DAMAGED = ("ordinary", "pipeline", "transactions", "pubsub-resp2", "resp3", "blocking")


def fields(exchange: Exchange, but: tuple[str, ...] = ()) -> Fields:
    """All that is known of an exchange, and which bytes were paired.

    But for `found`, what `top` makes its hit rate of: a script has no word for it. Who talks
    is compared by the texts, since `ends` is an object of each run.
    """
    left_out = ("protocol", "ends", "found", *but)
    said = {name: value for name, value in attributes(exchange).items() if name not in left_out}
    if exchange.evidence is not None:
        said["evidence"] = attributes(exchange.evidence)
    return said


def attributes(one: object) -> Fields:
    return {name: getattr(one, name) for name in dir(one) if not name.startswith("_")}


def exchanges(
    packets: list[Packet], link_type: int, mode: str, *but: str, lua: str = ""
) -> list[Fields]:
    found = trace(packets, link_type, mode, lua=lua).exchanges
    return [fields(exchange, but) for exchange in found]


def capture(name: str) -> tuple[int, list[Packet]]:
    return read(PCAPS / "redis" / f"{name}.pcap")


@pytest.mark.parametrize("path", SAME, ids=lambda path: path.stem)
def test_every_field_is_that_of_the_built_in_mode(path: Path) -> None:
    link_type, packets = read(path)
    built_in = exchanges(packets, link_type, BUILT_IN)
    assert exchanges(packets, link_type, LUA) == built_in
    assert built_in or path.stem == "tls"


def test_requests_without_reply_are_the_same_but_for_the_proof_of_their_silence() -> None:
    link_type, packets = capture("reply-off-skip")
    built_in = exchanges(packets, link_type, BUILT_IN, "exact")
    assert exchanges(packets, link_type, LUA, "exact") == built_in


@pytest.mark.parametrize("lua", ["lua51", "lua52", "lua53", "lua54", "lua55"])
def test_every_lua_reads_the_same(lua: str) -> None:
    for name in ("ordinary", "inline", "resp3", "pubsub-resp2", "auth", "transactions"):
        link_type, packets = capture(name)
        built_in = exchanges(packets, link_type, BUILT_IN)
        assert exchanges(packets, link_type, LUA, lua=lua) == built_in, name
    assert int(loaded(LUA, lua)[1].counts.errors) == 0


@pytest.mark.parametrize("mss", [1, 7])
@pytest.mark.parametrize("name", ["ordinary", "inline", "resp3", "pubsub-resp3", "errors", "auth"])
def test_segments_of_any_size_say_the_same(name: str, mss: int) -> None:
    for said in said_in(PCAPS / "redis" / f"{name}.pcap", PORT):
        packets = packets_of(said, PORT, mss)
        found = exchanges(packets, ETHERNET, LUA)
        assert found == exchanges(packets, ETHERNET, BUILT_IN)
        assert found


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_captures_make_no_wrong_pair(name: str) -> None:
    link_type, packets = capture(name)
    reading = Reading(link_type, LUA)
    for verdict in judge_capture(packets, reading, RUNS_A_WAY).values():
        assert verdict.false_exact == []
        assert verdict.wrong_inferred == []
    assert int(loaded(LUA)[1].counts.errors) == 0


WORDS = st.sampled_from(
    "GET SET get MGET HGETALL INCR BLPOP XREAD STREAMS BLOCK MULTI EXEC DISCARD CONFIG "
    "requirepass MEMORY USAGE EVAL 1 0 2 key AUTH HELLO OBJECT ENCODING ACL SETUSER >secret "
    "MIGRATE KEYS CLIENT ID XADD BITOP ZMPOP unknown".split()
)
COMMANDS = st.builds(
    lambda name, more: encode(name, *more),
    WORDS,
    st.lists(WORDS | st.text(st.characters(max_codepoint=127), max_size=8), max_size=6),
)
SCALARS = st.sampled_from(
    [b"+OK\r\n", b":12\r\n", b"$3\r\nfoo\r\n", b"$-1\r\n", b"_\r\n", b",1.5\r\n", b"#t\r\n",
     b"(123456\r\n", b"-ERR no\r\n", b"-WRONGTYPE no\r\n", b"!9\r\nSYNTAX no\r\n",
     b"=7\r\ntxt:foo\r\n",
     b"*-1\r\n", b"*0\r\n", b"$0\r\n\r\n", b"$?\r\n;3\r\nfoo\r\n;0\r\n", b"*?\r\n:1\r\n.\r\n"]
)  # fmt: skip
REPLIES = st.recursive(
    SCALARS,
    lambda inner: (
        st.builds(
            lambda kind, parts: b"%s%d\r\n%s" % (kind, len(parts), b"".join(parts)),
            st.sampled_from([b"*", b"~"]),
            st.lists(inner, max_size=4),
        )
        | st.lists(inner, max_size=2).map(
            lambda each: b"%%%d\r\n%s" % (len(each), b"".join(each) * 2)
        )
    ),
    max_leaves=6,
)


@given(said=st.lists(st.tuples(COMMANDS, REPLIES), min_size=1, max_size=8), mss=st.integers(1, 40))
def test_any_commands_and_replies_are_told_as_by_the_built_in_mode(
    said: list[tuple[bytes, bytes]], mss: int
) -> None:
    pieces: list[Piece] = []
    for command, reply in said:
        pieces += [(True, command), (False, reply)]
    packets = packets_of(pieces, PORT, mss)
    assert exchanges(packets, ETHERNET, LUA) == exchanges(packets, ETHERNET, BUILT_IN)


@given(st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=30)), max_size=10))
def test_no_bytes_make_the_script_fail(said: list[Piece]) -> None:
    trace(packets_of(said, PORT), ETHERNET, LUA)
    assert int(loaded(LUA)[1].counts.errors) == 0
