"""Packets from an interface, by pypcap.

The kernel collects packets in blocks and hands one over when it is full, or READ_MS
after its first packet: asking for every packet at once costs ten times as much and
drops packets under load.
"""

import os
import socket
from collections.abc import Sequence
from typing import Final, Protocol

from tcpkit.capture.live_feed import LiveFeed
from tcpkit.capture.source import PacketSink
from tcpkit.errors import CaptureError, ConfigError

READ_MS: Final = 100
ANY: Final = "any"
_EMPTY_FOLDER: Final = "/proc"  # holds no file with the name of an interface


class _Handle(Protocol):
    """What is used of pypcap's pcap."""

    def setfilter(self, value: str) -> None: ...
    def setnonblock(self, nonblock: bool = True) -> None: ...
    def datalink(self) -> int: ...
    def fileno(self) -> int: ...
    def dispatch(self, cnt: int, callback: object) -> int: ...
    def stats(self) -> tuple[int, int, int]: ...
    def geterr(self) -> bytes: ...
    def close(self) -> None: ...


class LiveCapture:
    """An open interface; `fileno` is readable when `dispatch` has something to read."""

    def __init__(
        self, interface: str, filters: Sequence[str], buffer_kib: int, snaplen: int
    ) -> None:
        """Open `interface` with the first of `filters` that its link type can express.

        Raises CaptureError where it cannot be opened, ConfigError where pypcap is missing.
        """
        self.interface = interface
        self._handle = _open(interface, buffer_kib, snaplen)
        self._feed: LiveFeed | None = None
        self.link_type = self._handle.datalink()
        self.filter = self._set_filter(filters)
        self._handle.setnonblock()

    def _set_filter(self, filters: Sequence[str]) -> str:
        problem = ""
        for expression in filters:
            try:
                self._handle.setfilter(expression)
            except OSError as error:
                problem = str(error)
            else:
                return expression
        self.close()
        raise CaptureError(f"cannot set a filter on {self.interface}: {problem}")

    def feed(self, sink: PacketSink) -> None:
        """Give the packets to `sink` from now on."""
        self._feed = LiveFeed(sink, self.link_type)

    def fileno(self) -> int:
        return self._handle.fileno()

    def dispatch(self) -> int:
        """Read what one buffer holds, without waiting; the number of packets.

        Raises CaptureError when the interface is gone.
        """
        assert self._feed is not None
        count = self._handle.dispatch(-1, self._feed.take)
        if count < 0:
            reason = self._handle.geterr().decode(errors="replace")
            raise CaptureError(f"cannot capture on {self.interface}: {reason}")
        return count

    @property
    def packets(self) -> int:
        """Packets that were handed over so far."""
        return 0 if self._feed is None else int(self._feed.packets)

    @property
    def bytes(self) -> int:
        """Their bytes, as far as they were captured."""
        return 0 if self._feed is None else int(self._feed.bytes)

    def counts(self) -> dict[str, int]:
        """What the kernel says: passed the filter, dropped for want of room."""
        received, dropped, by_interface = self._handle.stats()
        return {
            "received by the filter": received,
            "dropped by the kernel": dropped,
            "dropped by the interface": by_interface,
        }

    def close(self) -> None:
        self._handle.close()


def _open(interface: str, buffer_kib: int, snaplen: int) -> _Handle:
    try:
        import pcap
    except ImportError as error:
        raise ConfigError(f"-i needs pypcap: pip install 'tcpkit[live]' ({error})") from None
    if interface != ANY and interface not in [name for _, name in socket.if_nameindex()]:
        raise CaptureError(f"cannot capture on {interface}: no such interface")
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        # pypcap reads a file of that name, if there is one, instead of the interface
        os.chdir(_EMPTY_FOLDER)
        handle: _Handle = pcap.pcap(
            interface,
            snaplen=snaplen,
            promisc=interface != ANY,  # `any` has no such mode, and asking for it fails
            timeout_ms=READ_MS,
            immediate=False,
            timestamp_in_ns=True,
            buffer_size=buffer_kib * 1024,
        )
    except OSError as error:
        raise CaptureError(f"cannot capture on {interface}: {_reason(error)}") from None
    finally:
        os.fchdir(folder)
        os.close(folder)
    return handle


def _reason(error: OSError) -> str:
    text = error.args[0] if error.args else ""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    text = str(text)
    if os.geteuid() != 0 and ("denied" in text or "permi" in text.lower() or "b''" in text):
        return "permission denied; run as root, or give python the capability cap_net_raw"
    return text
