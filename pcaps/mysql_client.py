"""A MySQL client that sends exactly the packets it is told, with the capabilities it is told."""

import hashlib
import struct
from typing import Final

from pcaps.lab import SERVER_HOST
from pcaps.mysql_server import MYSQL_PORT
from pcaps.tcp_client import TcpConnection

# Commands.
QUIT, INIT_DB, QUERY, FIELD_LIST = 1, 2, 3, 4
SHUTDOWN, STATISTICS, PROCESS_INFO, PROCESS_KILL, DEBUG, PING = 0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x0E
CHANGE_USER, BINLOG_DUMP, REGISTER_SLAVE = 0x11, 0x12, 0x15
STMT_PREPARE, STMT_EXECUTE, STMT_SEND_LONG_DATA, STMT_CLOSE, STMT_RESET = range(0x16, 0x1B)
SET_OPTION, STMT_FETCH, RESET_CONNECTION, STMT_BULK_EXECUTE = 0x1B, 0x1C, 0x1F, 0xFA

# Capabilities.
CONNECT_WITH_DB, COMPRESS, LOCAL_FILES = 1 << 3, 1 << 5, 1 << 7
PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION = 1 << 9, 1 << 13, 1 << 15
MULTI_STATEMENTS, MULTI_RESULTS, PS_MULTI_RESULTS, PLUGIN_AUTH = 1 << 16, 1 << 17, 1 << 18, 1 << 19
LENENC_AUTH, DEPRECATE_EOF = 1 << 21, 1 << 24
CLASSIC: Final = (
    PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION | PLUGIN_AUTH | MULTI_STATEMENTS
    | MULTI_RESULTS | PS_MULTI_RESULTS | LOCAL_FILES | 1
)  # fmt: skip
# MariaDB's own, in the login's filler; they count if LONG_PASSWORD (1) is not set.
PROGRESS, BULK_OPERATIONS, CACHE_METADATA = 1 << 0, 1 << 2, 1 << 4

MORE_RESULTS, CURSOR_EXISTS = 0x0008, 0x0040
OK, LOCAL_INFILE, EOF, ERR = 0x00, 0xFB, 0xFE, 0xFF
READ_ONLY_CURSOR: Final = 1
FULL: Final = 0xFFFFFF


