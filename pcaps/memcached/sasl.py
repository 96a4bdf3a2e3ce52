"""Authentication by SASL: unauthenticated, refused, let in by AUTH and by STEP."""

import os
import socket
import tempfile
from pathlib import Path
from threading import Thread

from pcaps.lab import Lab
from pcaps.memcached_client import (
    GET,
    SASL_AUTH,
    SASL_LIST,
    SASL_STEP,
    SET,
    STORE,
    TCP,
    VERSION,
    binary,
    connect,
    serve,
)

RIGHT = b"\0user\0secret-password"
WRONG = b"\0user\0wrong-password"


def judge(door: socket.socket) -> None:
    """Answer as saslauthd does: name, password, service and realm, each behind its length."""
    while True:
        asking, _ = door.accept()
        with asking:
            verdict = b"OK" if b"secret-password" in asking.recv(4096) else b"NO"
            asking.sendall(len(verdict).to_bytes(2, "big") + verdict)


def make(lab: Lab) -> None:
    with tempfile.TemporaryDirectory() as name, socket.socket(socket.AF_UNIX) as door:
        path = Path(name) / "mux"
        door.bind(str(path))
        door.listen()
        Thread(target=judge, args=(door,), daemon=True).start()
        (Path(name) / "memcached.conf").write_text(
            f"mech_list: plain\npwcheck_method: saslauthd\nsaslauthd_path: {path}\n"
        )
        os.environ["SASL_CONF_PATH"] = name
        serve(lab, "-S")
        with lab.capture(only=TCP):
            client = connect(lab)
            client.call(binary(SASL_LIST))
            client.call(binary(VERSION))
            client.call(binary(SASL_AUTH, b"PLAIN", RIGHT, opaque=3))
            client.call(binary(SET, b"a", b"value", STORE.pack(0, 0)))
            client.call(binary(GET, b"a"))
            client.close()
            # PLAIN in two steps.
            client = connect(lab)
            client.call(binary(SASL_AUTH, b"PLAIN"))
            client.call(binary(SASL_STEP, b"PLAIN", RIGHT))
            client.call(binary(GET, b"a"))
            client.close()
            client = connect(lab)
            client.call(binary(SASL_AUTH, b"PLAIN", WRONG))
            client.call(binary(SASL_AUTH, b"UNKNOWN", RIGHT))
            client.call(binary(GET, b"a"))
            client.close()
            client = connect(lab)
            client.call(binary(GET, b"a"))
            client.close()
