"""The event loops that can run a server."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest
import uvloop


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[None, None, None]], None]:
    """Runs a coroutine to its end, which must come within a minute."""
    make = asyncio.new_event_loop if request.param == "asyncio" else uvloop.new_event_loop

    def run_in_loop(main: Coroutine[None, None, None]) -> None:
        loop = make()
        try:
            loop.run_until_complete(asyncio.wait_for(main, 60))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    return run_in_loop
