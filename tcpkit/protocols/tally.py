"""Who counts answered requests in short: without an Exchange, which takes longer to make."""

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints

NOT_LOOKED_UP = -1  # `found` of a request that asks for no value


class Tally:
    """A Recorder that has one may be told of a plain request by `answered` instead of `report`.

    Plain is what was answered in time, does not block, and is no error. Who calls has
    counted it already.
    """

    def answered(
        self,
        ends: Endpoints,
        command: bytes,
        key: bytes,
        found: i64,
        request_first_ns: i64,
        reply_first_ns: i64,
        reply_last_ns: i64,
        latency_ns: i64,
        size: i64,
        exact: bool,
    ) -> None:
        """`command` in the words of the log, `key` as sent, "" for none; `size` of both.

        `found`: 1 for a value, 0 for none, NOT_LOOKED_UP.
        """
        raise NotImplementedError
