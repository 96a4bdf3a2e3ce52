"""A real MariaDB, the client `mysql` and PyMySQL: the statements logged are those that were run."""

import struct
from collections.abc import Iterator, Sequence

import pytest
from pymysql import Connection
from pymysql.constants import CLIENT, COMMAND
from pymysql.err import MySQLError

from pcaps.mysql_client import STMT_PREPARE, execution
from tests.goldens import SCRIPTS
from tests.live.clients import by_client, everywhere
from tests.live.mysql_truth import MysqlTruth, mariadb_running
from tests.live.tracer import Row, Tracer, counter, tracing

SCRIPT = SCRIPTS / "mysql.lua"
MIB = 1024 * 1024
LARGE = 17 * MIB  # more than a packet holds
BUFFER = ("-B", "131072")  # KiB: large packets come at once


@pytest.fixture(scope="module")
def truth() -> Iterator[MysqlTruth]:
    with mariadb_running("--max-allowed-packet=64M", "--local-infile=1") as running:
        yield running


@pytest.fixture
def tracer(truth: MysqlTruth) -> Iterator[Tracer]:
    with tracing("-S", SCRIPT, "-p", str(truth.port), *BUFFER, mode="mysql") as running:
        yield running


def told(rows: Sequence[Row]) -> list[tuple[str, str, str | None]]:
    return [(row["request"], row["status"], row["code"]) for row in rows]


def ok(*requests: str) -> list[tuple[str, str, str | None]]:
    return [(request, "ok", None) for request in requests]


def until_quit(tracer: Tracer, sessions: int = 1) -> list[Row]:
    """The log when so many connections have said QUIT."""
    rows = tracer.rows()
    while sum(row["command"] == "QUIT" for row in rows) < sessions:
        rows = tracer.rows_when(len(rows) + 1)
    return rows


def test_statements_of_the_mysql_client_are_logged_as_they_were_run(
    truth: MysqlTruth, tracer: Tracer
) -> None:
    heard = len(truth.heard("Query"))
    statements = [
        "CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40))",
        "INSERT INTO users (name) VALUES ('ann'), ('bob'), ('')",
        "SELECT * FROM users ORDER BY id",
        "SELECT seq, REPEAT('x', 100) FROM seq_1_to_3000",
        "PREPARE s FROM 'SELECT name FROM users WHERE id = ?'",
        "SET @id = 2",
        "EXECUTE s USING @id",
        "DEALLOCATE PREPARE s",
        "BEGIN",
        "DELETE FROM users",
        "ROLLBACK",
        "SELECT COUNT(*) FROM users",
        "SELECT * FROM nowhere",
        "DROP TABLE users",
    ]
    printed = truth.mysql(";\n".join(statements) + ";\n")
    assert "bob" in printed
    rows = until_quit(tracer)
    codes = {"SELECT * FROM nowhere": "1146"}
    assert told(rows) == [
        ("CONNECT root shop", "ok", None),
        *((each, "error" if each in codes else "ok", codes.get(each)) for each in statements),
        ("QUIT", "silent", None),
    ]
    assert {row["quality"] for row in rows} == {"exact"}
    assert truth.heard("Query")[heard:] == statements


def test_statements_of_pymysql_are_logged_as_they_were_run(
    truth: MysqlTruth, tracer: Tracer
) -> None:
    heard = len(truth.heard("Query"))
    several = "SELECT 1; SELECT 2, 3; DO 1"
    connection = truth.connect(client_flag=CLIENT.MULTI_STATEMENTS)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE numbers (n INT, name VARCHAR(20))")
        rows_of = [(number, f"n{number}") for number in range(3)]
        cursor.executemany("INSERT INTO numbers VALUES (%s, %s)", rows_of)
        connection.commit()
        cursor.execute("SELECT name FROM numbers WHERE n > %s", (0,))
        assert cursor.fetchall() == (("n1",), ("n2",))
        cursor.execute(several)
        assert (cursor.fetchall(), cursor.nextset(), cursor.fetchall()) == (
            ((1,),), True, ((2, 3),)
        )  # fmt: skip
        assert cursor.nextset()
        with pytest.raises(MySQLError):
            cursor.execute("SELEKT 1")
        cursor.execute("DROP TABLE numbers")
    connection.ping()
    connection.select_db("mysql")
    connection.close()
    queries = [
        *("SET NAMES utf8mb4", "SET AUTOCOMMIT = 0"),
        "CREATE TABLE numbers (n INT, name VARCHAR(20))",
        "INSERT INTO numbers VALUES (0, 'n0'),(1, 'n1'),(2, 'n2')",
        "COMMIT",
        "SELECT name FROM numbers WHERE n > 0",
    ]
    rows = until_quit(tracer)
    assert told(rows) == [
        *ok("CONNECT root shop", *queries, several),
        ("SELEKT 1", "error", "1064"),
        *ok("DROP TABLE numbers", "PING", "INIT_DB mysql"),
        ("QUIT", "silent", None),
    ]
    assert {row["quality"] for row in rows} == {"exact"}
    assert truth.heard("Query")[heard:] == [*queries, several, "SELEKT 1", "DROP TABLE numbers"]


