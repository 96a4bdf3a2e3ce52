"""CancelRequest, on a connection of its own: a statement ends with 57014; nothing to cancel."""

from pcaps.lab import Lab
from pcaps.postgres_client import SYNC, RawClient, bind, cancel, execute, parse, query
from pcaps.postgres_server import POSTGRES_TRAFFIC, postgres

PAUSE_S = 0.05


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC):
        client = RawClient()
        client.write(query("SELECT pg_sleep(60)"))
        lab.pause(PAUSE_S)
        cancel(client.key)
        client.until("Z")
        client.write(parse("SELECT pg_sleep(50)"), bind(), execute(), SYNC)
        lab.pause(PAUSE_S)
        cancel(client.key)
        client.until("Z")
        cancel(client.key)
        lab.pause(PAUSE_S)
        client.call(query("SELECT 'not cancelled'"))
        client.close()
