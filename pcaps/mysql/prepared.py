"""Prepared statements in binary: executed, fetched by a cursor, long data, RESET, CLOSE; errors."""

import struct

from pcaps.lab import Lab
from pcaps.mysql_client import (
    CLASSIC,
    DEPRECATE_EOF,
    READ_ONLY_CURSOR,
    STMT_CLOSE,
    STMT_EXECUTE,
    STMT_FETCH,
    STMT_RESET,
    STMT_SEND_LONG_DATA,
    Connection,
    execution,
)
from pcaps.mysql_server import MYSQL, start


def number(statement: int) -> bytes:
    return struct.pack("<I", statement)


def talk(client: Connection) -> None:
    client.query("CREATE OR REPLACE TABLE items (id INT, text MEDIUMTEXT)")
    insert = client.prepare("INSERT INTO items VALUES (?, ?)")
    for value in range(5):
        client.ask(STMT_EXECUTE, execution(insert, value, f"item {value}"))
    select = client.prepare("SELECT id, text FROM items WHERE id >= ?")
    client.ask(STMT_EXECUTE, execution(select, 2))
    client.ask(STMT_EXECUTE, execution(select, 99))
    client.ask(STMT_EXECUTE, execution(select, 0, cursor=READ_ONLY_CURSOR))
    for _ in range(3):
        client.command(STMT_FETCH, struct.pack("<II", select, 2))
        client.rows()
    client.ask(STMT_RESET, number(select))
    for part in (b"long ", b"data " * 100):
        client.command(STMT_SEND_LONG_DATA, struct.pack("<IH", insert, 1) + part)
    client.ask(STMT_EXECUTE, execution(insert, 7, "", long_data=(1,)))
    client.ask(STMT_EXECUTE, execution(insert, 7, "x") + b"")
    plain = client.prepare("SELECT 1, 2, 3")
    client.ask(STMT_EXECUTE, execution(plain))
    nothing = client.prepare("DO 1")
    client.ask(STMT_EXECUTE, execution(nothing))
    client.prepare("SELECT nonsense FROM items")
    client.ask(STMT_EXECUTE, execution(9999))
    for statement in (insert, select, plain):
        client.command(STMT_CLOSE, number(statement))
    client.ask(STMT_EXECUTE, execution(plain))
    client.quit()


def make(lab: Lab) -> None:
    start(lab)
    with lab.capture(only=MYSQL):
        talk(Connection(CLASSIC, database="shop"))
        talk(Connection(CLASSIC | DEPRECATE_EOF, database="shop"))
