"""Errors: syntax, tables, keys, a lock, a statement and a connection that are killed."""

from pcaps.lab import Lab
from pcaps.mysql_client import QUERY, Connection
from pcaps.mysql_server import MYSQL, mysql, start

STATEMENTS = """
SELEKT 1;
SELECT * FROM nowhere;
CREATE TABLE t (id INT PRIMARY KEY) ENGINE=InnoDB;
INSERT INTO t VALUES (1), (2);
INSERT INTO t VALUES (2);
SELECT 1/0, (SELECT id FROM t);
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'of our own', MYSQL_ERRNO = 31000;
SELECT id FROM t;
"""


def make(lab: Lab) -> None:
    start(lab)
    with lab.capture(only=MYSQL):
        mysql(STATEMENTS)
        holder, waiter = Connection(database="shop"), Connection(database="shop")
        holder.query("BEGIN")
        holder.query("UPDATE t SET id = 10 WHERE id = 1")
        waiter.query("SET innodb_lock_wait_timeout = 0")
        waiter.query("UPDATE t SET id = 11 WHERE id = 1")
        waiter.command(QUERY, b"SELECT SLEEP(10)")
        holder.query("COMMIT")
        lab.pause(0.02)
        holder.query(f"KILL QUERY {waiter.number}")
        waiter.results()
        holder.query(f"KILL {waiter.number}")
        waiter.at_end()
        waiter.close()
        holder.query("SET wait_timeout = 1")
        lab.pause(1.2)
        holder.at_end()
        holder.close()
