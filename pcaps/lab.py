"""Two hosts on one cable, a real server on one of them, and tcpdump beside it.

The hosts are network namespaces joined by a veth pair (MTU 1500, no segmentation
offload), so ports and addresses are the same in every capture and nothing else is
in it. Needs root, iproute2, tcpdump and the servers.
"""

import ctypes
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from types import TracebackType

from pcaps.client import Client

CLIENT_HOST = "10.0.0.1"
SERVER_HOST = "10.0.0.2"
CLIENT_HOST_6 = "fd00::1"
SERVER_HOST_6 = "fd00::2"
REDIS_PORT = 6379

_CLIENT_CARD = "02:00:00:00:00:01"
_SERVER_CARD = "02:00:00:00:00:02"
_OTHER_CARD = "02:00:00:00:00:0f"
_CLONE_NEWNET = 0x40000000
# What tcpdump needs to take the last packets out of the kernel's buffer.
_SETTLE_S = 0.3
# The kernel sets the snap length aside for every packet that waits, however short it is.
_BUFFER_KIB = 32768
_FRAME_BYTES = 2048


def _run(command: str) -> None:
    subprocess.run(command.split(), check=True)


def _enter_namespace(descriptor: int) -> None:
    # os.setns exists from Python 3.12 on.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "cannot enter the network namespace")


