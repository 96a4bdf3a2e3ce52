"""Real HTTP servers with what a maker wants to be asked for: nginx, Python's http.server.

`python -m pcaps.http_servers PORT` is the latter. It does what nginx alone cannot: trailers,
103, a tunnel, an upgrade, a reply that ends with its connection. It says SERVER_READY when
it can be asked.
"""

import http
import os
import re
import socketserver
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pcaps.lab import Lab

NGINX_PORT = 80
SERVER_PORT = 8080
NGINX_READY = "getrlimit"
SERVER_READY = "ready on port"

_NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/access.log combined;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    types {{ text/html html; text/plain txt; }}
    server {{
        listen {listen};
        {listen_too}
        root {folder}/www;
        client_max_body_size 100k;
        client_header_timeout 1;
        location /moved {{ return 301 /hello.txt; }}
        location /nothing {{ return 204; }}
        location /broken {{ return 500; }}
        location /busy {{ return 503 "later\\n"; }}
        location /gone {{ proxy_pass http://127.0.0.1:9/; }}
        location /text {{ return 200 "text\\n"; }}
    }}
}}
"""


def nginx_command(folder: Path, port: int = NGINX_PORT, host: str = "") -> tuple[str, ...]:
    """nginx in one process. `hello.txt` and `large.txt` (30,000 bytes) are files."""
    www = folder / "www"
    www.mkdir(exist_ok=True)
    (www / "hello.txt").write_text("hello\n")
    (www / "large.txt").write_text("0123456789abcdef" * 1875)
    os.utime(www / "hello.txt", (1_000_000_000, 1_000_000_000))
    configuration = folder / "nginx.conf"
    listen = f"{host}:{port}" if host else str(port)
    listen_too = "" if host else f"listen [::]:{port};"
    configuration.write_text(_NGINX.format(folder=folder, listen=listen, listen_too=listen_too))
    return "/usr/sbin/nginx", "-p", str(folder), "-e", "stderr", "-c", str(configuration)


def start_nginx(lab: Lab) -> None:
    lab.serve(*nginx_command(lab.folder()), ready=NGINX_READY)


def server_command(port: int = SERVER_PORT, host: str = "0.0.0.0") -> tuple[str, ...]:
    return sys.executable, "-m", "pcaps.http_servers", str(port), host


def start_server(lab: Lab) -> None:
    lab.serve(*server_command(), ready=SERVER_READY)


class Handler(BaseHTTPRequestHandler):
    """Answers by the path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/upgrade":
            self.upgrade()
        elif path == "/trailers":
            self.trailers()
        elif path == "/until-close":
            self.until_close()
        elif path == "/hints":
            self.send_response_only(103)
            self.send_header("Link", "</style.css>; rel=preload")
            self.end_headers()
            self.flush()
            self.text("with hints\n")
        elif path == "/large":
            self.text("0123456789abcdef" * 1875)
        elif path == "/slow":
            time.sleep(0.05)
            self.text("slow\n")
        elif path == "/fails":
            self.text("it failed\n", 500)
        else:
            self.text(f"{self.command} {path}\n")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        size = self.read_body()
        self.text(f"{size} bytes\n", 201)

    do_PUT = do_POST

    def do_DELETE(self) -> None:
        self.send_response(204)
        self.end_headers()

    def do_OPTIONS(self) -> None:
        self.send_response(200)
        self.send_header("Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, CONNECT")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_CONNECT(self) -> None:
        if self.path != "granted.example:443":
            self.text("not there\n", 403)
            return
        self.send_response(200, "Connection established")
        self.end_headers()
        self.pass_on()

    def handle_expect_100(self) -> bool:
        if "/refused" in self.path:
            self.close_connection = True
            self.text("no\n", 417)
            return False
        return super().handle_expect_100()

    def upgrade(self) -> None:
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", "websocket")
        self.end_headers()
        self.pass_on()

    def pass_on(self) -> None:
        """Be the far end of a tunnel: what comes is sent back once."""
        self.flush()
        self.connection.sendall(self.connection.recv(65536))
        self.close_connection = True

    def trailers(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Trailer", "Digest")
        self.end_headers()
        for chunk in (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 3000, b"GET / HTTP/1.1\r\n\r\n"):
            self.wfile.write(b"%x;note=a\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\nDigest: of all\r\nServer-Timing: db;dur=1\r\n\r\n")

    def until_close(self) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        for _ in range(3):
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n" * 20)
            self.flush()
            time.sleep(0.005)
        self.close_connection = True

    def text(self, text: str, status: int = 200) -> None:
        self.send_response(status, http.HTTPStatus(status).phrase)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text.encode())

    def read_body(self) -> int:
        """The size of the body."""
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return len(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        total = 0
        while size := int(re.split(rb"[;\r]", self.rfile.readline())[0], 16):
            total += len(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        return total

    def flush(self) -> None:
        self.wfile.flush()

    def log_message(self, format: str, *arguments: object) -> None:
        """Nobody reads it."""


def main(port: int, host: str) -> None:
    socketserver.TCPServer.allow_reuse_address = True
    with ThreadingHTTPServer((host, port), Handler) as server:
        print(f"{SERVER_READY} {port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
