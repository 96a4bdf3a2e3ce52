"""PyMySQL: its login and what it sets up, many rows, errors, PING, two connections."""

from pymysql import Connection
from pymysql.err import Error

from pcaps.lab import SERVER_HOST, Lab
from pcaps.mysql_server import MYSQL, start


def make(lab: Lab) -> None:
    start(lab)
    with lab.capture(only=MYSQL):
        first = Connection(host=SERVER_HOST, user="root", database="shop")
        second = Connection(host=SERVER_HOST, user="root")
        with first.cursor() as cursor:
            cursor.execute("CREATE TABLE numbers (n INT, name VARCHAR(20))")
            rows = [(number, f"number {number}") for number in range(300)]
            cursor.executemany("INSERT INTO numbers VALUES (%s, %s)", rows)
            first.commit()
            cursor.execute("SELECT * FROM numbers")  # 300 rows: the sequence number wraps
            cursor.execute("SELECT name FROM numbers WHERE n = %s", (7,))
            try:
                cursor.execute("SELECT * FROM nowhere")
            except Error:
                first.rollback()
            cursor.execute("DROP TABLE numbers")
        first.ping()
        second.select_db("shop")
        second.autocommit(True)
        for connection in (first, second):
            connection.close()
