"""Turns what a session says of one datagram's commands into exchanges over UDP."""

from typing import final

from mypy_extensions import i64

from tcpkit.protocols.memcached.udp_frame import FRAME_SIZE
from tcpkit.protocols.message import Exchange, Recorder


@final
class UdpRecorder(Recorder):
    """Stands between the sessions of a client and the recorder of its server.

    What is fed to a session when it reports is set before: the times of the request
    datagram, how many waited, and of the reply the last time and how many datagrams.
    """

    __slots__ = (
        "_recorder", "request_first_ns", "depth", "reply_last_ns", "reply_parts", "reply_flags",
    )  # fmt: skip

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.commands = recorder.commands
        self.keeps_replies = recorder.keeps_replies
        # `explains` stays off: replies need no order, so no request holds up another
        self.keeps_keys = recorder.keeps_keys
        self.request_first_ns: i64 = 0
        self.depth: i64 = 0
        self.reply_last_ns: i64 = 0
        self.reply_parts: i64 = 0
        self.reply_flags: i64 = 0

    def answered(self, latency_ns: i64) -> bool:
        return self._recorder.answered(latency_ns)

    def wants(self, status: str, blocking: bool) -> bool:
        return self._recorder.wants(status, blocking)

    def report(self, exchange: Exchange) -> None:
        exchange.transport = "udp"
        exchange.request_seq = -1
        exchange.reply_seq = -1
        exchange.request_first_ns = self.request_first_ns
        exchange.request_bytes += FRAME_SIZE
        exchange.depth += self.depth
        if exchange.answered:
            exchange.queue_ns = 0
            exchange.reply_last_ns = self.reply_last_ns
            exchange.reply_bytes += FRAME_SIZE * self.reply_parts
            exchange.flags = exchange.flags | self.reply_flags
        self._recorder.report(exchange)
