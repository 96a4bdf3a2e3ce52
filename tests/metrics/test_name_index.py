from hypothesis import given
from hypothesis import strategies as st

from tcpkit.metrics.name_index import PROBES, NameIndex, hash_of, is_same
from tcpkit.metrics.top_entry import TopEntry

NAMES = st.lists(st.one_of(st.binary(max_size=40), st.integers(0, 99).map(lambda n: b"k%d" % n)))


def found(index: NameIndex, name: bytes, hashed: int) -> bytes | None:
    entry = index.find(b"<" + name + b">", 1, len(name), hashed)
    return None if entry is None else entry.name


@given(NAMES)
def test_a_name_is_found_where_it_lies_among_other_bytes(names: list[bytes]) -> None:
    index = NameIndex(len(names))
    for name in dict.fromkeys(names):
        hashed = hash_of(name, 0, len(name))
        assert found(index, name, hashed) is None
        index.add(TopEntry(name), hashed)
    for name in names:
        assert found(index, name, hash_of(b"xy" + name, 2, len(name))) == name
    assert [entry.name for entry in index.entries] == list(dict.fromkeys(names))


def test_names_of_one_hash_are_all_found() -> None:
    index = NameIndex(1000)
    names = [b"name:%d" % number for number in range(3 * PROBES)]
    for name in names:
        index.add(TopEntry(name), 77)
    assert [found(index, name, 77) for name in names] == names
    assert found(index, b"another", 77) is None
    kept = index.entries[::2]
    index.replace(kept)
    assert index.entries == kept
    for name in names:
        wanted = name if name in names[::2] else None
        assert found(index, name, hash_of(name, 0, len(name))) == wanted


def test_what_is_likely_is_of_the_same_hash() -> None:
    index = NameIndex(10)
    index.add(TopEntry(b"a"), 5)
    likely = index.first(5)
    assert likely is not None
    assert likely.name == b"a"
    assert index.first(5 + (1 << 20)) is None
    assert index.first(0) is None


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_names_are_the_same_byte_for_byte(one: bytes, other: bytes) -> None:
    assert is_same(one, b"-" + other + b"-", 1, len(other)) == (one == other)
    assert is_same(one, b"-" + one + b"-", 1, len(one))


def test_hashes_use_every_byte() -> None:
    names = [bytes(at) + b"x" + bytes(19 - at) for at in range(20)] + [bytes(20), bytes(19)]
    assert len({hash_of(name, 0, len(name)) for name in names}) == len(names)
