"""Prepared statements by name: parsed once, executed often, several of them, freed, unknown."""

import psycopg

from pcaps.lab import Lab
from pcaps.postgres_client import SYNC, RawClient, bind, close, describe, execute, parse, query
from pcaps.postgres_server import POSTGRES_TRAFFIC, connect, postgres

DOUBLE = "SELECT %s::int * 2"
GREET = "SELECT 'hello ' || %s::text"


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC):
        with connect() as connection:
            for turn in range(3):
                connection.execute(DOUBLE, (turn,), prepare=True)
                connection.execute(GREET, (f"number {turn}",), prepare=True)
            try:
                connection.execute("SELECT %s FROM nobody", (1,), prepare=True)
            except psycopg.errors.UndefinedTable:
                connection.execute(DOUBLE, (9,), prepare=True)
        client = RawClient()
        client.call(parse("SELECT 'the first'", "one"), describe("S", "one"), SYNC)
        client.call(bind("one"), execute(), SYNC)
        client.call(parse("SELECT 'not taken'", "one"), SYNC)  # 42P05
        client.call(bind("one"), execute(), SYNC)
        client.call(close("S", "one"), SYNC)
        client.call(bind("one"), execute(), SYNC)  # 26000
        client.call(parse("SELECT 'the second'", "one"), bind("one"), execute(), SYNC)
        client.call(query("PREPARE by_sql AS SELECT 'by SQL'"))
        client.call(bind("by_sql"), execute(), SYNC)
        client.call(query("EXECUTE by_sql"))
        client.call(query("DEALLOCATE ALL"))
        client.call(parse("SELECT 'the third'", "one"), SYNC)
        client.call(bind("one"), execute(), SYNC)
        client.close()