class Prepared:
    """A prepared statement in the binary protocol, which PyMySQL does not offer by itself."""

    def __init__(self, connection: Connection, sql: str) -> None:
        self._connection = connection
        connection._execute_command(STMT_PREPARE, sql)
        head = self._packet()
        self.number, columns, parameters = struct.unpack_from("<IHH", head, 1)
        for count in (parameters, columns):
            for _ in range(count + 1 if count else 0):  # the last one is an EOF
                self._packet()

    def _packet(self) -> bytes:
        return bytes(self._connection._read_packet().get_all_data())

    def execute(self, *values: str | int) -> int:
        """The number of rows that come back."""
        arguments = execution(self.number, *values)
        self._connection._execute_command(COMMAND.COM_STMT_EXECUTE, arguments)
        head = self._packet()
        if head[0] == 0:
            return 0
        for _ in range(head[0] + 1):
            self._packet()
        rows = 0
        while self._packet()[0] == 0:
            rows += 1
        return rows

    def close(self) -> None:
        number = struct.pack("<I", self.number)
        self._connection._execute_command(COMMAND.COM_STMT_CLOSE, number)


def test_executions_of_prepared_statements_show_what_was_prepared(
    truth: MysqlTruth, tracer: Tracer
) -> None:
    heard = len(truth.heard("Execute"))
    create, insert = "CREATE TABLE items (id INT, text TEXT)", "INSERT INTO items VALUES (?, ?)"
    select = "SELECT * FROM items WHERE id > ?"
    connection = truth.connect()
    connection.query(create)
    first, second = Prepared(connection, insert), Prepared(connection, select)
    for number in range(5):
        assert first.execute(number, f"secret {number}") == 0
    assert second.execute(1) == 3
    assert second.execute(100) == 0
    first.close()
    second.close()
    connection.query("DROP TABLE items")
    connection.close()
    rows = until_quit(tracer)
    login = ("CONNECT root shop", "SET NAMES utf8mb4", "SET AUTOCOMMIT = 0")
    assert told(rows) == [
        *ok(*login, create, f"STMT_PREPARE {insert}", f"STMT_PREPARE {select}"),
        *ok(*[insert] * 5, select, select),
        (f"STMT_CLOSE {insert}", "silent", None),
        (f"STMT_CLOSE {select}", "silent", None),
        *ok("DROP TABLE items"),
        ("QUIT", "silent", None),
    ]
    assert [row["command"] for row in rows[6:13]] == ["INSERT"] * 5 + ["SELECT"] * 2
    assert {row["quality"] for row in rows} == {"exact"}
    assert len(truth.heard("Execute")) - heard == 7


def test_packets_of_more_than_16_mib_are_passed_over(truth: MysqlTruth, tracer: Tracer) -> None:
    connection = truth.connect(max_allowed_packet=64 * MIB)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT LENGTH('{'x' * LARGE}')")
        assert cursor.fetchall() == ((LARGE,),)
        cursor.execute(f"SELECT REPEAT('y', {LARGE})")
        assert cursor.fetchall() == (("y" * LARGE,),)
        cursor.execute("SELECT 'behind'")
    connection.close()
    rows = until_quit(tracer)
    assert [row["request"][:20] for row in rows[3:]] == [
        *("SELECT LENGTH('xxxxx", "SELECT REPEAT('y', 1", "SELECT 'behind'", "QUIT"),
    ]
    assert rows[3]["request_bytes"] > LARGE
    assert rows[4]["reply_bytes"] > LARGE
    assert {row["quality"] for row in rows} == {"exact"}


def test_connections_at_once_each_have_their_own_statements(
    truth: MysqlTruth, tracer: Tracer
) -> None:
    turns, clients = 50, [truth.connect() for _ in range(6)]
    names = {f"127.0.0.1:{client._sock.getsockname()[1]}": client for client in clients}

    def talk(named: tuple[str, Connection]) -> None:
        name, client = named
        for turn in range(turns):
            client.query(f"SELECT '{name}', {turn}")

    everywhere(talk, names.items())
    for client in clients:
        client.close()
    rows = until_quit(tracer, len(clients))
    found = by_client(row for row in rows if row["command"] == "SELECT")
    assert found == {name: [f"SELECT '{name}', {turn}" for turn in range(turns)] for name in names}
    assert {row["quality"] for row in rows} == {"exact"}


def test_passwords_are_not_in_the_log(truth: MysqlTruth, tracer: Tracer) -> None:
    truth.mysql(
        "CREATE USER ann IDENTIFIED BY 'hidden';\n"
        "SET PASSWORD FOR ann = PASSWORD('hidden');\n"
        "GRANT SELECT ON shop.* TO ann;\n"
    )
    with truth.connect(user="ann", password="hidden") as connection:
        connection.query("SELECT 1")
    with pytest.raises(MySQLError):
        truth.connect(user="ann", password="also hidden")
    until_quit(tracer, 2)
    tracer.rows_when(5 + 5 + 1)
    outcome = tracer.stop()
    assert "CONNECT ann shop" in outcome.out
    assert '"code":"1045"' in outcome.out
    assert "hidden" not in outcome.out + outcome.err


def test_compressed_connection_is_left_alone(truth: MysqlTruth, tracer: Tracer) -> None:
    assert "compressed" in truth.mysql("SELECT REPEAT('compressed', 100);\n", "--compress")
    truth.mysql("SELECT 'not'; DO 1;\n")
    rows = until_quit(tracer)
    assert [row["request"] for row in rows] == [
        *("CONNECT root shop", "CONNECT root shop", "SELECT 'not'", "DO 1", "QUIT"),
    ]
    assert counter(tracer.stop().err, "encrypted") == 1
