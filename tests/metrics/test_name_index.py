from hypothesis import given
from hypothesis import strategies as st
from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.metrics.latency_window import Bins
from tcpkit.metrics.name_index import NO_ROW, PROBES, NameIndex
from tcpkit.metrics.name_words import WORD, hash_of, is_same, word_at
from tcpkit.metrics.top_rows import TopRows

NAMES = st.lists(st.one_of(st.binary(max_size=40), st.integers(0, 99).map(lambda n: b"k%d" % n)))


def words(data: bytes, at: int, size: int) -> tuple[int, int]:
    return word_at(data, at, size), word_at(data, at + WORD, size - WORD)


def hashed(name: bytes) -> int:
    return hash_of(name, 0, len(name), *words(name, 0, len(name)))


class Names:
    """An index, and the rows whose names it finds."""

    def __init__(self, capacity: int) -> None:
        self.rows = TopRows(Bins())
        self.index = NameIndex(self.rows, capacity)

    def add(self, name: bytes, hash_: int) -> None:
        self.index.add(self.rows.add(name, 0, 0, 0), name, hash_)

    def found(self, name: bytes, hash_: int) -> bytes | None:
        """Looked for among other bytes."""
        data, size = b"<" + name + b">", len(name)
        row = self.index.find(data, 1, size, *words(data, 1, size), hash_)
        return None if row == NO_ROW else self.rows.names[row]


@given(NAMES)
def test_a_name_is_found_where_it_lies_among_other_bytes(names: list[bytes]) -> None:
    known = Names(len(names))
    for name in dict.fromkeys(names):
        assert known.found(name, hashed(name)) is None
        known.add(name, hashed(name))
    for name in names:
        assert known.found(name, hashed(name)) == name
        assert known.found(name + b"x", hashed(name)) is None
    assert known.rows.names == list(dict.fromkeys(names))


def test_names_of_one_hash_are_all_found() -> None:
    known = Names(1000)
    names = [b"name:%d" % number for number in range(3 * PROBES)]
    for name in names:
        known.add(name, 77)
    assert [known.found(name, 77) for name in names] == names
    assert known.found(b"another", 77) is None
    known.rows.keep(vec[i64]([1 - number % 2 for number in range(len(names))]))
    known.index.refresh()
    assert known.rows.names == names[::2]
    for name in names:
        assert known.found(name, hashed(name)) == (name if name in names[::2] else None)


def test_what_is_likely_is_of_the_same_hash() -> None:
    known = Names(10)
    known.add(b"a", 5)
    assert known.index.likely(5) == 0
    assert known.index.likely(5 + (1 << 20)) == NO_ROW
    assert known.index.likely(0) == NO_ROW


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_names_are_the_same_byte_for_byte(one: bytes, other: bytes) -> None:
    assert is_same(one, b"-" + other + b"-", 1, len(other)) == (one == other)
    assert is_same(one, b"-" + one + b"-", 1, len(one))


def test_hashes_use_every_byte() -> None:
    names = [bytes(at) + b"x" + bytes(19 - at) for at in range(20)]
    names += [bytes(size) for size in range(21)]
    assert len({hashed(name) for name in names}) == len(names)
