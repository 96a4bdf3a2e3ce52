"""Clients that talk at once, and what the log has of each."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

from tests.live.tracer import Row

_Client = TypeVar("_Client")


def everywhere(talk: Callable[[_Client], None], clients: Iterable[_Client]) -> None:
    """Let all clients talk at once."""
    threads = [threading.Thread(target=talk, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def by_client(rows: Iterable[Row]) -> dict[str, list[str]]:
    """The requests of each connection, in the order of the log."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row["client"]].append(row["request"])
    return found
