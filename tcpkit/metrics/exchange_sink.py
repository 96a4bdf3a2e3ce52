"""Who takes the exchanges that are wanted: the logs."""

from mypy_extensions import mypyc_attr

from tcpkit.protocols.message import Exchange
from tcpkit.protocols.tally import Tally


@mypyc_attr(allow_interpreted_subclasses=True)
class ExchangeSink:
    """Where a port's exchanges go, in the order in which they were decided."""

    takes_keys: bool = False  # it looks at `Exchange.keys`

    def exchange(self, exchange: Exchange) -> None:
        """Take one exchange; it is complete and does not change any more."""
        raise NotImplementedError

    def tally(self) -> Tally | None:
        """What may take plain requests instead, where no other sink wants their exchanges."""
        return None
