"""What a script tells of a shipped capture: no cut of its segments and no Lua changes it."""

import pytest

from tcpkit.script.version import VERSIONS
from tests.scripts.protocols.shipped import (
    everything,
    in_pieces,
    names,
    packets_of,
    traced,
    traced_packets,
)

MODES = ("http", "mysql", "postgresql")
# A stream that is not known from its beginning is not found in pieces of a byte.
BEGUN_BEFORE = {(mode, name) for mode in ("http", "mysql") for name in ("snaplen", "mid-stream")}
WHOLE = [(mode, name) for mode in MODES for name in names(mode) if (mode, name) not in BEGUN_BEFORE]


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize(("mode", "name"), WHOLE)
def test_pieces_make_no_difference(mode: str, name: str, size: int) -> None:
    pieces = traced_packets(mode, in_pieces(packets_of(mode, name), size))
    assert everything(pieces) == everything(traced(mode, name))


@pytest.mark.parametrize("lua", VERSIONS)
@pytest.mark.parametrize("mode", MODES)
def test_every_version_of_lua_tells_the_same(mode: str, lua: str) -> None:
    for name in names(mode):
        assert everything(traced(mode, name, lua)) == everything(traced(mode, name)), name
