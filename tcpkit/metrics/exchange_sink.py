"""Who takes the exchanges that are wanted: the logs."""

from mypy_extensions import mypyc_attr

from tcpkit.protocols.message import Exchange


@mypyc_attr(allow_interpreted_subclasses=True)
class ExchangeSink:
    """Where a port's exchanges go, in the order in which they were decided."""

    __slots__ = ()

    def exchange(self, exchange: Exchange) -> None:
        """Take one exchange; it is complete and does not change any more."""
        raise NotImplementedError
