"""Packets are handed over in batches, and nobody can tell but by the time that it takes."""

import pytest

from tcpkit.flow.clock_tee import ClockTee
from tcpkit.flow.packet_filter import PacketFilter
from tcpkit.script.packets import BATCH, LARGE, PacketScript
from tcpkit.script.ticker import Ticker
from tcpkit.wire.segment import IPV6_BIT, Segment
from tests.script.running import Lua, Running, datagram

S = 1_000_000_000
PRINT = "function process(p) print(p.payload) end"


def segment(payload: bytes, sport: int = 40000, at_ns: int = 1_500_000_000 * S) -> Segment:
    """From 10.0.0.1 to 10.0.0.2:80."""
    made = Segment()
    made.a0 = 0x0A000001 << 32 | 0x0A000002
    made.ports = sport << 16 | 80
    made.data = payload
    made.end = made.size = len(payload)
    made.ts_ns = at_ns
    made.seq, made.ack, made.flags, made.window = 4_000_000_001, 4_000_000_002, 24, 65535
    return made


def feed(running: Running, *payloads: bytes) -> None:
    """Segments, as the decoder counts and hands them on; the first is packet 1."""
    for payload in payloads:
        running.script.wire.packets += 1
        assert running.packets.segment(segment(payload))


def words(running: Running) -> str:
    return "".join(running.printed).replace("\n", " ").strip()


def test_packets_wait_until_their_batch_is_full(lua: Lua) -> None:
    running = lua(PRINT)
    feed(running, *[b"%d" % n for n in range(2 * BATCH - 1)])
    assert words(running) == "0 1 2 3 4 5 6 7"
    feed(running, b"15")
    assert words(running) == " ".join(map(str, range(16)))
    assert running.numbers() == {"processed": 16}


def test_packet_of_a_batch_has_the_fields_of_one_alone(lua: Lua) -> None:
    fields = (
        "tv_sec tv_usec tv_nsec sip sport dip dport proto payload size len request "
        "seq ack flags window"
    )
    text = f"""
        function process(p)
            local values = {{}}
            for name in ("{fields}"):gmatch("%S+") do
                values[#values + 1] = name .. "=" .. tostring(p[name])
                p[name] = nil
            end
            print(table.concat(values, " "), next(p))
        end
    """
    common = (
        "sip=10.0.0.1 sport=%d dip=10.0.0.2 dport=80 proto=%s payload=%s size=3 len=3 request=false"
    )
    numbers = "seq=4000000001 ack=4000000002 flags=24 window=65535"
    for count in (1, BATCH):
        running = lua(text)
        for n in range(count):
            at_ns = 1_500_000_000 * S + 999_999_000 + n
            assert running.packets.segment(segment(b"%03d" % n, 40000 + n, at_ns))
        running.script.deliver()
        assert running.printed == [
            f"tv_sec=1500000000 tv_usec=999999 tv_nsec={999_999_000 + n} "
            f"{common % (40000 + n, 'tcp', f'{n:03}')} {numbers}\tnil\n"
            for n in range(count)
        ]
        running.printed.clear()
        for n in range(count):
            made = datagram(b"%03d" % n)
            made.ports = (40000 + n) << 16 | 80
            assert running.packets.datagram(made)
        running.script.deliver()
        assert running.printed == [
            "tv_sec=1500000000 tv_usec=123456 tv_nsec=123456789 "
            f"{common % (40000 + n, 'udp', f'{n:03}')} seq=nil ack=nil flags=nil window=nil\tnil\n"
            for n in range(count)
        ]


