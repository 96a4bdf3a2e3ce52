"""A replica's link, as mariadb-binlog opens it: events flow; a position that does not exist."""

import struct
import subprocess

from pcaps.lab import SERVER_HOST, Lab
from pcaps.mysql_client import BINLOG_DUMP, Connection
from pcaps.mysql_server import MYSQL, mysql, start

STATEMENTS = "CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1), (2);\n"


def make(lab: Lab) -> None:
    start(lab, "--log-bin=log", "--server-id=1")
    mysql(STATEMENTS)
    with lab.capture(only=MYSQL):
        where = ("-h", SERVER_HOST, "-u", "root", "--protocol=tcp", "--ssl=0")
        reader = subprocess.Popen(
            ("mariadb-binlog", "--no-defaults", *where, "-R", "--stop-never", "log.000001"),
            stdout=subprocess.DEVNULL,
        )
        lab.pause(0.2)
        reader.terminate()
        reader.wait()
        link = Connection()
        link.query("SET @mariadb_slave_capability = 4")
        link.command(BINLOG_DUMP, struct.pack("<IHI", 4, 0, 2) + b"log.000001")
        link.packet()
        mysql("INSERT INTO t VALUES (3);\nDROP TABLE t;\n")
        lab.pause(0.05)
        link.close()
        lost = Connection()
        lost.ask(BINLOG_DUMP, struct.pack("<IHI", 4, 0, 3) + b"log.000999")
        lost.close()
