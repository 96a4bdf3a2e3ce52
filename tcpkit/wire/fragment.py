"""Fragments of IPv4 (RFC 791) and IPv6 (RFC 8200) put together again.

Strategy: each datagram keeps its pieces sorted and disjoint. Its length is known with
the last fragment; it is whole when the pieces add up to that. What contradicts itself is
given up as a whole, and what still comes for it is dropped until its time is over.

Overlaps: in IPv4 the first copy of a byte is kept; in IPv6 they end the datagram
(RFC 5722). An exact repetition is ignored in both.

Bounds: datagrams, bytes and fragments, as below. Age is capture time. An identification
comes round again, on a busy host within seconds, so after a loss pieces of two datagrams
can meet; therefore whoever takes a datagram from here verifies its checksum.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.wire.counts import DROPPED, HELD, OK, WireCounts
from tcpkit.wire.layer import Layer
from tcpkit.wire.segment import IPV6_BIT

MAX_DATAGRAMS: Final = 1024
MAX_BYTES: Final = 8 << 20  # all pieces together: 128 of the largest datagrams
MAX_PIECES: Final = 128  # of one datagram: 64 KiB at the smallest usual MTU, 576, take 119
MAX_AGE_NS: Final = 30_000_000_000  # what Linux waits
MAX_SIZE: Final = 65535

_NEW: Final = 0
_REPEATED: Final = 1
_WRONG: Final = 2
_UNKNOWN: Final = -1
_IPV4_KEY: Final = 1 << 48  # beyond any identification: keeps the families apart
_Key = tuple[int, int, int, int, int]


@final
class _Partial:
    """A datagram of which parts are missing, or which was given up (`dead`)."""

    __slots__ = (
        "born_ns", "kind", "size", "got", "offsets", "pieces", "fragments", "dead",
        "first_ns", "last_ns",
    )  # fmt: skip

    def __init__(self, born_ns: i64) -> None:
        self.born_ns = born_ns
        self.kind: i64 = 0  # protocol of the fragment with offset 0
        self.size: i64 = _UNKNOWN
        self.got: i64 = 0
        self.offsets: list[int] = []
        self.pieces: list[bytes] = []
        self.fragments: i64 = 0
        self.dead = False
        self.first_ns = born_ns  # capture times of the fragments with the first and last byte
        self.last_ns = born_ns

    def judge(self, first: i64, last: i64, more: bool, family: i64) -> i64:
        """What the bytes from `first` to `last` are: _NEW, _REPEATED or _WRONG."""
        if self.dead or self.contradicts(first, last, more):
            return _WRONG
        common = self.overlap(first, last)
        if common == last - first and (family == 0 or self.repeats(first, last)):
            return _REPEATED
        if (common and family) or self.fragments >= MAX_PIECES:
            return _WRONG
        return _NEW

    def contradicts(self, first: i64, last: i64, more: bool) -> bool:
        """Whether the bytes from `first` to `last` do not fit what is known of the size."""
        if self.size != _UNKNOWN:
            return last > self.size if more else last != self.size
        if more or not self.offsets:
            return False
        return self.offsets[-1] + len(self.pieces[-1]) > last

    def overlap(self, first: i64, last: i64) -> i64:
        """How many of these bytes are there already."""
        common: i64 = 0
        for index in range(len(self.offsets)):
            begin: i64 = self.offsets[index]
            end: i64 = begin + len(self.pieces[index])
            if begin < last and end > first:
                common += min(end, last) - max(begin, first)
        return common

    def put(self, data: bytes, start: i64, first: i64, last: i64) -> None:
        """Take those of the bytes from `first` to `last`, at `data[start:]`, that are new."""
        index: i64 = 0
        at = first
        while at < last:
            stop = last
            while index < len(self.offsets):
                begin: i64 = self.offsets[index]
                end: i64 = begin + len(self.pieces[index])
                if begin > at:
                    stop = min(begin, last)
                    break
                at = max(at, end)
                index += 1
            if at >= last:
                return
            self.offsets.insert(index, at)
            self.pieces.insert(index, data[start + at - first : start + stop - first])
            self.got += stop - at
            at = stop

    def repeats(self, first: i64, last: i64) -> bool:
        """Whether a piece of just these bytes is there."""
        for index in range(len(self.offsets)):
            if self.offsets[index] == first:
                return first + len(self.pieces[index]) == last
        return False


@final
class Reassembler:
    """All datagrams in parts. Counts into `counts`."""

    __slots__ = ("_counts", "_partials", "_bytes")

    def __init__(self, counts: WireCounts) -> None:
        self._counts = counts
        self._partials: dict[_Key, _Partial] = {}  # oldest first
        self._bytes: i64 = 0

    def add(self, layer: Layer, ts_ns: i64) -> i64:
        """Take the fragment at `layer`, captured at `ts_ns`.

        OK: it made a datagram whole, and `layer` is moved on to that, in a buffer of its
        own. HELD: others are missing. DROPPED: it is of no use, or nothing new.
        """
        counts = self._counts
        counts.fragments += 1
        self._expire(ts_ns)
        if layer.end < layer.wire_end:
            counts.fragments_cut += 1
            return DROPPED
        first = layer.offset
        last = first + layer.end - layer.start
        if first == last or last > MAX_SIZE or (layer.more and last & 7 != 0):
            counts.fragments_bad += 1
            return DROPPED
        key = _key(layer)
        partial = self._partials.get(key)
        if partial is None:
            partial = _Partial(ts_ns)
            self._partials[key] = partial
        verdict = partial.judge(first, last, layer.more, layer.family)
        if verdict == _REPEATED:
            counts.fragments_repeated += 1
            return DROPPED
        if verdict == _WRONG:
            counts.fragments_bad += 1
            self._kill(partial)
            return DROPPED
        self._put(partial, layer, first, last, ts_ns)
        if partial.got == partial.size:
            self._complete(key, partial, layer)
            return OK
        self._make_room()
        return HELD

    def _put(self, partial: _Partial, layer: Layer, first: i64, last: i64, ts_ns: i64) -> None:
        before = partial.got
        partial.put(layer.data, layer.start, first, last)
        self._bytes += partial.got - before
        partial.fragments += 1
        self._counts.fragments_waiting += 1
        if first == 0:
            partial.kind = layer.kind
            partial.first_ns = ts_ns
        if not layer.more:
            partial.size = last
            partial.last_ns = ts_ns

    def _complete(self, key: _Key, partial: _Partial, layer: Layer) -> None:
        self._forget(key, partial)
        self._counts.reassembled += 1
        layer.data = b"".join(partial.pieces)
        layer.start = 0
        layer.network = -40 if layer.family else -20
        layer.end = partial.size
        layer.wire_end = partial.size
        layer.kind = partial.kind
        layer.fragment = False
        layer.first_ns = partial.first_ns
        layer.last_ns = partial.last_ns

    def _forget(self, key: _Key, partial: _Partial) -> None:
        del self._partials[key]
        self._bytes -= partial.got
        self._counts.fragments_waiting -= partial.fragments

    def _kill(self, partial: _Partial) -> None:
        """Give up a datagram that contradicts itself; what comes later finds it dead."""
        self._counts.fragments_waiting -= partial.fragments
        self._counts.fragments_bad += partial.fragments
        self._bytes -= partial.got
        partial.dead = True
        partial.fragments = 0
        partial.got = 0
        partial.offsets = []
        partial.pieces = []

    def _expire(self, ts_ns: i64) -> None:
        """Give up what is too old, or from a time that has not come yet."""
        while self._partials:
            key = next(iter(self._partials))
            partial = self._partials[key]
            age = ts_ns - partial.born_ns
            if -MAX_AGE_NS <= age <= MAX_AGE_NS:
                return
            self._counts.fragments_expired += partial.fragments
            self._forget(key, partial)

    def _make_room(self) -> None:
        """Give up the oldest where there are too many."""
        while len(self._partials) > MAX_DATAGRAMS or self._bytes > MAX_BYTES:
            key = next(iter(self._partials))
            partial = self._partials[key]
            self._counts.fragments_evicted += partial.fragments
            self._forget(key, partial)


def _key(layer: Layer) -> _Key:
    """Addresses, identification and, for IPv4, the protocol."""
    if layer.family == IPV6_BIT:
        return layer.a0, layer.a1, layer.a2, layer.a3, layer.ident << 8
    return layer.a0, 0, 0, 0, layer.ident << 8 | layer.kind | _IPV4_KEY
