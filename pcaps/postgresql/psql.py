"""psql with simple queries: rows, nothing, errors, notices, several statements in one."""

from pcaps.lab import Lab
from pcaps.postgres_server import POSTGRES_TRAFFIC, postgres, psql

# psql sends each line as one query, without the semicolon at its end
STATEMENTS = (
    "SELECT 1",
    "CREATE TABLE people (id int PRIMARY KEY, name text)",
    "INSERT INTO people VALUES (1, 'anna'), (2, 'bert')",
    "SELECT * FROM people ORDER BY id",
    "SELECT * FROM people WHERE id = 3",
    "SELECT * FROM nobody",
    "SELEKT 1",
    "INSERT INTO people VALUES (1, 'carl')",
    "DROP TABLE IF EXISTS nobody",
    "BEGIN",
    "UPDATE people SET name = 'dora' WHERE id = 1",
    "SELECT 1/0",
    "SELECT 2",
    "ROLLBACK",
    "/* a comment */ SELECT 'so /* and */ so'",
    "(SELECT 1) UNION (SELECT 2)",
    "DELETE FROM people",
    "TABLE people",
    "VALUES (1), (2)",
    "DO $$ BEGIN RAISE NOTICE 'look'; END $$",
)
TOGETHER = "SELECT 1; SELECT 2; CREATE TABLE t (a int); SELECT a FROM t"
TOGETHER_FAILING = "SELECT 3; SELECT 1/0; SELECT 4"
SPREAD = "SELECT 'two'\n\t, 'lines'"


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC):
        psql(text="".join(f"{statement};\n" for statement in STATEMENTS))
        psql("-c", TOGETHER, sslmode="prefer")
        psql("-c", TOGETHER_FAILING, "-c", SPREAD)
        psql("-c", "")
        psql("-c", "SELECT 'user anna is unknown'", user="nobody_known")
