"""The peers' captures are not part of the project: their tests exist where they are."""

import os

collect_ignore = [] if os.environ.get("TCPKIT_PEER_CAPTURES") else ["test_peer_files.py"]
