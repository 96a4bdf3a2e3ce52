"""What live tests share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.namespaces import Lab, lab_with
from tests.live.truth import TruthfulRedis
from tests.servers import redis_server_running


@pytest.fixture
def redis_truth() -> Iterator[TruthfulRedis]:
    """A real server that also tells, on a Unix socket that nobody captures, what it was sent."""
    with tempfile.TemporaryDirectory(prefix="tcpkit-live-") as folder:
        path = Path(folder) / "redis.sock"
        with redis_server_running("--unixsocket", str(path)) as server:
            truth = TruthfulRedis(server, path)
            try:
                yield truth
            finally:
                truth.close()


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Two network namespaces, joined by a veth pair."""
    with lab_with() as joined:
        yield joined
