"""The whole run of `memccapable -a`: libmemcached's tests of the text protocol."""

import subprocess

from pcaps.lab import SERVER_HOST, Lab
from pcaps.memcached_client import PORT, TCP, serve


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        subprocess.run(["memccapable", "-h", SERVER_HOST, "-p", str(PORT), "-a"], check=True)
