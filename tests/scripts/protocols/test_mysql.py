"""MySQL in Lua: what is told of real traffic, large packets, and what is not followed."""

import struct

import pytest

from pcaps.mysql_client import (
    CLASSIC,
    DEPRECATE_EOF,
    FULL,
    PING,
    QUERY,
    STMT_EXECUTE,
    STMT_PREPARE,
    execution,
    framed,
)
from tests.build import Conversation
from tests.scripts.protocols.shipped import told, traced, traced_packets
from tests.truth.trace import Trace

MASKED = "***"

ITEMS = "SELECT id, text FROM items WHERE id >= ?"
INSERT = "INSERT INTO items VALUES (?, ?)"
PREPARED = f"""
ok CONNECT root shop
ok CREATE OR REPLACE TABLE items (id INT, text MEDIUMTEXT)
ok STMT_PREPARE {INSERT}
ok {INSERT}
ok {INSERT}
ok {INSERT}
ok {INSERT}
ok {INSERT}
ok STMT_PREPARE {ITEMS}
ok {ITEMS}
ok {ITEMS}
ok {ITEMS}
ok STMT_FETCH {ITEMS}
ok STMT_FETCH {ITEMS}
ok STMT_FETCH {ITEMS}
ok STMT_RESET {ITEMS}
silent STMT_SEND_LONG_DATA {INSERT}
silent STMT_SEND_LONG_DATA {INSERT}
ok {INSERT}
ok {INSERT}
ok STMT_PREPARE SELECT 1, 2, 3
ok SELECT 1, 2, 3
ok STMT_PREPARE DO 1
ok DO 1
1054 STMT_PREPARE SELECT nonsense FROM items
1243 STMT_EXECUTE 9999
silent STMT_CLOSE {INSERT}
silent STMT_CLOSE {ITEMS}
silent STMT_CLOSE SELECT 1, 2, 3
1243 STMT_EXECUTE {{plain}}
silent QUIT
"""

MANY_RESULTS = """
ok CONNECT root shop
ok SET @a = 1; SELECT @a; SELECT 'x' FROM DUAL WHERE 0; SELECT 2
ok CALL twice(3)
1146 CALL fails()
1064 SELECT 1; SELEKT 2; SELECT 3
ok STMT_PREPARE CALL twice(?)
ok CALL twice(?)
ok SELECT 'the last'
silent QUIT
"""

COMMANDS = """
ok CONNECT root
ok PING
ok INIT_DB shop
1049 INIT_DB nowhere
ok STATISTICS
ok PROCESS_INFO
ok CREATE OR REPLACE TABLE t (a INT, b TEXT)
ok FIELD_LIST t
1146 FIELD_LIST nowhere
ok SET_OPTION
ok DEBUG
ok RESET_CONNECTION
1094 PROCESS_KILL
ok SELECT 1
"""

LOAD = "LOAD DATA LOCAL INFILE 'it is not opened' INTO TABLE words (word)"

