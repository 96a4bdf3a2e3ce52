"""MariaDB's own: bulk execution, cached definitions of columns, reports of progress."""

import struct

from pcaps.lab import Lab
from pcaps.mysql_client import (
    BULK_OPERATIONS,
    CACHE_METADATA,
    CLASSIC,
    DEPRECATE_EOF,
    PROGRESS,
    STMT_BULK_EXECUTE,
    STMT_EXECUTE,
    Connection,
    execution,
)
from pcaps.mysql_server import MYSQL, start

SEND_TYPES = 128
OWN = PROGRESS | BULK_OPERATIONS | CACHE_METADATA
SLOW = "ALTER TABLE t ADD COLUMN c CHAR(32) AS (MD5(REPEAT(b, 4000000))) PERSISTENT"
CAPABILITIES = CLASSIC | DEPRECATE_EOF


def make(lab: Lab) -> None:
    start(lab)
    with lab.capture(only=MYSQL):
        client = Connection(CAPABILITIES, OWN, database="shop")
        client.query("CREATE TABLE t (a INT, b VARCHAR(20))")
        insert = client.prepare("INSERT INTO t VALUES (?, ?)")
        rows = b"".join(b"\0" + struct.pack("<q", number) + b"\0\x04text" for number in range(60))
        types = b"\x08\0\xfd\0"
        client.ask(STMT_BULK_EXECUTE, struct.pack("<IH", insert, SEND_TYPES) + types + rows)
        select = client.prepare("SELECT a, b FROM t WHERE a < ?")
        for limit in (3, 5):
            client.command(STMT_EXECUTE, execution(select, limit))
            client.packet()  # the number of columns; the definitions are known already
            client.rows()
        client.query("SET progress_report_time = 1")
        client.query(SLOW)
        client.query("SELECT COUNT(*) FROM t")
        client.quit()
