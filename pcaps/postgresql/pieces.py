"""Messages that arrive in pieces: cut in the type, the length, the text, behind each byte."""

from pcaps.lab import Lab
from pcaps.postgres_client import SYNC, RawClient, bind, describe, execute, parse, query
from pcaps.postgres_server import POSTGRES_TRAFFIC, postgres

PAUSE_S = 0.002


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC):
        client = RawClient()
        simple = query("SELECT 'in pieces'")
        extended = parse("SELECT 'also'", "s") + bind("s") + describe("P") + execute() + SYNC
        for whole in (simple, extended):
            for cut in (1, 3, 5, 6, 12, len(whole) - 1):
                client.write(whole[:cut])
                lab.pause(PAUSE_S)
                client.write(whole[cut:])
                client.until("Z")
                if whole is extended:
                    client.call(query("DEALLOCATE s"))
        for at in range(len(simple)):
            client.write(simple[at : at + 1])
        client.until("Z")
        client.close()
