"""Connections that end: by an administrator, by RST, by a timeout, without Terminate; refused."""

from pcaps.lab import Lab
from pcaps.postgres_client import RawClient, query
from pcaps.postgres_server import POSTGRES_TRAFFIC, postgres

PAUSE_S = 0.05
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'"


def make(lab: Lab) -> None:
    postgres(lab, "max_connections=5", "superuser_reserved_connections=0")
    with lab.capture(only=POSTGRES_TRAFFIC):
        working = RawClient(application_name="victim")
        idle = RawClient(application_name="victim")
        administrator = RawClient()
        working.write(query("SELECT pg_sleep(60)"))
        lab.pause(PAUSE_S)
        administrator.call(query(OTHERS))
        working.until("E")
        idle.until("E")
        assert working.at_end()
        assert idle.at_end()
        lab.pause(PAUSE_S)
        working.close(terminate=False)
        idle.close(terminate=False)
        impatient = RawClient()
        impatient.write(query("SELECT pg_sleep(0.2)"))
        lab.pause(PAUSE_S)
        impatient.reset()
        silent = RawClient()
        silent.call(query("SELECT 'no word of farewell'"))
        silent.close(terminate=False)
        administrator.call(query("SET idle_session_timeout TO 50"))
        administrator.until("E")
        administrator.close(terminate=False)
        refused = RawClient(greet=False)
        try:
            refused.greet(user="postgres", database="nowhere")
        except EOFError:
            refused.close(terminate=False)
