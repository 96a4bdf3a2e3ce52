"""Statements and results that one host missed, though the capture has them, sent again by TCP."""

from pcaps.lab import Lab
from pcaps.postgres_client import SYNC, RawClient, bind, execute, parse, query
from pcaps.postgres_server import POSTGRES_TRAFFIC, postgres

DEAF_S = 0.3


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC):
        client = RawClient()
        client.call(query("SELECT 1"))
        with lab.deaf("server"):
            client.write(query("SELECT 2"))
            lab.pause(DEAF_S)
        client.until("Z")
        client.call(query("SELECT 3"))
        client.write(query("SELECT pg_sleep(0.1), 4"))
        with lab.deaf("client"):
            lab.pause(DEAF_S)
        client.until("Z")
        with lab.deaf("server"):
            client.write(parse("SELECT 5"), bind(), execute(), SYNC)
            client.write(query("SELECT 6"))
            lab.pause(DEAF_S)
        client.until("Z")
        client.until("Z")
        client.close()
