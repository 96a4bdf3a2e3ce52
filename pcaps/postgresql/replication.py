"""A replication connection: IDENTIFY_SYSTEM, a logical slot, START_REPLICATION and its stream."""

import struct

from pcaps.lab import Lab
from pcaps.postgres_client import COPY_DONE, RawClient, message, query
from pcaps.postgres_server import POSTGRES_TRAFFIC, postgres

SLOT = "CREATE_REPLICATION_SLOT tap TEMPORARY LOGICAL test_decoding"
STATUS = message("d", b"r" + struct.pack("!qqqqb", 0, 0, 0, 0, 1))


def make(lab: Lab) -> None:
    postgres(lab, "wal_level=logical")
    with lab.capture(only=POSTGRES_TRAFFIC):
        writer = RawClient()
        writer.call(query("CREATE TABLE lines (line text)"))
        tap = RawClient(replication="database", database="postgres")
        tap.call(query("IDENTIFY_SYSTEM"))
        tap.call(query("START_REPLICATION SLOT nobody LOGICAL 0/0"))
        tap.call(query(SLOT))
        tap.call(query("START_REPLICATION SLOT tap LOGICAL 0/0"), last="W")
        for turn in range(3):
            writer.call(query(f"INSERT INTO lines VALUES ('{turn}')"))
            tap.write(STATUS)
            while b"INSERT" not in tap.read()[1]:
                pass
        tap.call(COPY_DONE)
        tap.call(query("SELECT 'behind the stream'"))
        for client in (writer, tap):
            client.close()
