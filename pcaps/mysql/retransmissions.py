"""Statements and replies that one host missed, though the capture has them, sent again by TCP."""

from pcaps.lab import Lab
from pcaps.mysql_client import QUERY, Connection
from pcaps.mysql_server import MYSQL, start

# Between the first copy and the second, which TCP sends after 200 ms or more.
OUTAGE_S = 0.1


def make(lab: Lab) -> None:
    start(lab)
    with lab.capture(only=MYSQL):
        client = Connection(database="shop")
        client.query("SELECT 'first'")
        with lab.deaf("server"):
            client.command(QUERY, b"SELECT 'unheard'")
            lab.pause(OUTAGE_S)
        client.results()
        client.command(QUERY, b"SELECT 'slow', SLEEP(0.05)")
        lab.pause(OUTAGE_S / 4)
        with lab.deaf("client"):
            lab.pause(OUTAGE_S)
        client.results()
        client.query("SELECT 'last'")
        client.quit()