# What the makers asked for, in their order, and how the server answered.
EXCHANGES = {
    "ordinary": """
ok CONNECT root shop
ok CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40), score DOUBLE)
ok INSERT INTO users (name, score) VALUES ('ann', 1.5), ('bob', NULL), ('', 3)
ok SELECT * FROM users
ok SELECT name FROM users WHERE id = 99
ok UPDATE users SET score = score + 1 WHERE name = 'ann'
ok BEGIN
ok DELETE FROM users WHERE id = 2
ok ROLLBACK
ok /* who asks: report */ SELECT COUNT(*) FROM users
ok /*!40101 SET @a = 1 */
ok -- a remark
ok # another
ok (SELECT 1) UNION (SELECT 2)
ok SHOW TABLES
ok DESCRIBE users
ok EXPLAIN SELECT * FROM users
ok PREPARE s FROM 'SELECT name FROM users WHERE id = ?'
ok SET @id = 1
ok EXECUTE s USING @id
ok DEALLOCATE PREPARE s
ok WITH one AS (SELECT 1 AS n) SELECT n FROM one
ok SELECT REPEAT('row', 300) FROM users
ok SELECT DATABASE()
ok INIT_DB mysql
ok SELECT DATABASE()
ok DROP TABLE shop.users
silent QUIT
""",
    "prepared": PREPARED.format(plain=3) + PREPARED.format(plain=8).lstrip(),
    "many-results": MANY_RESULTS + MANY_RESULTS.lstrip(),
    "commands": COMMANDS
    + COMMANDS.lstrip()
    + """ok CONNECT root
ok STATISTICS
ok PING
ok show processlist
silent QUIT
ok CONNECT root
ok SHUTDOWN
""",
    "pipelined": """
ok CONNECT root shop
ok SELECT 0
ok SELECT 1
ok SELECT 2
ok SELECT 3
ok SELECT 4
ok SELECT 5
ok SELECT 6
ok SELECT 7
ok SELECT 8
ok SELECT 9
ok CREATE TABLE t (a INT)
1146 SELECT * FROM nowhere
ok PING
ok INSERT INTO t VALUES (1), (2); SELECT * FROM t
ok SELECT a FROM t
ok STMT_PREPARE SELECT a FROM t WHERE a > ?
ok SELECT a FROM t WHERE a > ?
silent STMT_CLOSE SELECT a FROM t WHERE a > ?
silent QUIT
ok DROP TABLE t
""",
    "local-infile": f"""
ok CONNECT root shop
ok CREATE TABLE words (word VARCHAR(20), UNIQUE (word))
ok {LOAD}
ok {LOAD}
ok SELECT COUNT(*) FROM words
ok SET GLOBAL local_infile = 0
4166 {LOAD}
ok SET GLOBAL local_infile = 1
silent QUIT
ok CONNECT root shop
ok LOAD DATA LOCAL INFILE '/nowhere/lines.txt' INTO TABLE shop.words
ok SELECT 1
silent QUIT
""",
    "errors": """
ok CONNECT root shop
1064 SELEKT 1
1146 SELECT * FROM nowhere
ok CREATE TABLE t (id INT PRIMARY KEY) ENGINE=InnoDB
ok INSERT INTO t VALUES (1), (2)
1062 INSERT INTO t VALUES (2)
1242 SELECT 1/0, (SELECT id FROM t)
31000 SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'of our own', MYSQL_ERRNO = 31000
ok SELECT id FROM t
silent QUIT
ok CONNECT root shop
ok CONNECT root shop
ok BEGIN
ok UPDATE t SET id = 10 WHERE id = 1
ok SET innodb_lock_wait_timeout = 0
1205 UPDATE t SET id = 11 WHERE id = 1
ok COMMIT
1317 SELECT SLEEP(10)
ok KILL QUERY 6
ok KILL 6
ok SET wait_timeout = 1
""",
    "secrets": f"""
ok CONNECT root shop
ok CREATE USER 'ann'@'%' IDENTIFIED BY {MASKED}
ok ALTER USER ann IDENTIFIED BY {MASKED}
ok GRANT SELECT ON *.* TO ann IDENTIFIED BY {MASKED} WITH GRANT OPTION
ok SET PASSWORD FOR {MASKED})
ok SET PASSWORD FOR ann = {MASKED}
ok CREATE USER bob IDENTIFIED VIA mysql_native_password USING PASSWORD({MASKED}
ok CHANGE MASTER TO MASTER_HOST='10.0.0.1', MASTER_PASSWORD={MASKED}
ok CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST '10.0.0.1', PASSWORD {MASKED})
ok PREPARE s FROM 'ALTER USER ann IDENTIFIED BY {MASKED}
ok SELECT HEX(AES_ENCRYPT({MASKED})), 1
ok SELECT 'a user''s password is not here{MASKED}
ok SELECT 'no secret', "in this"
silent QUIT
ok CONNECT root shop
ok STMT_PREPARE SELECT ?
ok SELECT ?
ok ALTER USER ann IDENTIFIED BY {MASKED}
silent QUIT
""",
    "bulk-and-progress": """
ok CONNECT root shop
ok CREATE TABLE t (a INT, b VARCHAR(20))
ok STMT_PREPARE INSERT INTO t VALUES (?, ?)
ok INSERT INTO t VALUES (?, ?)
ok STMT_PREPARE SELECT a, b FROM t WHERE a < ?
ok SELECT a, b FROM t WHERE a < ?
ok SELECT a, b FROM t WHERE a < ?
ok SET progress_report_time = 1
ok ALTER TABLE t ADD COLUMN c CHAR(32) AS (MD5(REPEAT(b, 4000000))) PERSISTENT
ok SELECT COUNT(*) FROM t
silent QUIT
""",
    "compressed": """
ok CONNECT root shop
ok CONNECT root shop
ok SELECT 'not compressed'
silent QUIT
""",
    "tls": """
ok CONNECT root shop
ok SELECT 'in the open'
silent QUIT
""",
    "replica": """
ok CONNECT root
ok SELECT VERSION()
ok SET @master_binlog_checksum='NONE'
ok SET @mariadb_slave_capability=4
ok BINLOG_DUMP
ok CONNECT root
ok SET @mariadb_slave_capability = 4
ok BINLOG_DUMP
ok CONNECT root shop
ok INSERT INTO t VALUES (3)
ok DROP TABLE t
silent QUIT
ok CONNECT root
1236 BINLOG_DUMP
""",
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_what_was_asked_is_told_with_what_was_answered(name: str) -> None:
    found = traced("mysql", name)
    assert told(found) == EXCHANGES[name].strip().splitlines()
    assert {each.exact for each in found.exchanges} == {True}


def test_command_is_the_statements_first_word() -> None:
    words = {each.request: each.command for each in traced("mysql", "ordinary").exchanges}
    assert words["/* who asks: report */ SELECT COUNT(*) FROM users"] == "SELECT"
    assert words["/*!40101 SET @a = 1 */"] == "SET"
    assert words["(SELECT 1) UNION (SELECT 2)"] == "SELECT"
    assert words["-- a remark"] == "QUERY"
    assert {each.command for each in traced("mysql", "prepared").exchanges} == {
        *("CONNECT", "CREATE", "STMT_PREPARE", "INSERT", "SELECT", "DO", "STMT_FETCH", "QUIT"),
        *("STMT_RESET", "STMT_SEND_LONG_DATA", "STMT_CLOSE", "STMT_EXECUTE"),
    }


def test_logins_tell_user_database_and_verdict() -> None:
    logins = [
        (each.request, each.key, each.code) for each in traced("mysql", "logins").exchanges[:9]
    ]
    assert logins == [
        ("CONNECT ann shop", "shop", None),
        ("SELECT CURRENT_USER()", None, None),
        ("CONNECT ann", None, "1045"),
        ("CONNECT ann nowhere", "nowhere", "1044"),
        ("CONNECT nobody", None, "1045"),
        ("CONNECT root", None, None),
        ("CHANGE_USER ann shop", "shop", None),
        ("SELECT CURRENT_USER()", None, None),
        ("CHANGE_USER eve shop", "shop", "1045"),
    ]


def test_connection_that_a_full_server_refuses_is_a_push() -> None:
    found = traced("mysql", "logins")
    assert len(found.exchanges) == 9 + 11
    assert found.pairing.pushes == 1


def test_connections_that_cannot_be_read_are_left_alone() -> None:
    for name in ("tls", "compressed"):
        pairing = traced("mysql", name).pairing
        assert (pairing.encrypted, pairing.not_protocol) == (1, 0)


def test_progress_report_is_not_the_reply() -> None:
    """The server works for two seconds, and tells about it after one."""
    alter = traced("mysql", "bulk-and-progress").exchanges[8]
    assert alter.latency_ns > 1_000_000_000


def test_no_secret_is_told() -> None:
    for each in traced("mysql", "secrets").exchanges:
        assert "hidden" not in each.request


def test_rows_more_than_sequence_numbers_are_one_reply() -> None:
    found = traced("mysql", "large-results").exchanges
    assert found[4].request == "SELECT seq, '' FROM seq_1_to_700"
    # Each row: a header of 4 bytes, a number behind its length, an empty text behind its own.
    digits = sum(len(str(number)) for number in range(1, 701))
    assert found[4].reply_bytes > 700 * 6 + digits


def test_connection_older_than_the_capture_is_followed_with_and_without_eofs() -> None:
    found = told(traced("mysql", "mid-stream"))
    for number in range(6):
        assert found.count(f"ok SELECT {number} FROM DUAL") == 3
    assert "ok STMT_EXECUTE 1" in found
    assert found.count("ok STMT_PREPARE SELECT ?, ?") == found.count("ok SELECT ?, ?") == 2
    assert found.count("ok SELECT 'the last'") == 3


# Conversations

OK = bytes.fromhex("00000002000000")
EOF = bytes.fromhex("fe00000200")


def greeting(capabilities: int) -> bytes:
    low, high = capabilities & 0xFFFF, capabilities >> 16
    fields = struct.pack("<I8sxHBHHB10x", 1, b"x" * 8, low, 45, 2, high, 21)
    return framed(b"\x0a5.5.5-10.11\0" + fields + b"y" * 12 + b"\0mysql_native_password\0")


def logged_in(capabilities: int = CLASSIC | DEPRECATE_EOF, mss: int = 1448) -> Conversation:
    login = struct.pack("<IIB23x", capabilities, 1 << 24, 45) + b"root\0\0mysql_native_password\0"
    talk = Conversation(server="10.0.0.2:3306", mss=mss).handshake()
    talk.server(greeting(capabilities)).client(framed(login, 1))
    return talk.server(framed(OK, 2))


def query(sql: bytes) -> bytes:
    return framed(bytes((QUERY,)) + sql)


def ping() -> bytes:
    return framed(bytes((PING,)))


def traced_conversation(talk: Conversation) -> Trace:
    return traced_packets("mysql", talk.packets)


def definition(sequence: int) -> bytes:
    return framed(b"\x03def" + bytes(20), sequence)


def test_packets_of_16_mib_and_more_go_on_in_the_next_one() -> None:
    """A statement and a row of just 16 MiB less one, so that an empty packet ends them."""
    sql = b"INSERT INTO t VALUES ('" + b"x" * (FULL - 26) + b"')"
    row = b"\xfe" + bytes(FULL - 1)
    talk = logged_in(mss=60_000)
    talk.client(query(sql)).server(framed(OK, 2))
    talk.client(query(b"SELECT a FROM t"))
    talk.server(framed(b"\1", 1) + definition(2) + framed(row, 3) + framed(b"\xfe" + OK[1:], 5))
    talk.client(ping()).server(framed(OK, 1)).close()
    found = traced_conversation(talk).exchanges
    assert [each.command for each in found] == ["CONNECT", "INSERT", "SELECT", "PING"]
    assert found[1].request_bytes == 4 + FULL + 4
    assert found[2].reply_bytes > FULL
    assert {each.exact for each in found} == {True}


def test_reply_out_of_sequence_is_not_believed() -> None:
    talk = logged_in().client(ping()).server(framed(OK, 2))
    talk.client(ping()).server(framed(OK, 1)).close()
    found = traced_conversation(talk)
    assert told(found) == ["ok CONNECT root"]
    assert found.pairing.not_protocol == 1


@pytest.mark.parametrize(
    "request_",
    [
        framed(b"\x99"),
        framed(b""),
        framed(bytes((PING,)) + b"x"),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_command_is_counted_and_nothing_paired(request_: bytes) -> None:
    found = traced_conversation(logged_in().client(request_).server(framed(OK, 1)).close())
    assert told(found) == ["ok CONNECT root"]


def test_texts_of_a_thousand_prepared_statements_are_kept() -> None:
    count = 1001
    talk = logged_in(mss=60_000)
    for number in range(1, count + 1):
        talk.client(framed(bytes((STMT_PREPARE,)) + b"DO %d" % number))
        talk.server(framed(struct.pack("<BIHHxH", 0, number, 0, 0, 0), 1))
    for number in (1, 2, count):
        talk.client(framed(bytes((STMT_EXECUTE,)) + execution(number)))
        talk.server(framed(OK, 1))
    last = traced_conversation(talk.close()).exchanges[-3:]
    assert [each.request for each in last] == ["STMT_EXECUTE 1", "DO 2", f"DO {count}"]


def test_query_with_attributes_is_told_without_its_text() -> None:
    attributes = CLASSIC | DEPRECATE_EOF | 1 << 27
    talk = logged_in(attributes)
    talk.client(query(b"\0\1SELECT 1")).server(framed(OK, 1))
    talk.client(query(b"\1\1\0\1\3\0\1n\1\0\0\0SELECT 2")).server(framed(OK, 1))
    found = traced_conversation(talk.close())
    assert told(found) == ["ok CONNECT root", "ok SELECT 1", "ok QUERY"]


def test_definitions_that_the_client_did_not_want_are_not_waited_for() -> None:
    """MySQL says so before the number of columns."""
    optional = CLASSIC | DEPRECATE_EOF | 1 << 25
    talk = logged_in(optional).client(query(b"SELECT 1, 2"))
    row = framed(b"\x011\x012", 2)
    talk.server(framed(b"\0\2", 1) + row + framed(b"\xfe" + OK[1:], 3))
    talk.client(ping()).server(framed(OK, 1)).close()
    assert told(traced_conversation(talk)) == ["ok CONNECT root", "ok SELECT 1, 2", "ok PING"]


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        (b"ALTER USER a IDENTIFIED BY 'open", "ALTER USER a IDENTIFIED BY ***"),
        (b"ALTER USER a IDENTIFIED BY 'x', b IDENTIFIED BY 'op", "ALTER USER a IDENTIFIED BY ***"),
        (b'ALTER USER a identified\nby\t"it\'s" account lock', "ALTER USER a identified by ***"),
        (b"ALTER USER a IDENTIFIED BY 'x\\'', 'y", "ALTER USER a IDENTIFIED BY ***"),
        (
            b"ALTER USER a IDENTIFIED WITH p AS 0x2A4f, 1",
            "ALTER USER a IDENTIFIED WITH p AS ***, 1",
        ),
        (b"UPDATE t SET Passwd = '' WHERE a = 1", "UPDATE t SET Passwd = *** WHERE a = 1"),
        (b"SELECT 'x', 0x2A, \"y\"", "SELECT 'x', 0x2A, \"y\""),
    ],
)
def test_secrets_are_masked_however_they_are_quoted(sql: bytes, shown: str) -> None:
    talk = logged_in().client(query(sql)).server(framed(OK, 1)).close()
    assert told(traced_conversation(talk)) == ["ok CONNECT root", f"ok {shown}"]


def test_word_of_a_server_that_ends_an_idle_connection_is_a_push() -> None:
    talk = logged_in().client(ping()).server(framed(OK, 1))
    talk.server(framed(b"\xff\xbf\x0f#08S01idle", 0)).close()
    found = traced_conversation(talk)
    assert told(found) == ["ok CONNECT root", "ok PING"]
    assert (found.pairing.pushes, found.pairing.not_protocol) == (1, 0)
