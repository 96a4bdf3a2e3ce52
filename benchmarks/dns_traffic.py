"""Real traffic: an nsd of our own, and dnsperf against it."""

import random
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.captures import QUICK_PACKETS, CaptureFailed, Note, Recipe
from benchmarks.tcpdump import recording
from tests.servers import free_port

PACKETS: Final = 1_500_000
CLIENTS: Final = 50
OUTSTANDING: Final = 100  # of all clients together
SEED: Final = 1
_PATIENCE_S: Final = 10.0
_LOOK_AGAIN_S: Final = 0.1
_QUERY: Final = bytes.fromhex("0001 0000 0001 0000 0000 0000 00 0006 0001")  # . SOA

# A wildcard answers any name. Debian's nsd would limit the rate of its answers.
_CONFIGURATION = """\
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/nsd.pid"
  zonelistfile: "{folder}/zone.list"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: bench
  zonefile: bench.zone
"""
_ZONE = """\
@ 3600 IN SOA ns.bench. root.bench. 1 3600 900 86400 300
@ 3600 IN NS ns.bench.
ns 3600 IN A 127.0.0.1
* 300 IN A 192.0.2.1
* 300 IN AAAA 2001:db8::1
"""


@contextmanager
def server_running(folder: Path) -> Iterator[int]:
    """The port of an nsd that answers to every name in `bench`; its files go to `folder`."""
    port = free_port()
    configuration = folder / "nsd.conf"
    configuration.write_text(_CONFIGURATION.format(port=port, folder=folder))
    Path(folder, "bench.zone").write_text(_ZONE)
    command = ["nsd", "-d", "-c", str(configuration)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(port)
            yield port
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(_LOOK_AGAIN_S)
        probe.connect(("127.0.0.1", port))
        while time.monotonic() < deadline_s:
            try:
                probe.send(_QUERY)
                probe.recv(512)
                return
            except ConnectionRefusedError:
                time.sleep(_LOOK_AGAIN_S)
            except TimeoutError:
                pass
    raise CaptureFailed(f"nsd does not answer on port {port}")


def _write_questions(path: Path, number: int) -> None:
    chance = random.Random(SEED)
    with path.open("w") as file:
        for _ in range(number):
            file.write(f"{chance.getrandbits(48):x}.bench {chance.choice(('A', 'AAAA'))}\n")


def _made(path: Path, quick: bool) -> Note:
    packets = QUICK_PACKETS if quick else PACKETS
    with TemporaryDirectory() as name:
        folder = Path(name)
        questions = folder / "questions"
        _write_questions(questions, -(-packets // 2))
        with (
            server_running(folder) as port,
            recording(path, f"udp port {port}", packets) as recorded,
        ):
            said = subprocess.run(
                f"dnsperf -s 127.0.0.1 -p {port} -d {questions} -n 1 -c {CLIENTS} "
                f"-q {OUTSTANDING} -W".split(),
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout
    sent, completed = _number("sent", said), _number("completed", said)
    if recorded.packets != sent + completed:
        path.unlink()
        raise CaptureFailed(
            f"dnsperf sent {sent} and got {completed}, captured were {recorded.packets} packets"
        )
    return Note(port, recorded.packets, completed)


def _number(what: str, text: str) -> int:
    found = re.search(rf"Queries {what}: +(\d+)", text)
    if found is None:
        raise CaptureFailed(f"dnsperf does not say what it has {what}: {text.strip()}")
    return int(found[1])


RANDOM_NAMES = Recipe(
    "dns-udp",
    f"dnsperf to nsd over UDP, A and AAAA of random names, {CLIENTS} clients, "
    f"{OUTSTANDING} queries outstanding",
    _made,
)
