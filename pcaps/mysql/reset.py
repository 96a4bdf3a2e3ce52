"""Connections that end while statements wait: RST, FIN, a server that shuts down."""

from pcaps.lab import Lab
from pcaps.mysql_client import QUERY, Connection
from pcaps.mysql_server import MYSQL, start


def make(lab: Lab) -> None:
    start(lab)
    with lab.capture(only=MYSQL):
        # After a FIN the server goes on sleeping, and the capture ends before it replies.
        for end, seconds in ((Connection.reset, 0.05), (Connection.close, 20)):
            client = Connection(database="shop")
            client.query("SELECT 'answered'")
            client.command(QUERY, f"SELECT SLEEP({seconds}), 'not waited for'".encode())
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
