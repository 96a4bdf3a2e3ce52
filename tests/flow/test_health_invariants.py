"""What whoever hears of connections may rely on, whatever the segments are."""

from hypothesis import given
from hypothesis import strategies as st

from tcpkit.flow.side import Side
from tests.build import START_NS, Conversation, Packet
from tests.flow.recording import Flow
from tests.flow.test_invariants import hostile


def observed(packets: list[Packet], begun: bool) -> tuple[Flow, int]:
    """To the end of the capture; and how many packets were of a watched server."""
    flow = Flow(observed=True)
    taken = 0
    if begun:
        handshake = Conversation(client_isn=999, server_isn=999).handshake(at_us=-100).packets
        packets = [*handshake, *packets]
    for packet in packets:
        taken += flow.feed([packet]).wanted
    flow.table.finish()
    return flow, taken


def sides(flow: Flow) -> list[Side]:
    return [side for each in flow.hearing.healths for side in (each.client, each.server)]


@given(hostile(), st.booleans())
def test_each_connection_starts_and_ends_around_what_it_tells(
    packets: list[Packet], begun: bool
) -> None:
    flow, _ = observed(packets, begun)
    going_on = False
    for event in flow.timeline:
        if event[0] == "started":
            assert not going_on
            going_on = True
        elif event[0] == "ended":
            assert going_on
            going_on = False
        else:
            assert going_on, event
    assert not going_on


@given(hostile(), st.booleans())
def test_every_packet_is_in_the_numbers_of_one_side(packets: list[Packet], begun: bool) -> None:
    flow, taken = observed(packets, begun)
    found = sides(flow)
    counted = sum(side.packets + side.copies for side in found)
    # a SYN may say that the port is no watched server's any more
    assert counted == taken or (counted < taken and flow.counts.reused)
    assert sum(side.gaps for side in found) == flow.counts.gaps
    assert sum(side.gap_bytes for side in found) == flow.counts.gap_bytes
    assert sum(side.out_of_order for side in found) == flow.counts.out_of_order
    for side in found:
        assert 0 <= side.retransmitted_bytes <= side.payload_bytes
        trip = side.round_trip
        assert trip.samples == 0 or 0 <= trip.min_ns <= trip.average_ns <= trip.max_ns


@given(hostile(), st.booleans())
def test_observed_connections_tell_their_streams_the_same(
    packets: list[Packet], begun: bool
) -> None:
    flow, _ = observed(packets, begun)
    plain = Flow()
    if begun:
        plain.feed(Conversation(client_isn=999, server_isn=999).handshake(at_us=-100).packets)
    plain.feed(packets)
    plain.table.finish()
    assert [stream.events for stream in plain.streams] == [each.events for each in flow.streams]
    assert plain.counts.numbers() == flow.counts.numbers()


@given(hostile(), st.integers(0, 60_000_000))
def test_time_that_passes_starts_and_ends_each_connection_once(
    packets: list[Packet], step_us: int
) -> None:
    flow = Flow(observed=True)
    for packet in packets:
        flow.feed([packet]).advance((packet.ts_ns - START_NS) // 1000 + step_us)
    flow.table.finish()
    names = [event[0] for event in flow.timeline if event[0] in ("started", "ended")]
    assert names == ["started", "ended"] * (len(names) // 2)
