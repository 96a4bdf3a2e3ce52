"""psycopg's pipeline mode: several Executes before a Sync; one fails, the others are skipped."""

from contextlib import suppress

import psycopg

from pcaps.lab import Lab
from pcaps.postgres_server import POSTGRES_TRAFFIC, connect, postgres

FILL = "INSERT INTO numbers VALUES (%s)"


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC), connect() as connection:
        connection.execute("CREATE TABLE numbers (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        with connection.pipeline():
            for number in range(5):
                connection.execute(FILL, (number,), prepare=False)
        try:
            with connection.pipeline():
                connection.execute(FILL, (10,), prepare=False)
                connection.execute("SELECT 1 / %s", (0,), prepare=False)
                connection.execute(FILL, (11,), prepare=False)
                connection.execute(FILL, (12,), prepare=False)
        except psycopg.errors.DivisionByZero:
            pass
        with connection.pipeline() as pipeline:
            connection.execute(FILL, (20,), prepare=False)
            pipeline.sync()
            connection.execute(FILL, (21,), prepare=False)
        with suppress(psycopg.errors.UniqueViolation):
            connection.execute(FILL, (1,), prepare=False)  # fails where it is committed
        connection.execute("SELECT count(*) FROM numbers WHERE n < %s", (100,), prepare=False)
