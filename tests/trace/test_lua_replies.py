"""Replies of a script's protocol: what the script says of them, else status and code."""

from pathlib import Path

import pytest

from tests.build import Conversation, Packet, datagram, write_pcap
from tests.program import Outcome, tcpkit_run
from tests.trace.traced import replies

LINES = """
tcpkit.protocol {
  name = "lines", port = 7, transport = "TRANSPORT",
  request = function(stream)
    return { command = "ECHO", request = stream:line() }
  end,
  reply = function(stream)
    local line = stream:line()
    if line == "plain" then return {} end
    if line == "coded" then return { code = "C1" } end
    if line == "wrong" then return { status = "error", code = "E1", text = {} } end
    return { text = line }
  end,
}
"""


def traced(folder: Path, transport: str, packets: list[Packet]) -> Outcome:
    (folder / "lines.lua").write_text(LINES.replace("TRANSPORT", transport))
    write_pcap(folder / "lines.pcap", packets)
    return tcpkit_run(
        *("trace", "-r", "lines.pcap", "-m", "lines", "-S", "lines.lua", "-q"), cwd=folder
    )


def conversation(*texts: bytes) -> list[Packet]:
    talk = Conversation(server="10.0.0.2:7").handshake()
    for text in texts:
        talk.client(text + b"\n").server(text + b"\n")
    return talk.close().packets


def shown(outcome: Outcome) -> list[str]:
    return [line.partition(" ms  ")[2] for line in outcome.out.splitlines() if "#" in line]


def test_the_text_of_a_reply_is_shown(tmp_path: Path) -> None:
    outcome = traced(tmp_path, "tcp", conversation(b"hello", b"a\0b", b"x" * 200))

    assert outcome.err == ""
    assert shown(outcome) == [
        "hello -> hello",
        r"a\x00b -> a\x00b",
        f"{'x' * 128}... -> {'x' * 128}...",
    ]


def test_without_a_text_status_and_code_are_shown(tmp_path: Path) -> None:
    assert shown(traced(tmp_path, "tcp", conversation(b"plain", b"coded"))) == [
        "plain -> ok",
        "coded -> ok C1",
    ]


def test_a_text_that_is_none_is_an_error_of_the_script(tmp_path: Path) -> None:
    outcome = traced(tmp_path, "tcp", conversation(b"wrong"))

    assert "`text` must be a string, not a table" in outcome.err
    assert shown(outcome) == ["wrong -> error E1"]


def test_over_udp_the_text_is_shown_too(tmp_path: Path) -> None:
    client, server = "10.0.0.1:40000", "10.0.0.2:7"
    packets = [datagram(client, server, b"hello\n", 0), datagram(server, client, b"hello\n", 9)]
    outcome = traced(tmp_path, "udp", packets)

    assert outcome.out.rstrip().endswith("hello -> hello  [inferred]")


@pytest.mark.parametrize(
    ("capture", "mode", "request_", "reply"),
    [
        ("http/errors.pcap", "http", "GET 10.0.0.2/broken", "error 500"),
        ("postgresql/pipeline.pcap", "postgresql", "INSERT INTO numbers VALUES ($1)", "ok"),
    ],
)
def test_shipped_protocols_show_status_and_code(
    capture: str, mode: str, request_: str, reply: str
) -> None:
    script = f"protocols/{mode}.lua"

    assert (request_, reply) in replies(capture, mode, "-S", script)
