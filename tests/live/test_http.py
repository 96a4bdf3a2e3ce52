"""nginx and Python's http.server, curl and http.client: what is logged is what was asked."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

from pcaps.http_client import Connection, curl, get
from pcaps.http_servers import NGINX_READY, SERVER_READY, nginx_command, server_command
from tests.goldens import ROOT, SCRIPTS
from tests.live.clients import by_client, everywhere
from tests.live.tracer import Row, Tracer, counter, tracing
from tests.servers import server_running

SCRIPT = SCRIPTS / "http.lua"
_ACCESS = re.compile(r'"(\S+) (\S+) HTTP/1.1" (\d+) ')


@contextmanager
def nginx_traced() -> Iterator[tuple[int, Path, Tracer]]:
    """The port of an nginx, its access log, and who watches it."""
    with tempfile.TemporaryDirectory(prefix="tcpkit-live-") as name:
        folder = Path(name)
        command = partial(nginx_command, folder, host="127.0.0.1")
        with server_running(command, NGINX_READY) as (port, _), traced(port) as tracer:
            yield port, folder / "access.log", tracer


@contextmanager
def server_traced() -> Iterator[tuple[int, Tracer]]:
    """The port of Python's server, and who watches it."""
    command = partial(server_command, host="127.0.0.1")
    with server_running(command, SERVER_READY, cwd=ROOT) as (port, _), traced(port) as tracer:
        yield port, tracer


@contextmanager
def traced(port: int) -> Iterator[Tracer]:
    with tracing("-S", SCRIPT, "-p", str(port), mode="http") as tracer:
        yield tracer


def told(rows: Sequence[Row]) -> list[tuple[str, str | None]]:
    return [(row["request"], row["code"]) for row in rows]


def test_requests_of_curl_are_those_that_nginx_heard() -> None:
    with nginx_traced() as (port, access_log, tracer):
        host = f"127.0.0.1:{port}"
        site = f"http://{host}"
        curl(f"{site}/hello.txt", f"{site}/text?q=1", f"{site}/nothing", f"{site}/missing")
        curl("-I", f"{site}/large.txt", f"{site}/hello.txt")
        curl("-L", f"{site}/moved")
        curl("-d", "name=value", f"{site}/text", f"{site}/broken")
        asked = [
            ("GET /hello.txt", "200"),
            ("GET /text?q=1", "200"),
            ("GET /nothing", "204"),
            ("GET /missing", "404"),
            ("HEAD /large.txt", "200"),
            ("HEAD /hello.txt", "200"),
            ("GET /moved", "301"),
            ("GET /hello.txt", "200"),
            ("POST /text", "200"),
            ("POST /broken", "500"),
        ]
        rows = tracer.rows_when(len(asked))
        assert told(rows) == [
            (f"{request.replace(' ', f' {host}', 1)}", code) for request, code in asked
        ]
        heard = _ACCESS.findall(access_log.read_text())
        assert [(f"{method} {path}", code) for method, path, code in heard] == asked
    assert {row["quality"] for row in rows} == {"exact"}
    assert [row["status"] for row in rows] == ["ok"] * 9 + ["error"]


def test_requests_of_pythons_client_are_logged_whatever_their_bodies() -> None:
    with server_traced() as (port, tracer), closing(HTTPConnection("127.0.0.1", port)) as client:
        host = f"127.0.0.1:{port}"

        def ask(method: str, path: str, body: bytes | Iterator[bytes] | None = None) -> bytes:
            client.request(method, path, body)
            return client.getresponse().read()

        assert ask("GET", "/first") == b"GET /first\n"
        assert ask("POST", "/up", b"x" * 3_000_000) == b"3000000 bytes\n"
        assert ask("PUT", "/chunked", iter((b"one", b"GET / HTTP/1.1\r\n\r\n"))) == b"21 bytes\n"
        assert len(ask("GET", "/trailers")) == 19 + 3000 + 18
        assert len(ask("GET", "/large")) == 30_000
        assert ask("HEAD", "/large") == b""
        assert ask("DELETE", "/this") == b""
        assert ask("GET", "/fails") == b"it failed\n"
        assert ask("GET", "/until-close")[:15] == b"HTTP/1.1 200 OK"
        rows = tracer.rows_when(9)
    assert told(rows) == [
        (f"GET {host}/first", "200"),
        (f"POST {host}/up", "201"),
        (f"PUT {host}/chunked", "201"),
        (f"GET {host}/trailers", "200"),
        (f"GET {host}/large", "200"),
        (f"HEAD {host}/large", "200"),
        (f"DELETE {host}/this", "204"),
        (f"GET {host}/fails", "500"),
        (f"GET {host}/until-close", "200"),
    ]
    assert rows[1]["request_bytes"] > 3_000_000
    assert {row["quality"] for row in rows} == {"exact"}


def test_pipelines_of_many_connections_are_each_answered_in_order() -> None:
    count = 200
    with nginx_traced() as (port, _, tracer):
        clients = [Connection(port, "127.0.0.1") for _ in range(4)]
        names = {f"127.0.0.1:{client.socket.getsockname()[1]}": client for client in clients}

        def talk(named: tuple[str, Connection]) -> None:
            name, client = named
            for number in range(count):
                client.write(get(f"/text?{name}&{number}"))
            for _ in range(count):
                client.reply()

        everywhere(talk, names.items())
        for client in clients:
            client.close()
        rows = tracer.rows_when(count * len(clients))
    assert by_client(rows) == {
        name: [f"GET www.example/text?{name}&{number}" for number in range(count)] for name in names
    }
    assert {row["quality"] for row in rows} == {"exact"}


def test_password_of_a_user_is_not_in_the_log() -> None:
    with nginx_traced() as (port, _, tracer):
        curl(f"http://user:hidden@127.0.0.1:{port}/text?token=hidden")
        tracer.rows_when(1)
        outcome = tracer.stop()
    assert "/text?token=***" in outcome.out
    assert "hidden" not in outcome.out + outcome.err


def test_tunnel_is_left_alone() -> None:
    with server_traced() as (port, tracer):
        client = Connection(port, "127.0.0.1")
        client.ask(b"CONNECT granted.example:443 HTTP/1.1\r\n\r\n")
        client.write(b"GET /inside HTTP/1.1\r\n\r\n")
        client.rest()
        client.close()
        rows = tracer.rows_when(1)
        outcome = tracer.stop()
    assert told(rows) == [("CONNECT granted.example:443", "200")]
    assert counter(outcome.err, "encrypted") == 1
    assert "/inside" not in outcome.out
