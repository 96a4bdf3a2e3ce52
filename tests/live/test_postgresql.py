"""A real PostgreSQL: what is logged is what psql and psycopg ran, and the server agrees."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress

import psycopg
import pytest

from pcaps.postgres_server import USER, client_environment
from tests.goldens import SCRIPTS
from tests.live.postgres_truth import TruthfulPostgres, postgres_running
from tests.live.tracer import Row, Tracer, counter, tracing

Run = tuple[str, str, str | None]  # a statement, its status, its SQLSTATE
PROTOCOL_ITSELF = ("PARSE", "DESCRIBE", "CLOSE")  # commands that are no statements

PSQL: tuple[Run, ...] = (
    ("CREATE TABLE people (id int PRIMARY KEY, name text);", "ok", None),
    ("INSERT INTO people SELECT n, 'name ' || n FROM generate_series(1, 500) AS n;", "ok", None),
    ("SELECT * FROM people ORDER BY id;", "ok", None),
    ("SELECT * FROM nobody;", "error", "42P01"),
    ("INSERT INTO people VALUES (1, 'again');", "error", "23505"),
    ("BEGIN;", "ok", None),
    ("SELECT 1 / 0;", "error", "22012"),
    ("SELECT 'in vain';", "error", "25P02"),
    ("ROLLBACK;", "ok", None),
    ("SELECT pg_sleep(0.05);", "ok", None),
    ("DROP TABLE IF EXISTS nobody;", "ok", None),
    ("COPY people TO STDOUT;", "ok", None),
    ("SELEKT;", "error", "42601"),
    ("VALUES (1), (2);", "ok", None),
)


@pytest.fixture(scope="module")
def server() -> Iterator[TruthfulPostgres]:
    with postgres_running() as running:
        yield running


@pytest.fixture
def tracer(server: TruthfulPostgres) -> Iterator[Tracer]:
    script = SCRIPTS / "postgresql.lua"
    with tracing("-S", script, "-p", str(server.port), mode="postgresql") as running:
        server.statements.clear()
        yield running


def psql(server: TruthfulPostgres, *arguments: str, text: str = "", **environment: str) -> None:
    target = f"host=127.0.0.1 port={server.port} user={USER} dbname={USER}"
    subprocess.run(
        ("psql", "-X", "-q", "-d", target, *arguments),
        input=text,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=client_environment(environment),
        text=True,
        check=False,
    )


def connect(server: TruthfulPostgres) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(
        host="127.0.0.1", port=server.port, user=USER, dbname=USER, autocommit=True
    )


def send_together(
    connection: "psycopg.Connection[tuple[object, ...]]", sql: bytes, values: Sequence[bytes]
) -> None:
    """All of them before one Sync: a pipeline of psycopg ends as soon as it hears of an error."""
    raw = connection.pgconn
    raw.enter_pipeline_mode()
    for value in values:
        raw.send_query_params(sql, [value])
    raw.pipeline_sync()
    result = raw.get_result()
    while result is None or result.status != psycopg.pq.ExecStatus.PIPELINE_SYNC:
        result = raw.get_result()
    raw.exit_pipeline_mode()


def told(rows: Sequence[Row]) -> list[Run]:
    return [(row["request"], row["status"], row["code"]) for row in rows]


def statements(rows: Sequence[Row]) -> list[Run]:
    return told([row for row in rows if row["command"] not in PROTOCOL_ITSELF])


def fine(*requests: str) -> list[Run]:
    return [(request, "ok", None) for request in requests]


@pytest.mark.parametrize("sslmode", ["disable", "prefer"])
def test_psql_is_logged_as_it_was_told(
    server: TruthfulPostgres, tracer: Tracer, sslmode: str
) -> None:
    text = "".join(f"{statement}\n" for statement, _, _ in PSQL)
    psql(server, text=text, PGSSLMODE=sslmode)
    rows = tracer.rows_when(len(PSQL))
    assert told(rows) == list(PSQL)
    assert {row["quality"] for row in rows} == {"exact"}
    assert {row["command"] for row in rows} == {run[0].split()[0].rstrip(";") for run in PSQL}
    # the server does not log what it cannot parse
    assert server.statements == [sql for sql, _, code in PSQL if code != "42601"]
    outcome = tracer.stop()
    assert outcome.status == 0
    assert f"exact ({len(PSQL)} of {len(PSQL)})" in outcome.err
    psql(server, "-c", "DROP TABLE people")


def test_latency_is_the_servers_own(server: TruthfulPostgres, tracer: Tracer) -> None:
    psql(server, "-c", "SELECT pg_sleep(0.2)")
    (row,) = tracer.rows_when(1)
    assert row["latency_ns"] is not None
    assert 200_000_000 <= row["latency_ns"] < 1_000_000_000


def test_psycopg_is_logged_as_it_ran(server: TruthfulPostgres, tracer: Tracer) -> None:
    with connect(server) as connection:
        connection.execute("CREATE TEMP TABLE t (n int UNIQUE, word text)")
        for number in range(3):
            connection.execute("INSERT INTO t VALUES (%s, %s)", (number, "x"), prepare=False)
        with suppress(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO t VALUES (%s, 'y')", (1,), prepare=False)
        for number in range(3):
            connection.execute("SELECT word FROM t WHERE n = %s", (number,), prepare=True)
        with connection.cursor().copy("COPY t FROM STDIN") as rows:
            rows.write_row((10, "ten"))
        with connection.cursor().copy("COPY t TO STDOUT") as rows:
            assert len(list(rows)) == 4
        with suppress(psycopg.errors.UndefinedTable):
            connection.execute("SELECT * FROM nobody WHERE n = %s", (1,), prepare=False)
    insert = "INSERT INTO t VALUES ($1, $2)"
    select = "SELECT word FROM t WHERE n = $1"
    expected = [
        *fine("CREATE TEMP TABLE t (n int UNIQUE, word text)", insert, insert, insert),
        ("INSERT INTO t VALUES ($1, 'y')", "error", "23505"),
        *fine(select, select, select, "COPY t FROM STDIN", "COPY t TO STDOUT"),
        ("SELECT * FROM nobody WHERE n = $1", "error", "42P01"),
    ]
    rows_found = tracer.rows_when(len(expected) + 1)
    assert statements(rows_found) == expected
    assert [row["request"] for row in rows_found if row["command"] == "PARSE"] == [
        f"PARSE {select}"
    ]
    assert server.statements == [sql for sql, _, code in expected if code != "42P01"]


def test_pipelines_are_logged_statement_by_statement(
    server: TruthfulPostgres, tracer: Tracer
) -> None:
    with connect(server) as connection:
        with connection.pipeline():
            for number in range(50):
                connection.execute("SELECT %s::int", (number,), prepare=False)
        send_together(connection, b"SELECT 1 / $1::int", (b"1", b"0", b"1", b"1"))
        connection.execute("SELECT 'after it'")
    divide = "SELECT 1 / $1::int"
    expected = [
        *fine(*["SELECT $1::int"] * 50, divide),
        (divide, "error", "22012"),
        (divide, "error", None),
        (divide, "error", None),
        *fine("SELECT 'after it'"),
    ]
    rows = tracer.rows_when(len(expected))
    assert statements(rows) == expected
    assert {row["quality"] for row in rows} == {"exact"}


def test_cursors_and_notifications_are_followed(server: TruthfulPostgres, tracer: Tracer) -> None:
    with connect(server) as listening, connect(server) as talking:
        listening.execute("LISTEN news")
        talking.execute("SELECT pg_notify('news', 'first')")
        assert [each.payload for each in listening.notifies(timeout=10, stop_after=1)] == ["first"]
        listening.execute("SELECT 'asked again'")
        with talking.transaction():
            cursor = talking.cursor("named")
            cursor.itersize = 40
            cursor.execute("SELECT generate_series(1, 100)")
            assert len(list(cursor)) == 100
            cursor.close()
    fetch = 'FETCH FORWARD 40 FROM "named"'
    expected = fine(
        *("LISTEN news", "SELECT pg_notify('news', 'first')", "SELECT 'asked again'", "BEGIN"),
        'DECLARE "named" CURSOR FOR SELECT generate_series(1, 100)',
        *(fetch, fetch, fetch, 'CLOSE "named"', "COMMIT"),
    )
    rows = [
        row for row in tracer.rows_when(len(expected) + 1) if row["request"] != "DESCRIBE named"
    ]
    assert told(rows) == expected
    assert counter(tracer.stop().err, "pushes") == 1
