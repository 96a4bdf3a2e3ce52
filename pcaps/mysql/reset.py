"""Connections that end while statements wait: RST and FIN by the client, a server that is killed."""

from pcaps.lab import Lab
from pcaps.mysql_client import QUERY, Connection
from pcaps.mysql_server import MYSQL, start


def make(lab: Lab) -> None:
    start(lab)
    with lab.capture(only=MYSQL):
        for end in (Connection.reset, Connection.close):
            client = Connection(database="shop")
            client.query("SELECT 'answered'")
            client.command(QUERY, b"SELECT SLEEP(0.05), 'not waited for'")
            lab.pause(0.01)
            end(client)
            lab.pause(0.1)
        waiting, other = Connection(), Connection()
        waiting.command(QUERY, b"SELECT SLEEP(5), 'when the server ends'")
        lab.pause(0.01)
        other.query("SHUTDOWN")
        waiting.at_end()
        waiting.close()
        other.close()