class Connection(TcpConnection):
    """One connection, logged in; `close` says no QUIT."""

    def __init__(
        self,
        capabilities: int = CLASSIC,
        mariadb: int = 0,
        user: str = "root",
        password: str = "",
        database: str = "",
        host: str = SERVER_HOST,
        port: int = MYSQL_PORT,
    ) -> None:
        super().__init__(host, port)
        self.sequence = 0  # of the next packet
        self.statement = 0  # number of the last one that was prepared
        self.number = 0  # of the connection, by which KILL knows it
        if database:
            capabilities |= CONNECT_WITH_DB
        if mariadb:
            capabilities &= ~1
        self.capabilities = capabilities
        self.verdict = self._log_in(mariadb, user, password, database)

    def _log_in(self, mariadb: int, user: str, password: str, database: str) -> bytes:
        greeting = self.packet()
        if greeting[0] == ERR:
            return greeting
        at = greeting.index(0, 1) + 5
        self.number = int.from_bytes(greeting[at - 4 : at], "little")
        challenge = greeting[at : at + 8] + greeting[at + 27 : at + 39]
        proof = scrambled(password, challenge)
        login = struct.pack("<IIB19xI", self.capabilities, 1 << 24, 45, mariadb)
        login += user.encode() + b"\0" + bytes((len(proof),)) + proof
        login += database.encode() + b"\0" if database else b""
        self.send(login + b"mysql_native_password\0", self.sequence)
        return self.log_in_further(password)

    def log_in_further(self, password: str) -> bytes:
        """Answer what is asked. Returns the verdict."""
        reply = self.packet()
        if reply[0] == EOF:
            challenge = reply[reply.index(0) + 1 :][:20]
            self.send(scrambled(password, challenge), self.sequence)
            reply = self.packet()
        return reply

    # Sending

    def send(self, payload: bytes, sequence: int = 0) -> None:
        """A message, in as many packets as it takes."""
        self.write(framed(payload, sequence))
        self.sequence = (sequence + len(payload) // FULL + 1) % 256

    def command(self, command: int, payload: bytes = b"") -> None:
        self.send(bytes((command,)) + payload)

    def ask(self, command: int, payload: bytes = b"") -> bytes:
        """Send a command and read the whole reply. Returns its first packet."""
        self.command(command, payload)
        return self.results()

    def query(self, sql: str) -> bytes:
        return self.ask(QUERY, sql.encode())

    def prepare(self, sql: str) -> int:
        """Prepare a statement and read what answers it. Returns its number."""
        self.command(STMT_PREPARE, sql.encode())
        return self.prepared()

    def prepared(self) -> int:
        head = self.packet()
        if head[0] == ERR:
            return 0
        number, columns, parameters = struct.unpack_from("<IHH", head, 1)
        for count in (parameters, columns):
            for _ in range(count):
                self.packet()
            if count and not self.capabilities & DEPRECATE_EOF:
                self.packet()
        self.statement = number
        return int(number)

    # Receiving

    def packet(self) -> bytes:
        """The next packet; those that go on with it are joined. Raises EOFError at the end."""
        payload = b""
        size = FULL
        while size == FULL:
            header = self._stream.read(4)
            if len(header) < 4:
                raise EOFError
            size = int.from_bytes(header[:3], "little")
            payload += self._stream.read(size)
            self.sequence = (header[3] + 1) % 256
        return payload

    def results(self) -> bytes:
        """Read replies until no more results are announced. Returns the first packet."""
        first = packet = self.packet()
        while True:
            if packet[0] == ERR and packet[1:3] != b"\xff\xff":
                return first
            if packet[0] == LOCAL_INFILE or not self._status(packet) & MORE_RESULTS:
                return first
            packet = self.packet()

    def _status(self, packet: bytes) -> int:
        if packet[0] == ERR:
            return MORE_RESULTS  # a report of progress
        if packet[0] in (OK, EOF):
            return status_of(packet)
        for _ in range(packet[0]):
            self.packet()
        if not self.capabilities & DEPRECATE_EOF:
            status = status_of(self.packet())
            if status & CURSOR_EXISTS:
                return status
        return status_of(self.rows())

    def rows(self) -> bytes:
        """Read rows. Returns the packet that ends them."""
        while (packet := self.packet())[0] not in (EOF, ERR):
            pass
        return packet

    def at_end(self) -> bool:
        """The server may also end it by RST."""
        try:
            return super().at_end()
        except ConnectionResetError:
            return True

    def quit(self) -> None:
        self.command(QUIT)
        self.at_end()
        self.close()


def framed(payload: bytes, sequence: int = 0) -> bytes:
    """
    >>> framed(b"abc", 2)
    b'\\x03\\x00\\x00\\x02abc'
    """
    parts = []
    for start in range(0, len(payload) + 1, FULL):
        part = payload[start : start + FULL]
        parts.append(len(part).to_bytes(3, "little") + bytes((sequence % 256,)) + part)
        sequence += 1
    return b"".join(parts)


def execution(
    statement: int, *values: str | int, cursor: int = 0, long_data: tuple[int, ...] = ()
) -> bytes:
    """What follows STMT_EXECUTE; the parameters in `long_data` were sent before."""
    head = struct.pack("<IBI", statement, cursor, 1)
    if not values:
        return head
    types, data = b"", b""
    for index, value in enumerate(values):
        types += b"\x08\x00" if isinstance(value, int) else b"\xfd\x00"
        if index in long_data:
            continue
        if isinstance(value, int):
            data += struct.pack("<q", value)
        else:
            data += bytes((len(value),)) + value.encode()
    return head + bytes((len(values) + 7) // 8) + b"\x01" + types + data


def scrambled(password: str, challenge: bytes) -> bytes:
    """The proof of mysql_native_password."""
    if not password:
        return b""
    once = hashlib.sha1(password.encode()).digest()
    mask = hashlib.sha1(challenge + hashlib.sha1(once).digest()).digest()
    return bytes(a ^ b for a, b in zip(once, mask, strict=True))


def status_of(packet: bytes) -> int:
    """The server's status in an OK or EOF; 0 in an error.

    >>> status_of(bytes.fromhex("fe00000200")), status_of(bytes.fromhex("00fc0001050a000000"))
    (2, 10)
    """
    if packet[0] == ERR:
        return 0
    if len(packet) == 5:
        return int.from_bytes(packet[3:5], "little")
    at = 1
    for _ in range(2):
        at += {0xFC: 3, 0xFD: 4, 0xFE: 9}.get(packet[at], 1)
    return int.from_bytes(packet[at : at + 2], "little")
