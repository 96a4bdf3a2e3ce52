"""The HTTP server in the event loop of the capture: GET and HEAD of a few paths.

Nothing here waits for a client. Clients, what they send, the time they take and the work that
they make are bounded, and each bound is counted (`HttpCounts`).
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Final, NamedTuple

from tcpkit.server.budget import Budget
from tcpkit.server.http_answer import (
    BAD_REQUEST,
    NOT_FOUND,
    WRONG_HOST,
    WRONG_METHOD,
    Answer,
    error_answer,
)
from tcpkit.server.http_connection import WORKING, WRITING, HttpConnection
from tcpkit.server.http_counts import HttpCounts
from tcpkit.server.http_host import is_local_name, is_loopback
from tcpkit.server.http_listener import Listener
from tcpkit.server.http_route import Route

METHODS: Final = ("GET", "HEAD")
COST_BYTES: Final = 65536  # so much of an answer costs as much as a request


class Limits(NamedTuple):
    """Times in seconds; `requests` is how many are answered in a second, large ones count more."""

    connections: int = 64
    requests: float = 100.0
    request_s: float = 5.0  # from a request's first byte, or the connection's start, to its end
    answer_s: float = 10.0  # until an answer is there, and then for a client to take it
    idle_s: float = 75.0  # between two requests: a scrape each minute keeps its connection
    leave_s: float = 2.0  # for a client to close


class HttpServer:
    """Serves `routes`, by path. `limits` are there for tests; the defaults suit a server."""

    def __init__(self, routes: Mapping[str, Route], limits: Limits | None = None) -> None:
        self.counts = HttpCounts()
        self.limits = limits or Limits()
        self._routes = routes
        self._open: dict[HttpConnection, None] = {}  # first who has not moved for longest
        self._queue: deque[HttpConnection] = deque()
        self._budget = Budget(self.limits.requests, self.limits.requests)
        self._timer: asyncio.TimerHandle | None = None
        self._listener = Listener(lambda: HttpConnection(self))
        self._executor = ThreadPoolExecutor(1, "tcpkit-http")  # its thread is made when used
        self._only_local = True
        self._closed = False
        self._second = 0
        self._date = ""

    def start(self, address: str, port: int) -> None:
        """Listen on `address`, IPv4 or IPv6; port 0 takes a free one. Raises TcpkitError."""
        self._only_local = is_loopback(address)
        self._listener.start(address, port)

    @property
    def port(self) -> int:
        """The port that is listened on; 0 while there is none."""
        return self._listener.port

    @property
    def open_connections(self) -> int:
        return len(self._open)

    @property
    def stalled(self) -> int:
        """Clients that have an answer to take."""
        return sum(each.state == WRITING for each in self._open)

    def close(self) -> None:
        """Stop listening and drop who is connected."""
        self._closed = True
        self._listener.close()
        if self._timer is not None:
            self._timer.cancel()
        for connection in list(self._open):
            connection.abort()
        for route in self._routes.values():
            route.close()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def admit(self, connection: HttpConnection) -> bool:
        """Whether there is room for one more client; the one that idles longest makes it."""
        if self._closed:
            return False
        self.counts.connections += 1
        if len(self._open) >= self.limits.connections:
            idle = next((each for each in self._open if each.state != WORKING), None)
            if idle is None:
                self.counts.refused += 1
                return False
            self.counts.displaced += 1
            self._open.pop(idle)
            idle.abort()
        self._open[connection] = None
        return True

    def moved(self, connection: HttpConnection) -> None:
        """It has taken an answer: others have been idle for longer."""
        if connection in self._open:
            self._open.pop(connection)
            self._open[connection] = None

    def release(self, connection: HttpConnection) -> None:
        self._open.pop(connection, None)

    def queue(self, connection: HttpConnection) -> None:
        """Its request is whole: answer when it is its turn."""
        self._queue.append(connection)
        if self._timer is None:
            self._serve()

    def _serve(self) -> None:
        """Answer who waits, as far as the budget goes."""
        self._timer = None
        loop = asyncio.get_running_loop()
        while self._queue:
            wait_s = self._budget.wait_s(loop.time())
            if wait_s:
                self._timer = loop.call_later(wait_s, self._serve)
                return
            connection = self._queue.popleft()
            if connection.state == WORKING:
                self._budget.spend(1)
                self._answer(connection)

    def _answer(self, connection: HttpConnection) -> None:
        request = connection.request
        assert request is not None
        method = request.method.decode("ascii")
        if method not in METHODS:
            allow = ("Allow", ", ".join(METHODS))
            connection.answer(error_answer(WRONG_METHOD, f"not {method}", (allow,)))
            return
        target = request.target.decode("ascii")
        host = next((value for name, value in request.headers if name == b"host"), b"")
        authority, path = _split(target, host.decode("latin-1"))
        if self._only_local and authority and not is_local_name(authority):
            said = "by this name the loopback address is not served"
            connection.answer(error_answer(WRONG_HOST, said))
            return
        if not path.startswith("/"):
            connection.answer(error_answer(BAD_REQUEST, "the target is no path"))
            return
        route = self._routes.get(path)
        if route is None:
            known = ", ".join(self._routes)
            connection.answer(error_answer(NOT_FOUND, f"there is {known}"))
            return

        def use(sent: Answer) -> None:
            self._budget.spend(len(sent.zipped or sent.body) / COST_BYTES)
            connection.answer(sent)

        route.ask(self._executor, use)

    def date(self) -> str:
        """Now, as HTTP has it."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._date = formatdate(second, usegmt=True)
        return self._date


def _split(target: str, host: str) -> tuple[str, str]:
    """Who is asked, and for which path, without the query.

    >>> _split("/metrics?x=1", "localhost:9100")
    ('localhost:9100', '/metrics')
    >>> _split("http://[::1]:9100", "evil.example")
    ('[::1]:9100', '/')
    """
    path = target.partition("?")[0]
    for scheme in ("http://", "https://"):
        if path.lower().startswith(scheme):
            host, slash, rest = path[len(scheme) :].partition("/")
            return host, slash + rest or "/"
    return host, path
