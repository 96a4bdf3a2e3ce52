"""redis-benchmark with 20 clients: many connections at once, its own commands."""

import subprocess

from pcaps.lab import SERVER_HOST, Lab


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        subprocess.run(
            f"redis-benchmark -q -h {SERVER_HOST} -c 20 -n 200 -r 50 -t set,get,lpush".split(),
            check=True,
            stdout=subprocess.DEVNULL,
        )
