"""What few clients send: FunctionCall, Describe and Close alone, Sync alone, an error at Sync."""

from pcaps.lab import Lab
from pcaps.postgres_client import (
    FLUSH,
    SYNC,
    RawClient,
    bind,
    close,
    describe,
    execute,
    function_call,
    message,
    parse,
    query,
)
from pcaps.postgres_server import POSTGRES_TRAFFIC, postgres

INT4_PLUS = 177
NO_FUNCTION = 999999
DEFERRED = "CREATE TABLE once (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"
INSERT = "INSERT INTO once VALUES (1)"


def make(lab: Lab) -> None:
    postgres(lab)
    with lab.capture(only=POSTGRES_TRAFFIC):
        client = RawClient()
        client.call(SYNC)
        client.call(FLUSH, SYNC, SYNC)
        client.until("Z")
        client.call(function_call(INT4_PLUS, b"\0\0\0\1", b"\0\0\0\2"))
        client.call(function_call(NO_FUNCTION))
        client.call(parse("SELECT 'one'", "one"), SYNC)
        client.call(describe("S", "one"), SYNC)
        client.call(describe("S", "two"), SYNC)  # 26000
        client.call(bind("one"), describe("P"), SYNC)
        client.call(bind("one"), execute(), close("S", "one"), SYNC)
        client.call(close("S", "one"), FLUSH, last="3")
        client.call(SYNC)
        client.call(query(DEFERRED))
        # each Execute succeeds; the constraint fails where the Sync commits
        client.write(parse(INSERT), bind(), execute(), bind(), execute(), SYNC, query("SELECT 5"))
        client.until("Z")
        client.until("Z")
        client.call(parse(INSERT), bind(), execute(), SYNC)
        client.call(query(INSERT))  # fails where it is committed, too
        # a query between Executes and their Sync
        client.write(parse("SELECT 6"), bind(), execute(), query("SELECT 7"), SYNC)
        client.until("Z")
        client.until("Z")
        client.call(parse("SELECT 1/0"), bind(), execute(), query("SELECT 8"), SYNC)
        client.call(query("SELECT 9"))
        client.call(message("Q", b"SELECT 'longer than a segment: " + b"x" * 4000 + b"'\0"))
        client.close()
