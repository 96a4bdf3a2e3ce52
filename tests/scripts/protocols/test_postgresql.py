"""PostgreSQL in Lua: what the makers of the captures ran, by what the server said of it."""

import itertools
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcaps.postgres_client import (
    FLUSH,
    SYNC,
    VERSION_3_0,
    bind,
    close,
    describe,
    execute,
    message,
    parse,
    query,
    text,
)
from pcaps.postgresql import copy, pipeline, portals, prepared, psql
from pcaps.postgresql.passwords import SECRET
from pcaps.postgresql.passwords import STATEMENTS as WITH_PASSWORDS
from tcpkit.protocols.message import Exchange
from tests.build import ETHERNET
from tests.goldens import PCAPS
from tests.scripted import loaded
from tests.scripts.protocols.replay import Piece, packets_of, said_in
from tests.scripts.protocols.shipped import traced
from tests.truth.trace import Trace, trace

PORT = 5432
MODE = "postgresql"
CAPTURES = sorted((PCAPS / MODE).glob("*.pcap"))
Told = tuple[str, str, str | None]  # request, status, SQLSTATE

GREETING: list[Piece] = [
    (True, struct.pack("!ii", 23, VERSION_3_0) + text("user") + text("anna") + b"\0" * 5),
    (False, message("R", b"\0\0\0\0") + message("Z", b"I")),
]


def of_capture(name: str) -> Trace:
    return traced(MODE, name)


def told(exchange: Exchange) -> Told:
    return exchange.request, exchange.status, exchange.code


def told_of(name: str) -> list[Told]:
    return [told(exchange) for exchange in of_capture(name).exchanges]


def fine(*requests: str) -> list[Told]:
    return [(request, "ok", None) for request in requests]


def of(*pieces: Piece) -> Trace:
    """A connection that has logged in, and says `pieces`."""
    return trace(packets_of([*GREETING, *pieces], PORT), ETHERNET, MODE)


def answer(tag: str) -> bytes:
    return message("C", text(tag))


def error(code: str) -> bytes:
    return message("E", b"SERROR\0VERROR\0C" + text(code) + b"Msorry\0\0")


READY = message("Z", b"I")


def test_statements_of_psql_are_told_with_their_outcome() -> None:
    failing = {
        "SELECT * FROM nobody": "42P01",
        "SELEKT 1": "42601",
        "INSERT INTO people VALUES (1, 'carl')": "23505",
        "SELECT 1/0": "22012",
        "SELECT 2": "25P02",  # within a transaction that has failed
    }
    expected = [
        (f"{each};", "error" if each in failing else "ok", failing.get(each))
        for each in psql.STATEMENTS
    ]
    assert told_of("psql") == [
        *expected,
        *fine(psql.TOGETHER),
        (psql.TOGETHER_FAILING, "error", "22012"),
        *fine("SELECT 'two' , 'lines'", ""),
    ]


def test_first_word_is_the_command() -> None:
    commands = [exchange.command for exchange in of_capture("psql").exchanges]
    words = "SELECT CREATE INSERT SELECT SELECT SELECT SELEKT INSERT DROP BEGIN UPDATE SELECT "
    words += "SELECT ROLLBACK SELECT SELECT DELETE TABLE VALUES DO SELECT SELECT SELECT QUERY"
    assert commands == words.split()


def test_statements_with_parameters_are_one_exchange_each() -> None:
    assert told_of("parameters") == [
        *fine("SELECT $1::int", "CREATE TABLE people (id int PRIMARY KEY, name text)"),
        *fine("INSERT INTO people VALUES ($1, $2)"),
        ("INSERT INTO people VALUES ($1, $2)", "error", "23505"),
        *fine("INSERT INTO people VALUES ($1, $2)"),
        *fine("SELECT name FROM people WHERE id = $1", "SELECT name FROM people WHERE id = $1"),
        ("SELECT nothing FROM people WHERE id = $1", "error", "42703"),
        ("SELECT $1::int", "error", "22P02"),
        ("SELECT 1 / $1", "error", "22012"),
        *fine("UPDATE people SET name = $1", "SELECT repeat(name, $1) FROM people"),
        *fine(
            "WITH gone AS (DELETE FROM people RETURNING id) SELECT * FROM gone WHERE id > $1",
        ),
    ]


