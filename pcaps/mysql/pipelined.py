"""Commands written before the first reply is read, PREPARE and its EXECUTE among them."""

import struct

from pcaps.lab import Lab
from pcaps.mysql_client import (
    CLASSIC,
    DEPRECATE_EOF,
    PING,
    QUERY,
    QUIT,
    STMT_CLOSE,
    STMT_EXECUTE,
    STMT_PREPARE,
    Connection,
    execution,
    framed,
)
from pcaps.mysql_server import MYSQL, start

LAST_PREPARED = 0xFFFFFFFF


def query(sql: str) -> bytes:
    return framed(bytes((QUERY,)) + sql.encode())


def make(lab: Lab) -> None:
    start(lab)
    with lab.capture(only=MYSQL):
        client = Connection(CLASSIC | DEPRECATE_EOF, database="shop")
        client.write(b"".join(query(f"SELECT {number}") for number in range(10)))
        for _ in range(10):
            client.results()
        client.write(
            query("CREATE TABLE t (a INT)")
            + query("SELECT * FROM nowhere")
            + framed(bytes((PING,)))
            + query("INSERT INTO t VALUES (1), (2); SELECT * FROM t")
            + query("SELECT a FROM t")
        )
        for _ in range(5):
            client.results()
        prepare = bytes((STMT_PREPARE,)) + b"SELECT a FROM t WHERE a > ?"
        execute = bytes((STMT_EXECUTE,)) + execution(LAST_PREPARED, 1)
        client.write(framed(prepare) + framed(execute))
        number = client.prepared()
        client.results()
        close = bytes((STMT_CLOSE,)) + struct.pack("<I", number)
        client.write(framed(close) + query("DROP TABLE t") + framed(bytes((QUIT,))))
        client.results()
        client.at_end()
        client.close()
