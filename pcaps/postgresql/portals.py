"""Portals: rows in portions (PortalSuspended), two open at once, one closed; a cursor."""

from pcaps.lab import Lab
from pcaps.postgres_client import (
    FLUSH,
    SYNC,
    RawClient,
    bind,
    close,
    describe,
    execute,
    parse,
    query,
)
from pcaps.postgres_server import POSTGRES_TRAFFIC, connect, postgres

SERIES = "SELECT generate_series(1, 5)"


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC):
        client = RawClient()
        client.call(query("BEGIN"))
        client.call(
            *(parse(SERIES, "series"), bind("series", "first"), bind("series", "second")),
            *(execute("first", 2), SYNC),
        )
        client.call(execute("second", 2), SYNC)
        client.call(execute("first", 2), execute("first", 2), execute("second"), SYNC)
        client.call(close("P", "first"), SYNC)
        client.call(execute("first"), SYNC)  # 34000
        client.call(query("ROLLBACK"))
        client.call(parse(SERIES), describe("S"), FLUSH, last="T")
        client.call(bind(), execute(rows=3), FLUSH, last="s")
        client.call(execute(), FLUSH, last="C")
        client.call(SYNC)
        client.call(parse(""), bind(), describe("P"), execute(), SYNC)
        client.close()
        with connect() as connection, connection.transaction():
            cursor = connection.cursor("named")
            cursor.itersize = 4
            cursor.execute("SELECT generate_series(1, 10)")
            assert len(list(cursor)) == 10
            cursor.close()