def test_prepared_statement_shows_the_text_that_the_server_keeps_under_its_name() -> None:
    double, greet = (each.replace("%s", "$1") for each in (prepared.DOUBLE, prepared.GREET))
    assert told_of("prepared") == [
        *fine(f"PARSE {double}", double, f"PARSE {greet}", greet),
        *fine(double, greet, double, greet),
        ("PARSE SELECT $1 FROM nobody", "error", "42P01"),
        *fine(double),
        *fine("PARSE SELECT 'the first'", "SELECT 'the first'"),
        ("PARSE SELECT 'not taken'", "error", "42P05"),
        *fine("SELECT 'the first'", "CLOSE one"),
        ("SELECT 'the first'", "error", "26000"),
        *fine("SELECT 'the second'", "PREPARE by_sql AS SELECT 'by SQL'"),
        *fine("EXECUTE by_sql", "EXECUTE by_sql", "DEALLOCATE ALL"),
        *fine("PARSE SELECT 'the third'", "SELECT 'the third'"),
    ]


def test_what_the_server_skips_in_a_pipeline_is_an_error_without_a_code() -> None:
    fill = pipeline.FILL.replace("%s", "$1")
    assert told_of("pipeline")[1:] == [
        *fine(fill, fill, fill, fill, fill, fill),
        ("SELECT 1 / $1", "error", "22012"),
        (fill, "error", None),
        (fill, "error", None),
        *fine(fill, fill),
        (fill, "error", "23505"),  # where the Sync commits
        *fine("SELECT count(*) FROM numbers WHERE n < $1"),
    ]


def test_each_statement_of_many_on_their_way_has_its_own_outcome() -> None:
    single = [
        (
            f"SELECT {number}/{number % 3}",
            *(("error", "22012") if number % 3 == 0 else ("ok", None)),
        )
        for number in range(30)
    ]
    together = [
        *fine("SELECT 1"),
        ("SELECT 1/0", "error", "22012"),
        ("SELECT 2", "error", None),
        ("SELECT 3", "error", None),
    ]
    expected = [*single, *single, *together, *together, *fine("SELECT 'after'")]
    assert told_of("pipeline-of-syncs") == expected


def test_each_portion_of_a_portal_is_an_exchange() -> None:
    series = portals.SERIES
    assert told_of("portals") == [
        *fine("BEGIN", series, series, series, series, series, "CLOSE first"),
        (series, "error", "34000"),
        *fine("ROLLBACK", f"PARSE {series}", series, series, ""),
        *fine("BEGIN", 'DECLARE "named" CURSOR FOR SELECT generate_series(1, 10)'),
        *fine("DESCRIBE named", *['FETCH FORWARD 4 FROM "named"'] * 3, 'CLOSE "named"', "COMMIT"),
    ]


def test_what_few_clients_send_is_told() -> None:
    assert told_of("corners")[:-1] == [
        *fine("FUNCTION 177"),
        ("FUNCTION 999999", "error", "42883"),
        *fine("PARSE SELECT 'one'", "DESCRIBE one"),
        ("DESCRIBE two", "error", "26000"),
        *fine("BIND one", "SELECT 'one'", "CLOSE one"),
        *fine("CREATE TABLE once (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"),
        *fine("INSERT INTO once VALUES (1)"),
        ("INSERT INTO once VALUES (1)", "error", "23505"),
        *fine("SELECT 5", "INSERT INTO once VALUES (1)"),
        ("INSERT INTO once VALUES (1)", "error", "23505"),
        *fine("SELECT 6", "SELECT 7"),
        ("SELECT 1/0", "error", "22012"),
        ("SELECT 8", "error", None),
        *fine("SELECT 9"),
    ]


def test_copy_is_one_exchange_whatever_goes_through_it() -> None:
    assert told_of("copy") == [
        *fine("CREATE TABLE lines (number int, line text)"),
        *fine("COPY  lines FROM STDIN", "COPY  lines TO STDOUT"),
        ("COPY  lines FROM STDIN", "error", "22P02"),
        ("COPY nobody TO STDOUT", "error", "42P01"),
        *fine(f"SELECT 'before'; {copy.OUT}; SELECT 'behind'", copy.IN, copy.OUT),
        (copy.IN, "error", "57014"),
        *fine("SELECT count(*) FROM lines", copy.IN),
        (copy.IN, "error", "22P02"),
        ("COPY nobody FROM STDIN", "error", "42P01"),
        *fine("SELECT 'still in step'"),
    ]


def test_notifications_are_pushes_and_notices_are_nothing() -> None:
    found = of_capture("notify")
    # the one to itself, and the one behind COMMIT, come within a reply
    assert int(found.pairing.pushes) == 3
    assert [each.status for each in found.exchanges] == ["ok"] * 14
    assert int(found.pairing.exact) == 14


