"""Logins: right, wrong, to no database, another method, another user; the server is full."""

from pcaps.lab import Lab
from pcaps.mysql_client import (
    CHANGE_USER,
    CLASSIC,
    CONNECT_WITH_DB,
    Connection,
    scrambled,
)
from pcaps.mysql_server import MYSQL, mysql, start

USERS = """
CREATE USER ann IDENTIFIED BY 'ann-secret';
GRANT ALL ON shop.* TO ann;
CREATE USER bob IDENTIFIED VIA mysql_old_password USING '6f8c114b58f2ce9e' OR unix_socket;
"""


def make(lab: Lab) -> None:
    start(lab, "--max-connections=10", "--extra-max-connections=1")
    mysql(USERS)
    with lab.capture(only=MYSQL):
        for password, database in (
            ("ann-secret", "shop"),
            ("wrong", ""),
            ("ann-secret", "nowhere"),
        ):
            client = Connection(user="ann", password=password, database=database)
            if client.verdict[0] == 0:
                client.query("SELECT CURRENT_USER()")
            client.close()
        Connection(user="nobody").close()
        client = Connection()
        # A proof for another challenge: the server asks anew.
        stale = scrambled("ann-secret", b"x" * 20)
        change = b"ann\0" + bytes((len(stale),)) + stale + b"shop\0" + b"\x2d\0other_method\0"
        client.command(CHANGE_USER, change)
        client.log_in_further("ann-secret")
        client.query("SELECT CURRENT_USER()")
        client.command(CHANGE_USER, change.replace(b"ann", b"eve", 1))
        client.log_in_further("wrong")
        client.close()
        crowd = [Connection(CLASSIC | CONNECT_WITH_DB, database="shop") for _ in range(12)]
        for client in crowd:
            client.close()
