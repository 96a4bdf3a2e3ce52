"""What can be asked for: taken in the event loop, made in a thread, kept for a moment.

The capture shares the loop, so only numbers are copied there. A text is made by one
thread, one text at a time, whoever waits for it; all who do get the same one.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final

from tcpkit.server.http_answer import FAILED, Answer, error_answer

LIFE_S: Final = 0.5  # so long an answer is given again
# Making answers takes a sixth of the time at most, however long one takes and whoever asks.
REST: Final = 5
MAX_LIFE_S: Final = 5.0  # but no scrape gets older numbers than that

Make = Callable[[], Answer]
Take = Callable[[], Make]  # in the loop: copies what `Make` needs, which runs in a thread
Use = Callable[[Answer], None]


class Route:
    """One path. Not before `life_s` is over is it taken anew."""

    def __init__(self, take: Take, life_s: float = LIFE_S) -> None:
        self._take = take
        self._life_s = life_s
        self._answer: Answer | None = None
        self._until_s = 0.0  # by the loop's clock
        self._begun_s = 0.0
        self._waiting: list[Use] = []
        self._making: asyncio.Future[Answer] | None = None
        self.made = 0  # how often

    def ask(self, executor: Executor, use: Use) -> None:
        """Call `use` with the answer: at once where there is one, or as soon as it is made."""
        loop = asyncio.get_running_loop()
        if self._answer is not None and loop.time() < self._until_s:
            use(self._answer)
            return
        self._waiting.append(use)
        if len(self._waiting) > 1:
            return  # it is being made
        self._answer = None
        self._begun_s = loop.time()
        try:
            self._making = loop.run_in_executor(executor, self._take())
        except Exception as error:  # must not end the capture, whatever it is
            self._done(_failure(error))
            return
        self._making.add_done_callback(self._made)

    def close(self) -> None:
        """Nobody waits any more; what the thread still makes is thrown away."""
        self._waiting.clear()
        if self._making is not None:
            self._making.cancel()

    def _made(self, future: "asyncio.Future[Answer]") -> None:
        self._making = None
        if future.cancelled():
            return  # the server is closed
        error = future.exception()
        self._done(future.result() if error is None else _failure(error))

    def _done(self, made: Answer) -> None:
        self.made += 1
        now_s = asyncio.get_running_loop().time()
        self._answer = made
        self._until_s = now_s + life_s(self._life_s, now_s - self._begun_s)
        waiting, self._waiting = self._waiting, []
        for use in waiting:
            use(made)


def life_s(least_s: float, took_s: float) -> float:
    """How long an answer is given again that took so long to make.

    >>> life_s(0.5, 0.01), life_s(0.5, 0.3), life_s(0.5, 3.0), life_s(60.0, 3.0)
    (0.5, 1.5, 5.0, 60.0)
    """
    return max(least_s, min(MAX_LIFE_S, REST * took_s))


def fixed(made: Answer) -> Route:
    """A path whose answer never changes."""
    return Route(lambda: lambda: made, float("inf"))


def _failure(error: BaseException) -> Answer:
    logging.getLogger("tcpkit").error("http: %s: %s", type(error).__name__, error)
    return error_answer(FAILED, "this is a fault of tcpkit's, which goes on")