def test_a_replication_answers_its_command_and_then_pushes() -> None:
    found = of_capture("replication")
    start = "START_REPLICATION SLOT tap LOGICAL 0/0"
    requests = [each.request for each in found.exchanges]
    assert requests.index(start) < requests.index("INSERT INTO lines VALUES ('0')")
    assert told(found.exchanges[-1]) == ("SELECT 'behind the stream'", "ok", None)
    assert int(found.pairing.pushes) > 0


def test_no_password_of_a_statement_is_told() -> None:
    found = of_capture("passwords")
    requests = [exchange.request for exchange in found.exchanges]
    assert len(requests) == len(WITH_PASSWORDS) + 3  # and a query of each user that came in
    assert [each for each in requests if SECRET in each] == []
    assert sum("***" in each for each in requests) == sum(SECRET in each for each in WITH_PASSWORDS)


def test_cancel_gets_no_reply_and_what_it_ends_is_an_error() -> None:
    found = told_of("cancel")
    assert [each for each in found if each[1] != "silent"] == [
        ("SELECT pg_sleep(60)", "error", "57014"),
        ("SELECT pg_sleep(50)", "error", "57014"),
        *fine("SELECT 'not cancelled'"),
    ]
    silent = [request.split()[0] for request, status, _ in found if status == "silent"]
    assert silent == ["CANCEL"] * 3


def test_encrypted_connections_are_counted_and_left_alone() -> None:
    found = of_capture("tls")
    assert [told(each) for each in found.exchanges] == fine("SELECT 'in clear'")
    assert int(found.pairing.encrypted) == 2


def test_connections_that_end_leave_no_reply_to_others() -> None:
    assert told_of("ends") == [
        ("SELECT pg_sleep(60)", "error", "57P01"),
        ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'",
         "ok", None),
        *fine("SELECT 'no word of farewell'", "SET idle_session_timeout TO 50"),
        ("SELECT pg_sleep(0.2)", "aborted", None),
    ]  # fmt: skip


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_connections_alone_in_segments_of_any_size_say_the_same(path: Path) -> None:
    for said in said_in(path, PORT):
        whole = [told(each) for each in trace(packets_of(said, PORT), ETHERNET, MODE).exchanges]
        sizes = (1, 7) if sum(len(data) for _, data in said) < 10_000 else (11,)
        for mss in sizes:
            packets = packets_of(said, PORT, mss)
            again = [told(each) for each in trace(packets, ETHERNET, MODE).exchanges]
            assert again == whole, mss


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("ALTER USER a PASSWORD 'it''s' CREATEDB", "ALTER USER a PASSWORD *** CREATEDB"),
        (r"ALTER USER a PASSWORD E'it\'s' CREATEDB", "ALTER USER a PASSWORD *** CREATEDB"),
        ("CREATE ROLE a password'b' LOGIN", "CREATE ROLE a password*** LOGIN"),
        ("CREATE ROLE a PASSWORD /* so */ 'b' -- c", "CREATE ROLE a PASSWORD /* so */ *** -- c"),
        ("ALTER USER a PASSWORD $x$b'$c$x$ LOGIN", "ALTER USER a PASSWORD *** LOGIN"),
        ("ALTER USER a PASSWORD 'b'\n'c' LOGIN", "ALTER USER a PASSWORD *** LOGIN"),
        ("ALTER USER a PASSWORD NULL", "ALTER USER a PASSWORD NULL"),
        ("ALTER USER a PASSWORD ''; SELECT 1", "ALTER USER a PASSWORD ***; SELECT 1"),
        ("ALTER USER a PASSWORD 'unfinished", "ALTER USER a PASSWORD ***"),
        ("CREATE SUBSCRIPTION s CONNECTION 'host=h password=b user=u'",
         "CREATE SUBSCRIPTION s CONNECTION 'host=h password=*** user=u'"),
        ("""SELECT '{"password": "b", "x": 1}'""", """SELECT '{"password": "***", "x": 1}'"""),
        ("UPDATE t SET password = 'b' WHERE id = 1", "UPDATE t SET password = *** WHERE id = 1"),
        ("SELECT id FROM users WHERE password = $1", "SELECT id FROM users WHERE password = $1"),
        ("SELECT 'password', 'x'", "SELECT 'password', 'x'"),
        ("SELECT password, name FROM users", "SELECT password, name FROM users"),
    ],
)  # fmt: skip
def test_passwords_are_hidden_in_every_way_to_write_them(sql: str, shown: str) -> None:
    found = of((True, query(sql)), (False, message("I") + READY))
    assert [each.request for each in found.exchanges] == [shown]


