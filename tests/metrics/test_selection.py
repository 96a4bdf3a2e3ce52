from hypothesis import given
from hypothesis import strategies as st
from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.metrics.selection import kth_largest

NUMBERS = st.lists(
    st.one_of(st.integers(0, 5), st.integers(0, 70_000), st.integers(0, (1 << 63) - 1)), min_size=1
)


@given(NUMBERS, st.data())
def test_kth_largest_is_that_of_the_sorted_numbers(numbers: list[int], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(numbers)))
    assert kth_largest(vec[i64](numbers), k) == sorted(numbers)[-k]
