"""`python -m tcpkit`, and the command `tcpkit`."""

import gc

gc.disable()  # nothing that is made while starting is garbage

from tcpkit.cli import entry  # noqa: E402

if __name__ == "__main__":
    entry()
