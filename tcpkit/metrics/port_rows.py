"""The numbers of one port, divided by command, by server, or both."""

from collections.abc import Sequence
from typing import Final, final

from mypy_extensions import i64

from tcpkit.metrics.row import Row
from tcpkit.metrics.series import MAX_SERVERS, SeriesTable
from tcpkit.protocols.command_numbers import OTHER_NAME, CommandNumbers

BY_COMMAND: Final = "command"
BY_SERVER: Final = "server"
DIVISIONS: Final[Sequence[str]] = [BY_COMMAND, BY_SERVER]


@final
class PortRows:
    """Rows are made when something is counted in them.

    `numbers` are those of the run's commands, None if these are not told apart. Servers
    beyond MAX_SERVERS share a row. `series` count both together, if there are any: then the
    numbers are divided by server and by command. `shown` is what of it --by asks for.
    """

    __slots__ = ("by_server", "numbers", "series", "shown", "_commands", "_servers")

    def __init__(
        self,
        numbers: CommandNumbers | None,
        by_server: bool,
        series: SeriesTable | None = None,
        shown: Sequence[str] = DIVISIONS,
    ) -> None:
        self.numbers = numbers
        self.by_server = by_server
        self.series = series
        self.shown = shown
        self._commands: list[Row | None] = []  # by number
        self._servers: dict[str, Row] = {}

    def command(self, number: i64) -> Row:
        commands = self._commands
        if number < len(commands):
            row = commands[number]
            if row is not None:
                return row
        return self._begin(number)

    def _begin(self, number: i64) -> Row:
        numbers = self.numbers
        assert numbers is not None
        commands = self._commands
        while len(commands) <= number:
            commands.append(None)
        row = commands[number] = Row(numbers.names[number])
        return row

    def server(self, name: str) -> Row:
        """`name` is as in the log: `10.0.0.2:6379`."""
        row = self._servers.get(name)
        if row is None and len(self._servers) >= MAX_SERVERS:
            name = OTHER_NAME
            row = self._servers.get(name)
        if row is None:
            row = self._servers[name] = Row(name)
        return row

    def commands(self) -> list[Row]:
        """The busiest first, what is in none of its own last."""
        return ordered([row for row in self._commands if row is not None])

    def servers(self) -> list[Row]:
        return ordered(list(self._servers.values()))

    def add_to(self, total: Row) -> None:
        """Merge all into `total`, each exchange once."""
        for row in self._servers.values() if self.by_server else self._commands:
            if row is not None:
                total.merge(row)


def ordered(rows: list[Row]) -> list[Row]:
    """The busiest first, OTHER_NAME last."""
    return sorted(rows, key=_rank)


def _rank(row: Row) -> tuple[bool, int, int, str]:
    return row.name == OTHER_NAME, -row.total_reqs, -int(row.timeouts), row.name
