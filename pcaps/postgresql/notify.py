"""LISTEN and NOTIFY: messages to a client that waits, that asks, and to the one that sends them."""

from pcaps.lab import Lab
from pcaps.postgres_client import RawClient, query
from pcaps.postgres_server import POSTGRES_TRAFFIC, postgres


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC):
        listening, talking = RawClient(), RawClient()
        listening.call(query("LISTEN news"))
        for number in range(3):
            talking.call(query(f"NOTIFY news, 'number {number}'"))
            listening.until("A")
        listening.call(query("NOTIFY news, 'to myself'"))
        listening.call(query("SELECT 'asked'"))
        listening.call(query("BEGIN"))
        talking.call(query("SELECT pg_notify('news', 'when it is over')"))
        listening.call(query("SELECT 'in a transaction'"))
        listening.call(query("COMMIT"))
        listening.call(query("SET application_name TO 'listener'"))  # ParameterStatus
        listening.call(query("SET client_min_messages TO debug1; SET TimeZone TO 'Europe/Oslo'"))
        listening.call(query("DROP TABLE IF EXISTS nobody"))  # a notice
        talking.call(
            query("DO $$ BEGIN FOR n IN 1..3 LOOP RAISE WARNING 'no %', n; END LOOP; END $$")
        )
        for client in (listening, talking):
            client.close()
