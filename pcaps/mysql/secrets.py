"""Passwords in statements, in every place that MariaDB knows; a prepared one's parameter."""

from pcaps.lab import Lab
from pcaps.mysql_client import STMT_EXECUTE, Connection, execution
from pcaps.mysql_server import MYSQL, mysql, start

STATEMENTS = """
CREATE USER 'ann'@'%' IDENTIFIED BY 'hidden-1';
ALTER USER ann IDENTIFIED BY "hidden-2", root identified by '';
GRANT SELECT ON *.* TO ann IDENTIFIED BY 'hid''den-3' WITH GRANT OPTION;
SET PASSWORD FOR 'ann'@'%' = PASSWORD('hidden-4');
SET PASSWORD FOR ann = '*C8D5BD8B3E4A5A3B1B1E1C7F1D6E5A4B3C2D1E0F';
CREATE USER bob IDENTIFIED VIA mysql_native_password USING PASSWORD('hid\\'den-5') OR unix_socket;
CHANGE MASTER TO MASTER_HOST='10.0.0.1', MASTER_PASSWORD='hidden-6', MASTER_USER='replica';
CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST '10.0.0.1', PASSWORD 'hidden-7');
PREPARE s FROM 'ALTER USER ann IDENTIFIED BY ''hidden-8''';
SELECT HEX(AES_ENCRYPT('text', 'hidden-9')), 1;
SELECT 'a user''s password is not here', 'hidden-10';
SELECT 'no secret', "in this";
"""


def make(lab: Lab) -> None:
    start(lab)
    with lab.capture(only=MYSQL):
        mysql(STATEMENTS)
        client = Connection(database="shop")
        statement = client.prepare("SELECT ?")
        client.ask(STMT_EXECUTE, execution(statement, "hidden-11"))
        client.query("ALTER USER ann IDENTIFIED BY 'hidden-12'" + " " * 2000 + "ACCOUNT UNLOCK")
        client.quit()
