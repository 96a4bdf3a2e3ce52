"""What saslauthd is to a memcached that was started with -S: it judges names and passwords."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread


@contextmanager
def saslauthd_running(password: str) -> Iterator[str]:
    """Let in who knows `password`. Gives the folder that SASL_CONF_PATH is to name."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as door:
        path = Path(folder) / "mux"
        door.bind(str(path))
        door.listen()
        judge = Thread(target=_judge, args=(door, password.encode()))
        judge.start()
        (Path(folder) / "memcached.conf").write_text(
            f"mech_list: plain\npwcheck_method: saslauthd\nsaslauthd_path: {path}\n"
        )
        try:
            yield folder
        finally:
            door.shutdown(socket.SHUT_RDWR)
            judge.join()


def _judge(door: socket.socket, password: bytes) -> None:
    """A question is name, password, service and realm, each behind its length of two bytes."""
    while True:
        try:
            asking, _ = door.accept()
        except OSError:
            return  # it was shut down
        with asking:
            verdict = b"OK" if password in asking.recv(4096) else b"NO"
            asking.sendall(len(verdict).to_bytes(2, "big") + verdict)
