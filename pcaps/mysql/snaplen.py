"""A statement and a row of 30 KB captured with a snap length of 1200 bytes: both are cut off."""

from pcaps.lab import Lab
from pcaps.mysql_client import CLASSIC, DEPRECATE_EOF, Connection
from pcaps.mysql_server import MYSQL, start


def make(lab: Lab) -> None:
    start(lab)
    with lab.capture("-s", "1200", only=MYSQL):
        client = Connection(CLASSIC | DEPRECATE_EOF, database="shop")
        client.query("SELECT 1")
        client.query("DO LENGTH('" + "x" * 30000 + "')")
        client.query("SELECT 2")
        client.query("SELECT REPEAT('y', 30000)")
        client.query("SELECT 3")
        client.quit()
