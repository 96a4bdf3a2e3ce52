"""The right to capture is the only one that the service gives its tracer: it is enough."""

from pathlib import Path

import pytest

from tests.live.resp_server import Client, resp_server
from tests.live.tracer import tracing

CAP_NET_RAW = 13  # linux/capability.h


def with_only(rights: str) -> tuple[str, ...]:
    """A prefix that leaves `rights`, and no way to more. The user stays: root is nobody then."""
    return (
        *("setpriv", "--no-new-privs", "--bounding-set", rights),
        *("--inh-caps", rights, "--ambient-caps", rights),
    )


@pytest.mark.parametrize("interface", ["lo", "any"])
def test_cap_net_raw_alone_is_enough_to_capture(interface: str) -> None:
    with (
        resp_server() as server,
        tracing(
            *("-p", str(server.port)), interface=interface, prefix=with_only("-all,+net_raw")
        ) as tracer,
        Client(server.address, server.port) as client,
    ):
        client.ask("PING")
        [row] = tracer.rows_when(1)
        status = Path(f"/proc/{tracer.process.pid}/status").read_text()
        effective = status.partition("CapEff:\t")[2].partition("\n")[0]
        assert int(effective, 16) == 1 << CAP_NET_RAW
        assert row["command"] == "PING"


def test_without_any_right_it_says_that_it_cannot() -> None:
    with (
        pytest.raises(RuntimeError, match="tcpkit: error: cannot capture on lo: "),
        tracing(prefix=with_only("-all")),
    ):
        pass
