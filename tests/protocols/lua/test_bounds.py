"""What protocols in Lua hold, and that they let go of it."""

import gc

import pytest

from tcpkit.script.version import VERSIONS
from tests.build import START_NS, Conversation, Packet
from tests.protocols.lua.test_datagrams import Talk
from tests.protocols.lua.traced import CLIENT, ECHO, SERVER, Traced, words

PIECE = 1400


COUNTED = """
function tick()
  collectgarbage("collect")
  collectgarbage("collect")
  print(math.floor(collectgarbage("count")))
end
"""


def run_of(text: str, lua: str = "") -> Traced:
    return Traced(text + COUNTED, lua, keep_bytes=False)


def kib_of(run: Traced) -> int:
    """What the script's machine holds."""
    run.script.tick(0)
    return int(run.lines[-1])


def ended(at: int) -> list[Packet]:
    """One connection a second."""
    client = f"10.0.{at >> 8}.{at & 255}:4000"
    start_ns = START_NS + at * 1_000_000_000
    made = Conversation(client=client, server=SERVER, start_ns=start_ns).handshake()
    return made.client(b"one\ntwo\n").server(b"one\n").client_reset().packets


@pytest.mark.parametrize("lua", VERSIONS)
def test_connections_that_end_free_what_lua_holds_of_them(lua: str) -> None:
    run = run_of(ECHO, lua)
    for at in range(200):
        run.feed(ended(at))
    before = kib_of(run)
    for at in range(10_000):
        run.feed(ended(200 + at))
        run.exchanges.clear()
    assert run.pairing.sessions == 10_200
    assert kib_of(run) <= before + 1024  # each took 3 KiB


def test_connections_that_end_leave_nothing_that_only_the_collector_frees() -> None:
    run = run_of(ECHO)
    gc.collect()
    gc.disable()
    try:
        for at in range(500):
            run.feed(ended(at))
            run.exchanges.clear()
        assert gc.collect() < 50
    finally:
        gc.enable()


def test_an_idle_connection_holds_no_piece_of_its_streams() -> None:
    run = run_of(ECHO)
    count = 500
    before = kib_of(run)
    for at in range(count):
        made = Conversation(client=f"10.0.{at >> 8}.{at & 255}:4000", server=SERVER).handshake()
        made.client(b"%d" % at + b"x" * PIECE + b"\n").server(b"%d" % at + b"y" * PIECE + b"\n")
        run.feed(made.packets)
        run.exchanges.clear()
    held = kib_of(run) - before
    assert held < count * 6, held / count


def test_requests_that_wait_no_more_are_freed_though_no_reply_comes() -> None:
    run = run_of(words())
    made = Conversation(client=CLIENT, server=SERVER).handshake()
    run.feed(made.packets)
    before = kib_of(run)
    for at in range(100):
        made.packets.clear()
        run.feed(made.client(b"silent request replies=0\n" * 300, at_us=1000 * at).packets)
        run.exchanges.clear()
    assert run.pairing.silent == 30_000
    assert kib_of(run) < before + 200


def test_requests_answered_behind_one_that_waits_for_ever_are_freed() -> None:
    run = run_of(words())
    made = Conversation(client=CLIENT, server=SERVER).handshake()
    made.client(b"wait id=first flag=blocking\n", at_us=10)
    run.feed(made.packets)
    before = kib_of(run)
    for at in range(5000):
        made.packets.clear()
        made.client(b"ask id=%d\n" % at, at_us=1000 * at + 100).server(b"fine id=%d\n" % at)
        run.feed(made.packets)
        run.exchanges.clear()
    assert run.pairing.exact == 5000
    assert kib_of(run) < before + 200


def test_many_requests_may_wait() -> None:
    run = run_of(ECHO)
    made = Conversation(client=CLIENT, server=SERVER).handshake()
    count = 20_000
    made.client(b"".join(b"%d\n" % at for at in range(count)), at_us=1000)
    made.server(b"".join(b"%d\n" % at for at in range(count)), at_us=900_000)
    run.feed(made.packets).finish()
    assert [(x.key, x.code) for x in run.exchanges] == [(str(at), str(at)) for at in range(count)]
    assert run.errors == []


def test_datagrams_free_what_lua_holds_of_them() -> None:
    run = run_of(words("udp"))
    before = kib_of(run)
    for at in range(3000):
        talk = Talk().ask(b"a%d id=%d\n" % (at, at), at).tell(b"x%d id=%d\n" % (at, at), at + 0.5)
        run.feed(talk.tell(b"stray\n", at + 0.6).packets)
        run.exchanges.clear()
    assert run.pairing.exact == 3000
    assert kib_of(run) <= before + 64
