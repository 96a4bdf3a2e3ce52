"""psycopg with parameters: Parse, Bind, Describe, Execute, Sync for each statement; errors too."""

import psycopg

from pcaps.lab import Lab
from pcaps.postgres_server import POSTGRES_TRAFFIC, connect, postgres

Values = tuple["int | str | None", ...]

STATEMENTS: tuple[tuple[str, Values], ...] = (
    ("SELECT %s::int", (1,)),
    ("CREATE TABLE people (id int PRIMARY KEY, name text)", ()),
    ("INSERT INTO people VALUES (%s, %s)", (1, "anna")),
    ("INSERT INTO people VALUES (%s, %s)", (1, "bert")),  # 23505
    ("INSERT INTO people VALUES (%s, %s)", (2, None)),
    ("SELECT name FROM people WHERE id = %s", (1,)),
    ("SELECT name FROM people WHERE id = %s", (3,)),
    ("SELECT nothing FROM people WHERE id = %s", (1,)),  # 42703: Parse fails
    ("SELECT %s::int", ("no number",)),  # 22P02: Bind fails
    ("SELECT 1 / %s", (0,)),  # 22012: Execute fails
    ("UPDATE people SET name = %s", ("c" * 2000,)),
    ("SELECT repeat(name, %s) FROM people", (2,)),
    ("WITH gone AS (DELETE FROM people RETURNING id) SELECT * FROM gone WHERE id > %s", (0,)),
)


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC), connect() as connection:
        for sql, values in STATEMENTS:
            try:
                connection.execute(sql, values or None, prepare=False)
            except psycopg.Error as error:
                assert error.sqlstate, error
