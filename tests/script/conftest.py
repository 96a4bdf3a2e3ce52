"""A script in every version of Lua."""

from pathlib import Path

import pytest

from tcpkit.script.version import VERSIONS
from tests.script.running import Lua


@pytest.fixture(params=list(VERSIONS))
def lua(request: pytest.FixtureRequest, tmp_path: Path) -> Lua:
    return Lua(str(request.param), tmp_path)
