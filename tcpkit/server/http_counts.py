"""What became of the clients of the HTTP server."""

from tcpkit.server.http_answer import BAD_REQUEST, HEAD_TOO_LARGE, VERSION_NOT_SUPPORTED

MALFORMED = (BAD_REQUEST, HEAD_TOO_LARGE, VERSION_NOT_SUPPORTED)


class HttpCounts:
    """Numbers of connections, but for `codes`: answers that the kernel took whole."""

    __slots__ = ("codes", "connections", "displaced", "lost", "overdue", "refused")

    def __init__(self) -> None:
        self.connections = 0
        self.codes: dict[int, int] = {}
        self.refused = 0  # came while all that there may be waited for their answers
        self.displaced = 0  # ended to make room: the one whose client had been idle longest
        self.overdue = 0  # sent no whole request, or had not the whole answer, in time
        self.lost = 0  # ended before the kernel took the whole answer, `overdue` ones included

    def served(self, code: int) -> None:
        self.codes[code] = self.codes.get(code, 0) + 1

    @property
    def requests(self) -> int:
        return sum(self.codes.values())

    @property
    def malformed(self) -> int:
        """Requests that were none, or that no server should take."""
        return sum(self.codes.get(code, 0) for code in MALFORMED)

    def clients(self) -> dict[str, int]:
        """Connections by what became of them."""
        return {
            "accepted": self.connections,
            "refused": self.refused,
            "displaced": self.displaced,
            "overdue": self.overdue,
            "lost": self.lost,
        }

    def numbers(self) -> dict[str, int]:
        """By name, for the summary."""
        return {
            "http requests": self.requests,
            "http malformed": self.malformed,
            **{f"http clients {event}": count for event, count in self.clients().items()},
        }
