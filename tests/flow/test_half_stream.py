"""What is held, and which copy of a byte stays."""

from hypothesis import given
from hypothesis import strategies as st

from tcpkit.flow.half_stream import HalfStream, Held, cut
from tcpkit.flow.sequence import MASK

BASE = 0xFFFFFFF0  # so that everything here goes over the wrap


def piece(offset: int, data: bytes, ts_ns: int = 1) -> Held:
    return Held((BASE + offset) & MASK, len(data), data, ts_ns, 0, False)


def held(half: HalfStream) -> list[tuple[int, bytes, int]]:
    pieces = half.held or []
    return [((p.seq - BASE) & MASK, p.data, int(p.ts_ns)) for p in pieces]


def test_pieces_are_sorted_over_the_wrap() -> None:
    half = HalfStream()
    half.hold(piece(20, b"cc"))
    half.hold(piece(0, b"aa"))
    half.hold(piece(10, b"bb"))
    assert held(half) == [(0, b"aa", 1), (10, b"bb", 1), (20, b"cc", 1)]


def test_first_copy_of_an_overlap_stays() -> None:
    half = HalfStream()
    half.hold(piece(4, b"EFGH", 1))
    half.hold(piece(2, b"cdefghij", 2))
    assert held(half) == [(2, b"cd", 2), (4, b"EFGH", 1), (8, b"ij", 2)]


def test_bytes_that_are_held_bring_nothing() -> None:
    half = HalfStream()
    assert half.hold(piece(0, b"abcdef"))
    assert not half.hold(piece(2, b"XX"))
    assert held(half) == [(0, b"abcdef", 1)]


def test_one_piece_fills_several_holes() -> None:
    half = HalfStream()
    half.hold(piece(2, b"C"))
    half.hold(piece(4, b"E"))
    half.hold(piece(0, b"abcdefg", 2))
    assert b"".join(data for _, data, _ in held(half)) == b"abCdEfg"


def test_held_bytes_are_counted_in_and_out() -> None:
    half = HalfStream()
    half.hold(piece(0, b"abc"))
    half.hold(piece(2, b"cde"))
    assert half.held_bytes == 5
    half.take()
    assert half.held_bytes == 2
    half.take()
    assert half.held_bytes == 0
    assert half.held is None


def test_piece_of_a_cut_frame_keeps_its_size_on_the_wire() -> None:
    whole = Held(100, 10, b"abcd", 7, 3, True)
    front, back = cut(whole, 0, 2), cut(whole, 3, 10)
    assert (front.seq, front.size, front.data) == (100, 2, b"ab")
    assert (back.seq, back.size, back.data) == (103, 7, b"d")
    assert (back.ts_ns, back.ack, back.late) == (7, 3, True)


def test_nothing_is_missing_before_the_first_packet() -> None:
    assert HalfStream().missing() == 0


def test_missing_bytes_lie_before_the_first_held_piece() -> None:
    half = HalfStream()
    half.begin(BASE)
    half.hold(piece(7, b"x"))
    assert half.missing() == 7


def test_acknowledged_bytes_are_missing_until_they_are_delivered() -> None:
    half = HalfStream()
    half.begin(BASE)
    half.note_acked((BASE + 30) & MASK)
    half.note_acked((BASE + 20) & MASK)
    assert half.missing() == 30
    assert half.hole_is_acked(half.missing())
    half.next = (BASE + 30) & MASK
    assert half.missing() == 0


def test_bytes_before_the_fin_are_missing() -> None:
    half = HalfStream()
    half.begin(BASE)
    half.end_at((BASE + 5) & MASK, 1, 1)
    assert half.missing() == 5
    assert not half.pass_fin()
    half.next = half.fin
    assert half.pass_fin()
    assert half.next == (BASE + 6) & MASK


def test_hole_is_not_acknowledged_by_an_ack_inside_it() -> None:
    half = HalfStream()
    half.begin(BASE)
    half.hold(piece(10, b"x"))
    half.note_acked((BASE + 9) & MASK)
    assert not half.hole_is_acked(half.missing())
    half.note_acked((BASE + 10) & MASK)
    assert half.hole_is_acked(half.missing())


def test_last_three_marks_are_known() -> None:
    half = HalfStream()
    for mark in (11, 22, 33, 44):
        half.remember_mark(mark)
    assert [half.knows_mark(mark) for mark in (11, 22, 33, 44)] == [False, True, True, True]


def test_mark_zero_is_no_mark() -> None:
    half = HalfStream()
    half.remember_mark(0)
    assert not half.knows_mark(0)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), min_size=1, max_size=12),
)
def test_each_held_byte_is_of_its_first_copy(spans: list[tuple[int, int]]) -> None:
    """Piece n consists of bytes n, so the first piece over a byte is seen in it."""
    half = HalfStream()
    expected: dict[int, int] = {}
    for number, (offset, size) in enumerate(spans):
        fresh = [at for at in range(offset, offset + size) if at not in expected]
        brought = half.hold(piece(offset, bytes([number]) * size, number))
        assert brought == bool(fresh)
        for at in fresh:
            expected[at] = number
    found = {
        offset + at: value for offset, data_, _ in held(half) for at, value in enumerate(data_)
    }
    assert found == expected
    assert all(set(data_) == {ts_ns} for _, data_, ts_ns in held(half))
    assert half.held_bytes == len(expected)
    offsets = [offset for offset, _, _ in held(half)]
    assert offsets == sorted(offsets)
