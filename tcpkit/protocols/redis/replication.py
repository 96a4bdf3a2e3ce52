"""What a server sends to a replica: the answer to PSYNC or SYNC, and then commands.

+FULLRESYNC <id> <offset>, bare LFs while the snapshot is made, and then the snapshot:
`$<length>` and that many bytes, or `$EOF:<40 bytes>` and all up to the same 40 bytes,
neither with a CR LF behind it. +CONTINUE goes on with commands at once. SYNC is answered by
the snapshot alone. After that commands flow from the server, and no request is answered.

Where does the answer to PSYNC end? With the snapshot: who is called at night wants to know
how large it was and how long it took (`reply_last_ns` less `reply_first_ns`), and that a
resynchronization was broken off (`aborted`). Its latency is that of the first byte, as ever.

Source: replication.c of version 7.0, and what its server sends.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.protocols.redis.exchange import begins_request
from tcpkit.protocols.redis.request import RequestParser, RequestScanner

MARK_BYTES: Final = 40  # of the mark that closes a snapshot of unknown length
MAX_STATUS: Final = 256  # of a status line or header; they have less than 80 bytes
MAX_SNAPSHOT: Final = 1 << 50  # far above any memory, below overflow

# how far the server has come
STATUS: Final = 0  # the line that answers PSYNC
HEADER: Final = 1  # LFs, then the header of the snapshot
SIZED: Final = 2  # in a snapshot of known length
MARKED: Final = 3  # in one that a mark closes
COMMANDS: Final = 4
BROKEN: Final = 5  # commands, but where the next one begins is not known

_LF: Final = 10


@final
class ReplicationStream:
    """Reads the reply stream of one connection, from the answer to PSYNC or SYNC on.

    `error` is the line by which the server takes back a full resynchronization.
    """

    __slots__ = ("phase", "unsure", "error", "_scanner", "_line", "_left", "_mark", "_tail",
                 "_parser")  # fmt: skip

    def __init__(self, phase: i64, scanner: RequestScanner) -> None:
        self.phase = phase
        self.unsure = False  # the mark may be among bytes that are missing
        self.error = b""
        self._scanner = scanner
        self._line = b""
        self._left: i64 = 0
        self._mark = b""
        self._tail = b""  # the last bytes, which a mark may begin in
        self._parser: RequestParser | None = None

    def is_answering(self) -> bool:
        return self.phase < COMMANDS

    def answer(self, data: bytes, pos: i64, end: i64) -> i64:
        """Read what belongs to the answer; the position behind it. See `is_answering`.

        Raises ProtocolError at what no master sends there.
        """
        while pos < end and self.phase < COMMANDS:
            if self.phase == SIZED:
                size = min(end - pos, self._left)
                self._left -= size
                pos += size
                if self._left == 0:
                    self.phase = COMMANDS
            elif self.phase == MARKED:
                pos = self._find_mark(data, pos, end)
            elif self.phase == HEADER and not self._line and data[pos] == _LF:
                pos += 1
            else:
                pos = self._read_line(data, pos, end)
        return pos

    def skip(self, size: i64) -> bool:
        """Pass over `size` bytes nobody has seen; False if they are not all of the snapshot."""
        if self.phase == MARKED:
            self._tail = b""
            self.unsure = True
            return True
        if self.phase != SIZED or size >= self._left:
            return False
        self._left -= size
        return True

    def skip_to_end(self, size: i64) -> bool:
        """Like `skip`, where the snapshot may end with these bytes."""
        if self.phase == SIZED and size == self._left:
            self.phase = COMMANDS
            return True
        return self.skip(size)

    def lose(self) -> None:
        """Bytes are missing: commands go on where a piece begins with one."""
        self.phase = BROKEN
        self._parser = None

    def commands(self, data: bytes, pos: i64, end: i64) -> i64:
        """How many commands end in `data[pos:end]`, which is behind the answer."""
        if self.phase == BROKEN:
            if not begins_request(data, pos, end):
                return 0
            self.phase = COMMANDS
        count: i64 = 0
        try:
            while pos < end:
                parser = self._parser
                if parser is None:
                    if data[pos] == _LF:
                        pos += 1
                        continue
                    stop = self._scanner.whole(data, pos, end)
                    if stop >= 0:
                        pos = stop
                        count += 1
                        continue
                    parser = self._parser = RequestParser(True)
                pos = parser.feed(data, pos, end)
                if parser.done:
                    self._parser = None
                    count += 1
        except ProtocolError:
            self.lose()
        return count

    def _read_line(self, data: bytes, pos: i64, end: i64) -> i64:
        at = pos
        while at < end and data[at] != _LF:
            at += 1
        if len(self._line) + at - pos > MAX_STATUS:
            raise ProtocolError("a line of a master is too long")
        self._line += data[pos:at]
        if at >= end:
            return end
        line = self._line.rstrip(b"\r")
        self._line = b""
        if self.phase == STATUS:
            self._status(line)
        else:
            self._header(line)
        return at + 1

    def _status(self, line: bytes) -> None:
        if line.startswith(b"+FULLRESYNC "):
            self.phase = HEADER
        elif line == b"+CONTINUE" or line.startswith(b"+CONTINUE "):
            self.phase = COMMANDS
        else:
            raise ProtocolError("this line answers no PSYNC")

    def _header(self, line: bytes) -> None:
        if line.startswith(b"-"):
            self.error = line
            self.phase = COMMANDS
        elif line.startswith(b"$EOF:") and len(line) == 5 + MARK_BYTES:
            self._mark = line[5:]
            self.phase = MARKED
        elif line[:1] == b"$" and line[1:].isdigit() and len(line) < 17:
            self._left = int(line[1:])
            if self._left > MAX_SNAPSHOT:
                raise ProtocolError("a snapshot cannot be so large")
            self.phase = SIZED if self._left > 0 else COMMANDS
        else:
            raise ProtocolError("a snapshot begins with no length")

    def _find_mark(self, data: bytes, pos: i64, end: i64) -> i64:
        tail = self._tail
        joined = tail + data[pos : min(end, pos + MARK_BYTES)]
        found: i64 = joined.find(self._mark)
        if found >= 0:
            self.phase = COMMANDS
            return pos + found + MARK_BYTES - len(tail)
        if end - pos > MARK_BYTES:
            found = data.find(self._mark, pos, end)
            if found >= 0:
                self.phase = COMMANDS
                return found + MARK_BYTES
            self._tail = data[end - MARK_BYTES + 1 : end]
        else:
            self._tail = joined[-(MARK_BYTES - 1) :]
        return end
