"""Many statements on their way at once, each with a Sync of its own: every third one fails."""

from pcaps.lab import Lab
from pcaps.postgres_client import SYNC, RawClient, bind, execute, parse, query
from pcaps.postgres_server import POSTGRES_TRAFFIC, postgres


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC):
        client = RawClient()
        statements = [f"SELECT {number}/{number % 3}" for number in range(30)]
        batches = [parse(sql) + bind() + execute() + SYNC for sql in statements]
        client.write(*batches)
        for _ in batches:
            client.until("Z")
        client.write(*(query(sql) for sql in statements))
        for _ in statements:
            client.until("Z")
        failing = [parse(f"SELECT {sql}") + bind() + execute() for sql in ("1", "1/0", "2", "3")]
        client.write(*failing, SYNC, *failing, SYNC, query("SELECT 'after'"), SYNC)
        for _ in range(4):
            client.until("Z")
        client.close()
