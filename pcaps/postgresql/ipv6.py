"""The same as everywhere, over IPv6."""

from pcaps.lab import SERVER_HOST_6, Lab
from pcaps.postgres_server import POSTGRES_TRAFFIC, connect, postgres


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC), connect(host=SERVER_HOST_6) as connection:
        connection.execute("SELECT 'simple'")
        connection.execute("SELECT %s", ("extended",))
