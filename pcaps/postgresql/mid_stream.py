"""Connections older than the capture: idle, waiting for a reply, in a pipeline, in a COPY."""

from pcaps.lab import Lab
from pcaps.postgres_client import (
    COPY_DONE,
    SYNC,
    RawClient,
    bind,
    execute,
    message,
    parse,
    query,
)
from pcaps.postgres_server import POSTGRES_TRAFFIC, postgres

PAUSE_S = 0.1


def make(lab: Lab) -> None:
    postgres(lab)
    idle, waiting, prepared, copying = (RawClient() for _ in range(4))
    idle.call(query("CREATE TABLE lines (line text)"))
    prepared.call(parse("SELECT 'prepared before'", "early"), SYNC)
    copying.call(query("COPY lines FROM STDIN"), last="G")
    waiting.write(query("DO $$ BEGIN PERFORM pg_sleep(0.5); END $$"))
    lab.pause(PAUSE_S)
    with lab.capture(only=POSTGRES_TRAFFIC):
        waiting.write(query("SELECT 'sent while another is at work'"))
        waiting.until("Z")
        waiting.until("Z")
        for turn in range(4):
            idle.call(query(f"SELECT {turn}"))
            lab.pause(PAUSE_S)
            prepared.call(bind("early"), execute(), SYNC)
            prepared.call(parse(f"SELECT {turn} * 2"), bind(), execute(), SYNC)
            waiting.call(query(f"INSERT INTO lines VALUES ('{turn}')"))
        copying.write(message("d", b"a line\n"))
        copying.call(COPY_DONE)
        for turn in range(4):
            copying.call(query(f"SELECT {turn} * 3"))
            lab.pause(PAUSE_S)
        for client in (idle, waiting, prepared, copying):
            client.close()
