"""Nothing that a capture may hold makes the decoder raise, or lose count."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire import frames as f
from tests.wire.recording import TIME_NS, Bench, accounted
from tests.wire.stacks import ALL

LINK_TYPES = sorted({stack.link_type for stack in ALL} | {6, 10, 147})
WHOLE = [
    (stack.link_type, stack.wrap(make(b"payload", addresses=stack.addresses), protocol))
    for stack in ALL
    for make, protocol in ((f.tcp, f.TCP), (f.udp, f.UDP))
]
WHOLE += [(1, f.ethernet(packet)) for packet in f.ipv4_fragments(f.udp(bytes(64)), f.UDP, [8, 16])]
WHOLE += [
    (1, f.ethernet(packet, f.IPV6))
    for packet in f.ipv6_fragments(f.tcp(bytes(64), addresses=f.SIX), f.TCP, [8, 16])
]


def check(bench: Bench) -> None:
    assert accounted(bench) == bench.counts.packets
    assert len(bench.seen) == bench.counts.tcp + bench.counts.udp


@given(
    link_type=st.sampled_from(LINK_TYPES),
    frame=st.binary(max_size=120),
    wire_length=st.integers(-1, 0xFFFFFFFF),
)
@settings(max_examples=300)
def test_random_bytes_never_raise(link_type: int, frame: bytes, wire_length: int) -> None:
    check(Bench().take(frame, link_type, wire_length=wire_length))


@st.composite
def damaged(draw: st.DrawFn) -> tuple[int, bytes, int]:
    """A good frame with some bytes changed, cut at an end or put under another link type."""
    link_type, frame = draw(st.sampled_from(WHOLE))
    changed = bytearray(frame)
    for at, value in draw(
        st.lists(st.tuples(st.integers(0, len(frame) - 1), st.integers(0, 255)), max_size=4)
    ):
        changed[at] = value
    cut = draw(st.integers(0, len(frame)) | st.just(len(frame)))
    if draw(st.integers(0, 9)) == 0:
        link_type = draw(st.sampled_from(LINK_TYPES))
    return link_type, bytes(changed[:cut]), draw(st.sampled_from([-1, cut, len(frame), 70_000]))


@given(st.lists(damaged(), max_size=12))
@settings(max_examples=300)
def test_damaged_frames_never_raise(frames: list[tuple[int, bytes, int]]) -> None:
    bench = Bench()
    for index, (link_type, frame, wire_length) in enumerate(frames):
        bench.take(frame, link_type, wire_length=wire_length, ts_ns=TIME_NS + index)
        check(bench)
