"""A row of `top` while it is counted."""

from typing import final

from mypy_extensions import i64, mypyc_attr

MAX_TOTAL = 1 << 62  # two of them can be added


@final
@mypyc_attr(acyclic=True)
class TopEntry:
    """Exact since it was made; `*_error` is what may have been counted before, at most."""

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.requests: i64 = 0
        self.bytes: i64 = 0
        self.time_ns: i64 = 0
        self.max_ns: i64 = 0
        self.hits: i64 = 0
        self.lookups: i64 = 0
        self.requests_error: i64 = 0
        self.bytes_error: i64 = 0
        self.time_error: i64 = 0
        self.requests_before: i64 = 0  # when the interval began
        self.bytes_before: i64 = 0
        self.requests_last: i64 = 0  # in the interval that ended
        self.bytes_last: i64 = 0
