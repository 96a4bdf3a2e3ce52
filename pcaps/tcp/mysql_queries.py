"""MySQL: queries, errors, prepared statements, a query of several segments, pipelined ones."""

import socket
import struct
import subprocess

from pcaps.lab import SERVER_HOST, Lab

PORT = 3306
LARGE_QUERY_BYTES = 4000  # several segments
CLIENT_FLAGS = (
    0x00000001 | 0x00000200 | 0x00008000
)  # long password, protocol 4.1, secure connection
COM_QUIT, COM_QUERY, COM_PING = 1, 3, 14
COM_STMT_PREPARE, COM_STMT_EXECUTE, COM_STMT_CLOSE = 22, 23, 25


class Client:
    """Speaks as little of the protocol as is needed; the server asks no password."""

    def __init__(self) -> None:
        self.socket = socket.create_connection((SERVER_HOST, PORT))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self.socket.makefile("rb")
        self.read()
        login = struct.pack("<IIB23x", CLIENT_FLAGS, 1 << 24, 33) + b"root\0\0"
        self.socket.sendall(struct.pack("<I", len(login) | 1 << 24) + login)
        self.read()

    def read(self) -> bytes:
        """One packet, without its header."""
        header = self._stream.read(4)
        return self._stream.read(int.from_bytes(header[:3], "little"))

    def send(self, command: int, rest: bytes = b"") -> None:
        self.socket.sendall(struct.pack("<IB", len(rest) + 1, command) + rest)

    def result(self) -> None:
        """Read up to the second EOF of a result set, or the OK, or the error."""
        first = self.read()
        ends = 0 if first[0] in (0, 0xFF) else 2
        while ends:
            packet = self.read()
            ends -= packet[0] == 0xFE and len(packet) < 9

    def close(self) -> None:
        self.send(COM_QUIT)
        self._stream.close()
        self.socket.close()


def make(lab: Lab) -> None:
    data = lab.folder()
    options = ("--no-defaults", "--user=root", f"--datadir={data}")
    subprocess.run(
        ["mariadb-install-db", *options, "--auth-root-authentication-method=normal"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    lab.serve(
        *("mariadbd", *options, f"--socket={data}/socket", f"--port={PORT}", "--bind-address=*"),
        *("--skip-grant-tables", "--skip-networking=0"),
        ready="ready for connections",
    )
    lab.pause(0.5)  # it says so just before it listens
    with lab.capture(only=f"tcp port {PORT}"):
        statements = "select 1; select sleep(0.05); select * from nowhere.nothing; select 2"
        subprocess.run(
            [
                "mysql",
                "--no-defaults",
                "--force",
                "-u",
                "root",
                "-h",
                SERVER_HOST,
                "-e",
                statements,
            ],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        client = Client()
        client.send(COM_PING)
        client.result()
        client.send(COM_QUERY, b"set password for 'a'@'b' = 'secret'")
        client.result()
        client.send(COM_STMT_PREPARE, b"select ? + 1")
        prepared = client.read()
        # its parameter and its column, each with an EOF behind it
        for _ in range(4):
            client.read()
        statement = prepared[1:5]
        execute = statement + b"\0\1\0\0\0" + b"\0\1\x08\0" + struct.pack("<Q", 41)
        client.send(COM_STMT_EXECUTE, execute)
        client.result()
        client.send(COM_STMT_CLOSE, statement)
        client.send(COM_QUERY, b"select '" + b"x" * LARGE_QUERY_BYTES + b"'")
        client.result()
        # Pipelined: the second is written before the first is answered.
        client.send(COM_QUERY, b"select sleep(0.02)")
        lab.pause(0.005)
        client.send(COM_QUERY, b"select 3")
        client.result()
        client.result()
        client.close()
        client = Client()
        client.send(COM_QUERY, b"select 'the last'")
        client.result()
        client.send(COM_QUERY, b"shutdown")
        client.result()
        lab.pause(0.1)
        client.close()
