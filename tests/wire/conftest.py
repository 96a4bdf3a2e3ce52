"""Captures that are not part of the repository are tested where they are to be had."""

import os

collect_ignore = [] if os.environ.get("TCPKIT_PEER_CAPTURES") else ["test_peer_captures.py"]
