"""Datagrams of memcached, framed, and a run over them."""

import struct

from tests.build import START_NS, Packet, datagram
from tests.protocols.capture import Capture
from tests.protocols.memcached.packets import PORT

CLIENT = "10.0.0.1:40000"
SERVER = f"10.0.0.2:{PORT}"
FRAME = struct.Struct("!HHHH")


class Talk:
    """Packets of one client and the server; each has an identification of its own."""

    def __init__(self, client: str = CLIENT) -> None:
        self.client = client
        self.packets: list[Packet] = []

    def ask(
        self, number: int, payload: bytes, at_us: float, count: int = 1, mark: int | None = None
    ) -> "Talk":
        return self._send(
            self.client, SERVER, FRAME.pack(number, 0, count, 0), payload, at_us, mark
        )

    def reply(
        self,
        number: int,
        payload: bytes,
        at_us: float,
        part: tuple[int, int] = (0, 1),
        mark: int | None = None,
    ) -> "Talk":
        """`part` is the sequence number and the count."""
        frame = FRAME.pack(number, *part, 0)
        return self._send(SERVER, self.client, frame, payload, at_us, mark)

    def _send(
        self, source: str, to: str, frame: bytes, payload: bytes, at_us: float, mark: int | None
    ) -> "Talk":
        identification = len(self.packets) + 1 if mark is None else mark
        at_ns = START_NS + round(at_us * 1000)
        self.packets.append(
            datagram(source, to, frame + payload, at_ns, identification=identification)
        )
        return self

    def warm(self) -> "Talk":
        """A first request, after which the client's ids are known to differ."""
        return self.ask(999, b"version\r\n", 1).reply(999, b"VERSION 1.6.18\r\n", 2)


def run(packets: list[Packet], timeout_s: int = 10) -> Capture:
    """What has been read so far; the capture may go on."""
    made = Capture("memcached", (PORT,), timeout_s, keep_bytes=False, udp=True)
    return made.feed(packets)


def told(result: Capture) -> list[tuple[str, str]]:
    """Request and status of all but the one that `warm` made."""
    return [(x.request, x.status) for x in result.exchanges if x.request != "version"]