@pytest.mark.parametrize(
    ("sql", "command"),
    [
        ("-- why\n  SELECT 1", "SELECT"),
        ("/* a /* nested */ one */insert into t values (1)", "INSERT"),
        (";;((select 1))", "SELECT"),
        ("/* no end SELECT 1", "QUERY"),
        ("-- nothing else", "QUERY"),
        ("1 + 1", "QUERY"),
        ("x" * 3000, "X" * 32),
    ],
)
def test_command_is_found_behind_comments(sql: str, command: str) -> None:
    found = of((True, query(sql)), (False, message("I") + READY))
    assert [each.command for each in found.exchanges] == [command]


def test_a_statement_longer_than_what_is_kept_is_cut() -> None:
    found = of((True, query("SELECT '" + "x" * 100_000)), (False, answer("SELECT 1") + READY))
    (exchange,) = found.exchanges
    assert exchange.request == "SELECT '" + "x" * 120 + "..."
    assert exchange.request_bytes == 100_014


def test_names_are_remembered_up_to_a_bound() -> None:
    many = [parse(f"SELECT {number}", f"s{number}") for number in range(129)]
    run = [bind(name) + execute() + SYNC for name in ("s0", "s1", "s128")]
    reply = message("2") + answer("SELECT 1") + READY
    found = of(
        (True, b"".join(many) + SYNC),
        (False, message("1") * 129 + READY),
        *itertools.chain.from_iterable([((True, each), (False, reply)) for each in run]),
    )
    requests = [each.request for each in found.exchanges]
    assert requests == ["PARSE SELECT 0", "EXECUTE s0", "SELECT 1", "SELECT 128"]


def test_reply_to_a_flush_ends_with_its_last_message() -> None:
    found = of(
        (True, parse("SELECT 1", "s") + describe("S", "s") + FLUSH),
        (False, message("1") + message("t", b"\0\0") + message("T", b"\0\0")),
        (True, bind("s") + execute() + close("P") + SYNC),
        (False, message("2") + answer("SELECT 1") + message("3") + READY),
    )
    sizes = [(each.request, int(each.reply_bytes)) for each in found.exchanges]
    assert sizes == [("PARSE SELECT 1", 19), ("SELECT 1", 30)]


def test_notices_before_a_reply_do_not_count_as_its_first_byte() -> None:
    conversation = packets_of(
        [
            *GREETING,
            (True, query("SELECT 1")),
            (False, message("N", b"SNOTICE\0\0")),
            (False, message("A", b"\0\0\0\1x\0\0")),
            (False, answer("SELECT 1") + READY),
        ],
        PORT,
    )
    found = trace(conversation, ETHERNET, MODE)
    (exchange,) = found.exchanges
    assert exchange.latency_ns == 3000
    assert int(found.pairing.pushes) == 1


def test_an_error_that_nobody_waits_for_is_nobodys() -> None:
    found = of(
        (True, parse("SELECT 1") + bind() + execute() + FLUSH),
        (False, message("1") + message("2") + answer("SELECT 1")),
        (True, SYNC + query("SELECT 2")),
        (False, error("23505") + READY + answer("SELECT 1") + READY),
    )
    assert [told(each) for each in found.exchanges] == fine("SELECT 1", "SELECT 2")


def test_server_without_encryption_is_followed() -> None:
    asking = struct.pack("!ii", 8, 80877103)
    said = [(True, asking), (False, b"N"), *GREETING, (True, query("SELECT 1"))]
    found = trace(packets_of([*said, (False, answer("SELECT 1") + READY)], PORT), ETHERNET, MODE)
    assert [told(each) for each in found.exchanges] == fine("SELECT 1")


def test_other_protocols_are_not_read() -> None:
    said = [(True, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), (False, b"HTTP/1.1 400 No\r\n\r\n")]
    found = trace(packets_of(said, PORT), ETHERNET, MODE)
    assert found.exchanges == []
    assert int(found.pairing.not_protocol) > 0


CLIENT_KINDS = st.sampled_from("QPBDECHSFXdcfp!")
SERVER_KINDS = st.sampled_from("RSKZTDCENA123tnIsGHWdcVv!")
BODIES = st.binary(max_size=30)
CLIENT = st.builds(message, CLIENT_KINDS, BODIES).map(lambda data: (True, data))
SERVER = st.builds(message, SERVER_KINDS, BODIES).map(lambda data: (False, data))
NOISE = st.tuples(st.booleans(), st.binary(min_size=1, max_size=40))


@given(said=st.lists(CLIENT | SERVER | NOISE, max_size=30), greeted=st.booleans())
def test_no_messages_make_the_script_fail(said: list[Piece], greeted: bool) -> None:
    trace(packets_of([*GREETING, *said] if greeted else said, PORT), ETHERNET, MODE)
    assert int(loaded(MODE)[1].counts.errors) == 0
