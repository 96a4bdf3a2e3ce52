"""HTTP/1.1: kept alive, slow, 100-continue, an upload, pipelined, ended without a reply."""

import socket
import subprocess
import sys

from pcaps.lab import SERVER_HOST, SERVER_HOST_6, Lab

PORT = 8080
UPLOAD_BYTES = 5000  # several segments

_SERVER = f"""
import http.server, socket, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/gone":
            self.close_connection = True
            return
        if self.path.startswith("/slow"):
            time.sleep(0.05)
        status = 404 if self.path == "/missing" else 200
        body = b"x" * (5000 if self.path == "/large" else 5)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6

server = Server(("::", {PORT}), Handler)
print("listening", flush=True)
server.serve_forever()
"""


def make(lab: Lab) -> None:
    lab.serve(sys.executable, "-c", _SERVER, ready="listening")
    with lab.capture(only=f"tcp port {PORT}"):
        root = f"http://{SERVER_HOST}:{PORT}"
        _curl(f"{root}/", f"{root}/slow?n=1", f"{root}/missing", f"{root}/large")
        _curl(f"http://[{SERVER_HOST_6}]:{PORT}/six")
        _curl("--head", f"{root}/head")
        _curl("--data-binary", "y" * UPLOAD_BYTES, f"{root}/upload")
        _curl("-H", "Expect: 100-continue", "--data-binary", "z" * 10, f"{root}/slow-upload")
        with socket.create_connection((SERVER_HOST, PORT)) as pipelined:
            pipelined.sendall(b"GET /slow HTTP/1.1\r\n\r\n")
            lab.pause(0.01)
            pipelined.sendall(b"GET /second HTTP/1.1\r\n\r\n")
            lab.pause(0.1)
        with socket.create_connection((SERVER_HOST, PORT)) as gone:
            gone.sendall(b"GET /gone HTTP/1.1\r\n\r\n")
            lab.pause(0.1)


def _curl(*arguments: str) -> None:
    command = ("curl", "-s", "--globoff", *arguments)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
