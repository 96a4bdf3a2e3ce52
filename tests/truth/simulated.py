"""Conversations that never were, with the delays of a network: what no lab makes at will.

A client keeps so many requests outstanding, a server takes so long for each, the capture
stands somewhere between them. Every number is drawn from a seed. Acknowledgments say what
had arrived when a segment was sent, so all orders that a real wire can show are there:
replies that cross requests, a server that is always behind, a capture that ends while
requests wait. Nothing here comes from the package that is tested.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.build import ACK, PSH, START_NS, SYN, End, Packet, ethernet_frame, ip_packet, tcp_segment
from tests.truth.dialects import Dialect

_TCP: Final = 6
_CLIENT_ISN: Final = 1000
_SERVER_ISN: Final = 500_000
_IN_ORDER_US: Final = 0.5  # segments of a direction are at least so far apart


@dataclass
class Habits:
    """What a seed draws. Times in microseconds; a spread of 2 makes a time up to 3 times longer."""

    dice: random.Random
    dialect: Dialect
    kinds: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        choose = self.dice.choice
        self.network_us: float = choose([5, 20, 50, 200, 1000])
        self.network_spread: float = choose([0, 0.1, 0.5])
        self.capture_at: float = choose([0.0, 0.5, 1.0])  # 0: beside the client, 1: the server
        self.outstanding: int = choose([1, 1, 2, 2, 3, 5, 16])
        self.refills: bool = choose([True, True, False])  # else it waits for all replies
        self.service_us: float = choose([2, 20, 100, 300, 2000])
        self.service_spread: float = choose([0, 0.3, 2.0])
        self.think_us: float = choose([1, 10, 100, 1000])
        self.think_spread: float = choose([0, 0.5, 3.0])
        self.gathers: bool = choose([False, False, True])  # several replies in a segment
        self.requests: int = choose([40, 150, 400])
        self.pushes: bool = bool(self.dialect.push) and choose([False, False, False, True])
        whole = choose([True, True, False])  # else the capture ends in the middle
        self.replies_seen = self.requests if whole else int(self.requests * choose([0.3, 0.6, 0.9]))
        self.kinds = choose([[kind] for kind in self.dialect.kinds] + [list(self.dialect.kinds)])

    def around(self, time_us: float, spread: float) -> float:
        return time_us * (1 + self.dice.uniform(0, spread))


class Direction:
    """One direction of the connection: `sent` and `arrived` are positions in it."""

    def __init__(self, source: End, destination: End, isn: int) -> None:
        self.source = source
        self.destination = destination
        self.sent = isn + 1
        self.arrived = isn + 1
        self.identification = 1
        self.last_us = 0.0


class Simulation:
    """One connection. `packets` is what the capture holds."""

    def __init__(self, dialect: Dialect, seed: int) -> None:
        self.habits = Habits(random.Random(seed), dialect)
        self._dialect = dialect
        client, server = End.parse("10.0.0.1:40000"), End.parse(f"10.0.0.2:{dialect.port}")
        self._up = Direction(client, server, _CLIENT_ISN)
        self._down = Direction(server, client, _SERVER_ISN)
        self._frames: list[tuple[float, int, bytes]] = []
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = 0
        self._asked = 0
        self._answered = 0
        self._queue: list[tuple[str, int]] = []
        self._busy = False
        self._gathered = b""
        self._gathered_replies = 0
        self._run()
        self._frames.sort()
        self.packets = [
            Packet(START_NS + round((at_us + 10_000) * 1000), frame, len(frame))
            for at_us, _, frame in self._frames
        ]

    def _run(self) -> None:
        wire = self.habits.network_us
        self._frame(self._up, b"", _CLIENT_ISN, 0, SYN, -3 * wire)
        self._frame(self._down, b"", _SERVER_ISN, _CLIENT_ISN + 1, SYN | ACK, -2 * wire)
        self._frame(self._up, b"", _CLIENT_ISN + 1, _SERVER_ISN + 1, ACK, -wire)
        self._at(0.0, lambda now: self._ask(now, self.habits.outstanding))
        while self._events and self._answered < self.habits.replies_seen:
            now, _, event = heapq.heappop(self._events)
            event(now)

    def _at(self, when_us: float, event: Callable[[float], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (when_us, self._count, event))

    def _frame(
        self, way: Direction, data: bytes, seq: int, ack: int, flags: int, at_us: float
    ) -> None:
        segment = tcp_segment(way.source, way.destination, data, seq, ack, flags)
        packet = ip_packet(way.source, way.destination, _TCP, segment, way.identification)
        way.identification += 1
        self._frames.append((at_us, len(self._frames), ethernet_frame(packet)))

    def _send(self, way: Direction, data: bytes, ack: int, now: float) -> float:
        """Put a segment on the wire; when it arrives."""
        travel = self.habits.around(self.habits.network_us, self.habits.network_spread)
        arrival = max(now + travel, way.last_us + _IN_ORDER_US)
        way.last_us = arrival
        part = self.habits.capture_at if way is self._up else 1 - self.habits.capture_at
        flags = PSH | ACK if data else ACK
        self._frame(way, data, way.sent, ack, flags, now + (arrival - now) * part)
        way.sent += len(data)
        return arrival

    def _ask(self, now: float, count: int) -> None:
        for _ in range(min(count, self.habits.requests - self._asked)):
            number = self._asked
            kind = self.habits.kinds[number % len(self.habits.kinds)]
            data = self._dialect.request(kind, number)
            self._asked += 1
            arrival = self._send(self._up, data, self._down.arrived, now)
            self._at(arrival, self._takes_request(kind, number, len(data)))
            now += 0.7

    def _takes_request(self, kind: str, number: int, size: int) -> Callable[[float], None]:
        def arrive(now: float) -> None:
            self._up.arrived += size
            self._queue.append((kind, number))
            if not self._busy:
                self._serve(now)

        return arrive

    def _serve(self, now: float) -> None:
        self._busy = bool(self._queue)
        if self._busy:
            took = self.habits.around(self.habits.service_us, self.habits.service_spread)
            self._at(now + took, self._answer)

    def _answer(self, now: float) -> None:
        kind, number = self._queue.pop(0)
        dice = self.habits.dice
        said = self._dialect.reply(kind, number, dice)
        if self.habits.pushes and dice.random() < 0.1:
            push = self._dialect.push
            said = push + said if dice.random() < 0.5 else said + push
        self._gathered += said
        self._gathered_replies += 1
        waits = self.habits.gathers and self._queue
        if not waits or self._gathered_replies >= self.habits.outstanding:
            data, replies = self._gathered, self._gathered_replies
            self._gathered, self._gathered_replies = b"", 0
            arrival = now
            if data:
                arrival = self._send(self._down, data, self._up.arrived, now)
            self._at(arrival, self._takes_replies(replies, len(data)))
        self._serve(now)

    def _takes_replies(self, count: int, size: int) -> Callable[[float], None]:
        def arrive(now: float) -> None:
            self._down.arrived += size
            self._answered += count
            if self.habits.dice.random() < 0.3:
                self._send(self._up, b"", self._down.arrived, now)
            if self.habits.refills:
                for _ in range(count):
                    self._at(self._thinks(now), lambda at: self._ask(at, 1))
            elif self._answered == self._asked:
                several = self.habits.dice.randint(1, self.habits.outstanding)
                self._at(self._thinks(now), lambda at: self._ask(at, several))

        return arrive

    def _thinks(self, now: float) -> float:
        return now + self.habits.around(self.habits.think_us, self.habits.think_spread)
