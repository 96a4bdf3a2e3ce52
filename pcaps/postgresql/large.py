"""Large statements and large results: many segments each way, one statement behind another."""

from pcaps.lab import Lab
from pcaps.postgres_client import SYNC, RawClient, bind, execute, parse, query
from pcaps.postgres_server import POSTGRES_TRAFFIC, postgres


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC):
        client = RawClient()
        client.call(query("SELECT 'small'"))
        client.call(query(f"SELECT length('{'x' * 20000}')"))
        client.call(query("SELECT repeat('y', 20000) FROM generate_series(1, 2)"))
        client.call(parse("SELECT length($1)"), bind(values=("z" * 20000,)), execute(), SYNC)
        client.call(query("SELECT generate_series(1, 1000)"))
        client.call(query("SELECT 'small again'"))
        client.close()
