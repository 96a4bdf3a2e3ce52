"""Who counts answered requests in short: without an Exchange, which takes longer to make."""

from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints

NOT_LOOKED_UP: Final = -1  # `found` of a request that asks for no value
MAX_KEYS: Final = 256  # of a request that is told in short


@final
class Keys:
    """Where the `count` keys of a request lie in `raw`: at `starts`, `sizes` bytes each."""

    def __init__(self) -> None:
        self.raw = b""
        self.count: i64 = 0
        self.starts = vec[i64]([0] * MAX_KEYS)
        self.sizes = vec[i64]([0] * MAX_KEYS)

    def texts(self) -> list[bytes]:
        return [
            self.raw[self.starts[place] : self.starts[place] + self.sizes[place]]
            for place in range(self.count)
        ]


class Tally:
    """A Recorder that has one may be told of a plain request by `answered` instead of `report`.

    Plain is what was answered in time, does not block, and is no error. Who calls has
    counted it already.
    """

    def answered(
        self,
        ends: Endpoints,
        command: bytes,
        keys: Keys,
        found: i64,
        request_first_ns: i64,
        reply_last_ns: i64,
        latency_ns: i64,
        size: i64,
        exact: bool,
    ) -> None:
        """`command` in the words of the log; `size` of the request and its reply.

        `found`: 1 for a value, 0 for none, NOT_LOOKED_UP. `keys` is the caller's, and filled
        anew for the next request.
        """
        raise NotImplementedError
