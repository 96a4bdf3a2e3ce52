"""The commands that are no statements: PING, INIT_DB, STATISTICS, FIELD_LIST, KILL and others."""

import struct

from pcaps.lab import Lab
from pcaps.mysql_client import (
    CLASSIC,
    DEBUG,
    DEPRECATE_EOF,
    FIELD_LIST,
    INIT_DB,
    PING,
    PROCESS_INFO,
    PROCESS_KILL,
    RESET_CONNECTION,
    SET_OPTION,
    SHUTDOWN,
    STATISTICS,
    Connection,
)
from pcaps.mysql_server import MYSQL, client, start


def make(lab: Lab) -> None:
    start(lab)
    with lab.capture(only=MYSQL):
        for capabilities in (CLASSIC, CLASSIC | DEPRECATE_EOF):
            with Connection(capabilities) as asking:
                asking.ask(PING)
                asking.ask(INIT_DB, b"shop")
                asking.ask(INIT_DB, b"nowhere")
                asking.command(STATISTICS)
                asking.packet()
                asking.ask(PROCESS_INFO)
                asking.query("CREATE OR REPLACE TABLE t (a INT, b TEXT)")
                asking.command(FIELD_LIST, b"t\0")
                asking.rows()
                asking.command(FIELD_LIST, b"nowhere\0%")
                asking.rows()
                asking.ask(SET_OPTION, struct.pack("<H", 1))
                asking.ask(DEBUG)
                asking.ask(RESET_CONNECTION)
                asking.ask(PROCESS_KILL, struct.pack("<I", 99999))
                asking.query("SELECT 1")
        client(("mysqladmin", "--no-defaults", "--ssl=0", "status", "ping", "processlist"))
        with Connection() as last:
            last.ask(SHUTDOWN)
            last.at_end()
