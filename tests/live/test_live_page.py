"""The live page in a browser, over a real tracer and a real server."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tcpkit.page import live_page
from tests.browser.browser import Browser, browser_running
from tests.live.resp_server import Client
from tests.live.test_http_server import HOST, fetched, serving, when_counted
from tests.program import wait_until
from tests.servers import redis_server_running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_running() as running:
        running.look(1400, 900)
        yield running


def requests_shown(browser: Browser) -> int:
    shown = browser.all("dl.figures dd")
    return int(shown[0].text.replace(",", "")) if shown else 0


def test_it_shows_what_the_tracer_counts(browser: Browser) -> None:
    options = ("-t", "5", "--explain")
    with redis_server_running() as redis, serving("-p", str(redis.port), *options) as (_, port):
        browser.requested()
        browser.open(f"http://{HOST}:{port}/")
        wait_until(lambda: bool(browser.all("#keys")), "the first numbers")
        with Client(HOST, redis.port) as client:
            for number in range(300):
                client.ask("SET", f"key{number % 3}", "<b>value</b>")
            client.ask("DEBUG", "SLEEP", "0.05")
            client.ask("LPUSH", "key0", "x")
        when_counted(port, 302)

        wait_until(lambda: requests_shown(browser) == 302, "302 requests on the page")
        wait_until(lambda: len(browser.table("commands")) == 3, "the commands")
        commands = {row["command"]: row for row in browser.table("commands")}
        assert {name: int(row["requests"]) for name, row in commands.items()} == {
            "SET": 300, "DEBUG": 1, "LPUSH": 1,
        }  # fmt: skip
        assert commands["LPUSH"]["errors"] == "1"
        keys = {row["key"]: int(row["requests"]) for row in browser.table("keys")}
        assert keys == {"key0": 101, "key1": 100, "key2": 100}
        assert "Counted since" in browser.one("#keys").text
        slowest = browser.table("slowest")[0]
        model = json.loads(fetched(port, "/overview.json"))
        assert slowest["request"] == "DEBUG SLEEP 0.05"
        assert slowest["ms"] == f"{model['slowest'][0]['latency_ns'] / 1e6:,.3f}"
        wait_until(lambda: bool(browser.all("#verdict")), "a verdict")
        assert "live, as of" in browser.one(".status").text
        assert browser.problems() == []
        own = f"http://{HOST}:{port}/"
        assert [url for url in browser.requested() if not url.startswith((own, "data:"))] == []


class _Answers(BaseHTTPRequestHandler):
    """The page, and no numbers."""

    def do_GET(self) -> None:
        found = self.path == "/"
        body = live_page() if found else b""
        self.send_response(200 if found else 500)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_lost_connection_is_said(browser: Browser) -> None:
    with ThreadingHTTPServer((HOST, 0), _Answers) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            browser.open(f"http://{HOST}:{server.server_port}/")
            wait_until(lambda: "no connection since" in browser.one(".status").text, "the word")
        finally:
            browser.driver.get("about:blank")
            server.shutdown()
            thread.join()