class Lab:
    """The client's host is where this process is while the lab is open."""

    def __init__(self, capture_path: Path) -> None:
        self.capture_path = capture_path
        self._client = f"tcpkit-client-{os.getpid()}"
        self._server = f"tcpkit-server-{os.getpid()}"
        self._cleanup = ExitStack()

    def __enter__(self) -> "Lab":
        with ExitStack() as cleanup:
            cleanup.enter_context(_namespace(self._client))
            cleanup.enter_context(_namespace(self._server))
            _run(
                f"ip -n {self._client} link add cable address {_CLIENT_CARD} type veth"
                f" peer name cable address {_SERVER_CARD} netns {self._server}"
            )
            self._plug(self._client, "cable", CLIENT_HOST, CLIENT_HOST_6)
            self._plug(self._server, "cable", SERVER_HOST, SERVER_HOST_6)
            self._introduce()
            home = cleanup.enter_context(open("/proc/thread-self/ns/net", "rb"))
            cleanup.callback(_enter_namespace, home.fileno())
            with open(f"/run/netns/{self._client}", "rb") as namespace:
                _enter_namespace(namespace.fileno())
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._cleanup.close()

    def _plug(self, namespace: str, device: str, host: str, host_6: str) -> None:
        _run(f"ip -n {namespace} address add {host}/24 dev {device}")
        _run(f"ip -n {namespace} address add {host_6}/64 dev {device} nodad")
        _run(f"ip -n {namespace} link set {device} gso_max_segs 1 up")

    def _introduce(self) -> None:
        """Tell each host the other's card: whom a deaf host asks would learn its other card."""
        for namespace, hosts, card in (
            (self._client, (SERVER_HOST, SERVER_HOST_6), _SERVER_CARD),
            (self._server, (CLIENT_HOST, CLIENT_HOST_6), _CLIENT_CARD),
        ):
            for host in hosts:
                _run(f"ip -n {namespace} neighbor replace {host} lladdr {card} dev cable")

    def jumbo(self, mtu: int) -> None:
        """Let frames carry as much, so that a long transfer has few of them."""
        for namespace in (self._client, self._server):
            _run(f"ip -n {namespace} link set cable mtu {mtu}")

    def bridge_the_server(self) -> None:
        """Put the server's addresses on a bridge, as containers have it.

        A capture on `any` then sees each packet twice: on the cable and on the bridge.
        """
        for command in (
            f"link add bridge address {_SERVER_CARD} type bridge",
            f"address del {SERVER_HOST}/24 dev cable",
            f"address del {SERVER_HOST_6}/64 dev cable",
            "link set cable master bridge",
        ):
            _run(f"ip -n {self._server} {command}")
        self._plug(self._server, "bridge", SERVER_HOST, SERVER_HOST_6)

    def redis(self, *options: str, port: int = REDIS_PORT) -> None:
        """Start a redis-server that saves nothing; it ends with the lab."""
        self.serve(
            *("redis-server", "--port", str(port)),
            *("--save", "", "--appendonly", "no", "--protected-mode", "no"),
            *("--enable-debug-command", "yes", *options),
            ready="Ready to accept connections",
        )

    def folder(self) -> Path:
        """An empty folder that is gone with the lab."""
        folder = tempfile.TemporaryDirectory(prefix="tcpkit-lab-")
        return Path(self._cleanup.enter_context(folder))

    def serve(
        self, *command: str, ready: str, host: str = "server", stop: int = signal.SIGTERM
    ) -> "subprocess.Popen[str]":
        """Start a program on the host of the server or the `client`; it ends with the lab.

        It runs in the foreground and says `ready`, in a line on either output, when it
        can be asked; `stop` is the signal that ends it. Raises RuntimeError if it ends before.
        """
        namespace = {"client": self._client, "server": self._server}[host]
        server = subprocess.Popen(
            ("ip", "netns", "exec", namespace, *command),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",  # it may print what it is sent
        )
        self._cleanup.callback(_stop, server, stop)
        assert server.stdout is not None
        for line in server.stdout:
            if ready in line:
                # a full pipe would hold it up
                Thread(target=server.stdout.read, daemon=True).start()
                return server
        raise RuntimeError(f"the server did not start: {' '.join(command)}")

    @contextmanager
    def capture(
        self, *options: str, interface: str = "cable", only: str = f"tcp port {REDIS_PORT}"
    ) -> Iterator[None]:
        """Capture the server's side, in nanoseconds, to the file this lab is for.

        `only` is what is captured, as a pcap-filter(7) expression.
        """
        command = (
            *("ip", "netns", "exec", self._server, "tcpdump", "-i", interface, "-n", "-U"),
            *("-Z", "root", "--immediate-mode", "--time-stamp-precision=nano"),
            *("-B", str(_BUFFER_KIB), "-s", str(_FRAME_BYTES), *options),
            *("-w", str(self.capture_path), only),
        )
        tcpdump = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self._cleanup.callback(_stop, tcpdump)
        assert tcpdump.stderr is not None
        for line in tcpdump.stderr:
            if "listening on" in line:
                break
        else:
            raise RuntimeError(f"tcpdump did not start: {' '.join(command)}")
        yield
        time.sleep(_SETTLE_S)
        tcpdump.terminate()
        closing = tcpdump.stderr.read()
        if "\n0 packets dropped by kernel" not in closing:
            raise RuntimeError(f"the capture is not whole: {closing}")

    def connect(
        self, host: str = SERVER_HOST, source_port: int = 0, port: int = REDIS_PORT
    ) -> Client:
        return Client(host, port, source_port)

    @contextmanager
    def deaf(self, host: str) -> Iterator[None]:
        """Make `client` or `server` refuse what arrives, after it was captured.

        Its network card takes another address, so what is sent to the old one is
        not for it: a real loss, with real retransmissions.
        """
        cards = {"client": (self._client, _CLIENT_CARD), "server": (self._server, _SERVER_CARD)}
        namespace, card = cards[host]
        _run(f"ip -n {namespace} link set cable address {_OTHER_CARD}")
        yield
        _run(f"ip -n {namespace} link set cable address {card}")
        self._introduce()

    @staticmethod
    def pause(seconds: float) -> None:
        time.sleep(seconds)


@contextmanager
def _namespace(name: str) -> Iterator[None]:
    _run(f"ip netns add {name}")
    try:
        _run(f"ip -n {name} link set lo up")
        yield
    finally:
        _run(f"ip netns del {name}")


def _stop(process: "subprocess.Popen[str]", number: int = signal.SIGTERM) -> None:
    """`ip netns exec` replaces itself by the program, so this reaches the program."""
    with process:
        if process.poll() is None:
            process.send_signal(number)
            process.send_signal(signal.SIGCONT)  # a maker may have stopped it
