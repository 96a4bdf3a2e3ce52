"""A sink that says of each packet whether it is wanted: what `-w` goes by."""

from mypy_extensions import mypyc_attr

from tcpkit.capture.source import PacketSink


@mypyc_attr(allow_interpreted_subclasses=True)
class JudgingSink(PacketSink):
    """`wanted` is the verdict on the last packet; `packet` sets it to True or leaves it."""

    __slots__ = ("wanted",)

    def __init__(self) -> None:
        self.wanted: bool = False
