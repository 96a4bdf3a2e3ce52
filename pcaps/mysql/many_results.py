"""Several statements in one request, a procedure with several results, an error in the middle."""

from pcaps.lab import Lab
from pcaps.mysql_client import CLASSIC, DEPRECATE_EOF, STMT_EXECUTE, Connection, execution
from pcaps.mysql_server import MYSQL, mysql, start

PROCEDURE = """
delimiter //
CREATE PROCEDURE twice(IN n INT) BEGIN SELECT n; SELECT n, n; DO 1; END //
CREATE PROCEDURE fails() BEGIN SELECT 1; SELECT * FROM nowhere; END //
"""


def make(lab: Lab) -> None:
    start(lab)
    mysql(PROCEDURE)
    with lab.capture(only=MYSQL):
        for capabilities in (CLASSIC, CLASSIC | DEPRECATE_EOF):
            client = Connection(capabilities, database="shop")
            client.query("SET @a = 1; SELECT @a; SELECT 'x' FROM DUAL WHERE 0; SELECT 2")
            client.query("CALL twice(3)")
            client.query("CALL fails()")
            client.query("SELECT 1; SELEKT 2; SELECT 3")
            client.ask(STMT_EXECUTE, execution(client.prepare("CALL twice(?)"), 4))
            client.query("SELECT 'the last'")
            client.quit()
