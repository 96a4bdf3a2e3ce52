"""What a stream may rely on, whatever the segments are."""

from hypothesis import given
from hypothesis import strategies as st

from tcpkit.flow.sequence import MASK, distance
from tests.build import ACK, FIN, PSH, RST, START_NS, SYN, Conversation, Packet, cut
from tests.flow.recording import Flow, Recording, bare

BASES = [1000, 2**32 - 8, 2**31 - 8, 0]
FLAGS = [ACK, ACK, ACK, PSH | ACK, PSH | ACK, FIN | ACK, RST, RST | ACK, SYN, SYN | ACK, 0]


@st.composite
def hostile(draw: st.DrawFn) -> list[Packet]:
    """Segments with numbers near each other, in any order; some frames cut."""
    client, server = draw(st.sampled_from(BASES)), draw(st.sampled_from(BASES))
    packets: list[Packet] = []
    at_us = 0
    for number in range(draw(st.integers(0, 25))):
        from_client = draw(st.booleans())
        mine, other = (client, server) if from_client else (server, client)
        offset = draw(st.integers(-3, 25))
        if draw(st.integers(0, 30)) == 0:
            offset = draw(st.sampled_from([2**31 - 1, -(2**31), 2**30 + 100, 100_000]))
        packet = bare(
            from_client,
            bytes([65 + number]) * draw(st.sampled_from([0, 0, 1, 1, 2, 5, 9])),
            (mine + offset) & MASK,
            (other + draw(st.integers(-3, 25))) & MASK,
            draw(st.sampled_from(FLAGS)),
            at_us,
            number,
        )
        packets += cut([packet], draw(st.sampled_from([9999, 9999, 9999, 56, 55, 54])))
        at_us += draw(st.sampled_from([0, 1, 1000, 200_000, 40_000_000, -1]))
    return packets


def assert_sound(stream: Recording) -> None:
    """Each direction without a hole or an overlap; no reply before what it acknowledges."""
    following: dict[str, int] = {}
    acks = iter(stream.positions)
    pieces = [event for event in stream.events if event[0] not in ("end",)]
    ranges = iter(stream.ranges)
    for event in pieces:
        if str(event[0]).endswith("again"):
            continue
        name, seq, size = next(ranges)
        assert size > 0
        if name in following:
            assert seq == following[name], event
        following[name] = (seq + size) & MASK
        if event[0] in ("request", "reply"):
            _, ack = next(acks)
            if name == "reply" and "request" in following:
                assert distance(ack, following["request"]) <= 0
    ends = [at for at, event in enumerate(stream.events) if event[0] == "end"]
    assert ends == [len(stream.events) - 1]


@given(hostile(), st.booleans())
def test_no_segments_break_what_streams_rely_on(packets: list[Packet], begun: bool) -> None:
    flow = Flow()
    if begun:
        flow.feed(Conversation(client_isn=999, server_isn=999).handshake(at_us=-100).packets)
    flow.feed(packets)
    flow.table.finish()
    for stream in flow.streams:
        assert_sound(stream)
    assert flow.table.reassembly.held_total == 0
    assert len(flow.table) == 0


@given(hostile(), st.integers(0, 60_000_000))
def test_time_that_passes_breaks_nothing(packets: list[Packet], step_us: int) -> None:
    flow = Flow()
    for packet in packets:
        flow.feed([packet]).advance((packet.ts_ns - START_NS) // 1000 + step_us)
    flow.table.finish()
    for stream in flow.streams:
        assert_sound(stream)
    assert flow.table.reassembly.held_total == 0


@given(hostile())
def test_hostile_segments_tell_the_same_twice(packets: list[Packet]) -> None:
    one, two = Flow().feed(packets), Flow().feed(packets)
    assert [stream.events for stream in one.streams] == [stream.events for stream in two.streams]
    assert one.counts.numbers() == two.counts.numbers()
