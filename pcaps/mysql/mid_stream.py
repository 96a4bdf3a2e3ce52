"""Connections older than the capture: idle, waiting, with a statement prepared before."""

from pcaps.lab import Lab
from pcaps.mysql_client import (
    CLASSIC,
    DEPRECATE_EOF,
    PING,
    QUERY,
    STMT_EXECUTE,
    Connection,
    execution,
)
from pcaps.mysql_server import MYSQL, start


def make(lab: Lab) -> None:
    start(lab)
    idle = Connection(CLASSIC, database="shop")
    modern = Connection(CLASSIC | DEPRECATE_EOF, database="shop")
    waiting = Connection(CLASSIC, database="shop")
    old = idle.prepare("SELECT ? + 1")
    waiting.command(QUERY, b"SELECT SLEEP(0.3)")
    lab.pause(0.05)
    with lab.capture(only=MYSQL):
        waiting.results()
        for number in range(6):
            for client in (idle, modern, waiting):
                client.query(f"SELECT {number} FROM DUAL")
                client.query(f"SET @number = {number}")
                client.ask(PING)
                lab.pause(0.025)
        idle.ask(STMT_EXECUTE, execution(old, 4))
        for client in (idle, modern):
            statement = client.prepare("SELECT ?, ?")
            client.ask(STMT_EXECUTE, execution(statement, 1, 2))
            without = client.prepare("DO ?")
            client.ask(STMT_EXECUTE, execution(without, 1))
        for client in (idle, modern, waiting):
            client.query("SELECT 'the last'")
            client.quit()
