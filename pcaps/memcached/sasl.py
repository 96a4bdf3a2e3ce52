"""Authentication by SASL: unauthenticated, refused, let in by AUTH and by STEP."""

import os

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
from pcaps.saslauthd import saslauthd_running

RIGHT = b"\0user\0secret-password"
WRONG = b"\0user\0wrong-password"


def make(lab: Lab) -> None:
    with saslauthd_running("secret-password") as folder:
        os.environ["SASL_CONF_PATH"] = folder
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