@pytest.mark.parametrize("bad", range(BATCH))
def test_error_in_a_batch_is_that_of_its_packet_and_the_others_are_processed(
    bad: int, lua: Lua
) -> None:
    text = "function process(p) if p.payload == 'bad' then error('oh') end print(p.payload) end"
    running = lua(text)
    payloads = [b"bad" if n == bad else b"%d" % n for n in range(BATCH)]
    feed(running, b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h", *payloads)
    expected = [str(n) for n in range(BATCH) if n != bad]
    assert words(running) == " ".join(["a b c d e f g h", *expected])
    assert running.numbers() == {"processed": 2 * BATCH, "errors": 1}
    [told] = running.told
    assert told.startswith(f"tcpkit: error in the script (process, packet {BATCH + 1 + bad}): ")


def test_errors_of_several_packets_are_told_in_their_order(lua: Lua) -> None:
    text = """
        function process(p)
            print(p.payload)
            if p.payload == "b" then error("first") end
            if p.payload == "d" then error("second")
            elseif p.payload == "h" then return nothing.there end
        end
    """
    running = lua(text)
    running.script.tell = running.printed.append
    feed(running, *[bytes([letter]) for letter in b"abcdefgh"])
    places = [line.split(":")[0:2] if ":" in line else line.strip() for line in running.printed]
    assert [place if isinstance(place, str) else place[1] for place in places] == [
        "a", "b", " error in the script (process, packet 2)", "c", "d",
        " error in the script (process, packet 4)", "e", "f", "g", "h",
        " error in the script (process, packet 8)",
    ]  # fmt: skip
    assert running.numbers() == {"processed": BATCH, "errors": 3}


@pytest.mark.parametrize("how", ["while true do end", "pcall(function() while true do end end)"])
def test_runaway_in_a_batch_is_stopped_and_those_behind_it_have_their_budget(
    how: str, lua: Lua
) -> None:
    text = f"""
        local function work() for i = 1, 60000 do end end
        function process(p)
            if p.payload == "3" then {how} return end
            work()
            print(p.payload)
        end
    """
    running = lua(text)
    feed(running, *[b"%d" % n for n in range(BATCH)])
    assert words(running) == "0 1 2 4 5 6 7"
    assert running.numbers() == {"processed": BATCH, "errors": 1, "over the budget": 1}
    assert "(process, packet 4): " in running.told[0]


def test_budget_is_not_shared_by_a_batch(lua: Lua) -> None:
    text = """
        function process(p)
            for i = 1, 120000 do end
            coroutine.wrap(function() for i = 1, 20000 do end end)()
            print(p.payload)
        end
    """
    running = lua(text)
    feed(running, *[b"%d" % n for n in range(3 * BATCH)])
    assert len(running.printed) == 3 * BATCH
    assert running.told == []


def test_runaway_that_is_given_up_in_a_batch_leaves_out_the_rest_of_it(lua: Lua) -> None:
    running = lua("function process(p) while true do end end", budget=10_000)
    feed(running, *[b"x"] * 24)
    assert running.numbers() == {
        "processed": 20, "errors": 20, "over the budget": 20, "calls left out": 4,
    }  # fmt: skip
    feed(running, b"x")
    assert running.numbers()["calls left out"] == 5


def test_memory_that_is_refused_to_one_of_a_batch_is_there_for_the_next(lua: Lua) -> None:
    text = """
        function process(p)
            if p.payload == "greedy" then
                local kept = {}
                while true do kept[#kept + 1] = ("x"):rep(100) .. #kept end
            end
            print(#("x"):rep(1000000))
        end
    """
    running = lua(text, budget=10**8)
    feed(running, b"a", b"greedy", b"b", b"c", b"greedy", b"d", b"e", b"f")
    assert running.printed == ["1000000\n"] * 6
    assert running.numbers() == {"processed": BATCH, "errors": 2, "out of memory": 2}


@pytest.mark.parametrize("size", [100, 500_000])
def test_script_that_holds_too_much_fails_for_each_packet_until_it_lets_go(
    size: int, lua: Lua
) -> None:
    text = f"""
        local kept = {{}}
        local function take()
            while true do kept[#kept + 1] = ("x"):rep({size}) .. #kept end
        end
        function process(p)
            if p.payload == "take" then pcall(take) elseif p.payload == "give" then kept = {{}} end
        end
    """
    running = lua(text, budget=10**8)
    feed(running, b"a", b"take", b"b", b"c", b"give", b"d", b"e", b"f")
    assert running.numbers() == {"processed": BATCH, "errors": 3, "out of memory": 3}
    assert "(process, packet 2): " in running.told[0]
    feed(running, b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"take")
    feed(running, *[b"a"] * BATCH, b"give", b"b")
    running.script.deliver()
    assert running.numbers() == {"processed": 26, "errors": 12, "out of memory": 12}


def test_ends_whose_number_is_given_to_others_are_those_of_the_packets_that_wait(lua: Lua) -> None:
    running = lua("function process(p) print(p.sip .. ':' .. p.sport, p.payload) end")
    expected = []
    for n in range(4):
        made = segment(b"%d" % n)
        # The same slot: what is added to the address is taken from the port.
        made.a0 = (0x0A000001 << 32 | 0x0A000002) ^ n
        made.ports = (40000 << 16 | 80) ^ n
        assert running.packets.segment(made)
    assert len({(0x0A000002 ^ n) ^ (80 ^ n) for n in range(4)}) == 1
    for n in range(3):  # IPv6: one number for all
        other = segment(b"%d" % n)
        other.a0, other.a1, other.a2, other.a3 = 0x20010DB8 << 32, n + 1, 0x20010DB8 << 32, 9
        other.ports = IPV6_BIT | (5000 + n) << 16 | 80
        assert running.packets.segment(other)
    running.script.deliver()
    expected = [f"10.0.0.1:40000\t{n}\n" for n in range(4)]
    expected += [f"2001:db8::{n + 1}:{5000 + n}\t{n}\n" for n in range(3)]
    assert running.printed == expected


def test_segments_and_datagrams_come_in_their_order(lua: Lua) -> None:
    running = lua("function process(p) print(p.proto, p.payload) end")
    for n in range(3):
        assert running.packets.segment(segment(b"%d" % n))
        assert running.packets.datagram(datagram(b"%d" % n))
        assert running.packets.datagram(datagram(b"%d" % n))
    running.script.deliver()
    assert running.printed == [
        f"{proto}\t{n}\n" for n in range(3) for proto in ("tcp", "udp", "udp")
    ]


def test_tick_comes_between_the_packets_of_two_seconds(lua: Lua) -> None:
    text = """
        function process(p) print(string.format("%d %s", p.tv_sec % 1000, p.payload)) end
        function tick(now) print(string.format("tick %d", now % 1000)) end
        function finish() print("finish") end
    """
    running = lua(text)
    tee = ClockTee(Ticker(running.script), running.packets)
    for n, at in enumerate((0.1, 0.9, 1.0, 1.5, 3.2)):
        tee.segment(segment(b"%d" % n, at_ns=1_500_000_000 * S + round(at * S)))
    assert words(running) == "0 0 0 1 tick 1 1 2 1 3 tick 2 tick 3"
    running.script.finish()
    assert words(running).endswith("tick 3 3 4 finish")


def test_packet_has_its_own_second_where_nothing_ticks(lua: Lua) -> None:
    running = lua("function process(p) print(string.format('%d', p.tv_sec)) end")
    for at in (7, 7, 8, 7, 9):
        running.packets.segment(segment(b"", at_ns=at * S))
    running.script.deliver()
    assert words(running) == "7 7 8 7 9"


def test_packets_that_wait_come_before_the_end_without_a_finish_too(lua: Lua) -> None:
    running = lua(PRINT)
    feed(running, b"a", b"b")
    assert running.printed == []
    running.script.finish()
    assert words(running) == "a b"
    assert running.numbers() == {"processed": 2}


def test_large_payload_does_not_wait(lua: Lua) -> None:
    running = lua("function process(p) print(p.size) end")
    feed(running, b"a", b"x" * (LARGE - 1))
    assert running.printed == []
    feed(running, b"x" * LARGE)
    assert words(running) == f"1 {LARGE - 1} {LARGE}"


class Full(Exception):
    """What a log raises that cannot be written."""


@pytest.mark.parametrize("call", ["print(p.payload)", "pcall(print, p.payload)"])
def test_nothing_is_processed_behind_the_packet_whose_line_cannot_be_written(
    call: str, lua: Lua
) -> None:
    seen: list[bytes] = []

    def write(line: bytes) -> None:
        seen.append(line)
        if line == b"3\n":
            raise Full

    running = lua(f"function process(p) {call} end")
    running.script.vm.attach(write)
    with pytest.raises(Full):
        feed(running, *[b"%d" % n for n in range(BATCH)])
    running.script.finish()
    assert seen == [b"0\n", b"1\n", b"2\n", b"3\n"]


def test_batch_that_the_machine_cannot_take_is_handed_over_packet_by_packet(lua: Lua) -> None:
    def refuse(*values: object) -> object:
        raise MemoryError

    running = lua(PRINT)
    running.script.packets[0] = refuse
    running.packets = PacketScript(running.script, PacketFilter((), ()))
    feed(running, *[b"%d" % n for n in range(BATCH)])
    assert words(running) == "0 1 2 3 4 5 6 7"
    assert running.numbers() == {"processed": BATCH}
    running.script.packets[1] = refuse
    running.packets = PacketScript(running.script, PacketFilter((), ()))
    feed(running, *[b"x"] * BATCH)
    assert words(running) == "0 1 2 3 4 5 6 7"
    assert running.numbers() == {"processed": 16, "errors": 8, "out of memory": 8}
    assert "(process, packet 9): not enough memory" in running.told[0]
