"""Statements and rows of 30 KB: many segments each way; more rows than sequence numbers."""

from pcaps.lab import Lab
from pcaps.mysql_client import CLASSIC, DEPRECATE_EOF, Connection
from pcaps.mysql_server import MYSQL, start


def make(lab: Lab) -> None:
    start(lab)
    with lab.capture(only=MYSQL):
        client = Connection(CLASSIC | DEPRECATE_EOF, database="shop")
        client.query("CREATE TABLE t (a LONGTEXT)")
        client.query("INSERT INTO t VALUES ('" + "\\0\\0 OK " * 5000 + "')")
        client.query("SELECT a FROM t")
        client.query("SELECT seq, '' FROM seq_1_to_700")
        client.query("DROP TABLE t")
        client.quit()
