"""What a trace must not show: the replies that hold passwords."""

from pathlib import Path

from tests.build import Conversation, drop, write_pcap
from tests.program import tcpkit_run
from tests.trace.traced import replies


def test_replies_that_tell_of_passwords_are_hidden() -> None:
    shown = dict(replies("redis/auth.pcap", "redis"))

    assert shown["CONFIG GET requirepass"] == '{"requirepass": ***}'
    assert shown["CONFIG GET *auth"] == '{"masterauth": ***}'
    assert shown["ACL GETUSER anna"] == "***"
    assert shown["ACL GENPASS"] == "***"


def test_the_other_replies_beside_them_are_shown() -> None:
    shown = dict(replies("redis/auth.pcap", "redis"))

    assert shown["ACL WHOAMI"] == '"anna"'
    assert shown["GET key"] == "(error) NOAUTH Authentication required."


SECRET = b"0123456789abcdef"


def transaction(*commands: bytes, reply: bytes) -> Conversation:
    """MULTI, what is queued, and EXEC with its reply."""
    talk = Conversation().handshake().client(b"MULTI\r\n").server(b"+OK\r\n")
    for command in commands:
        talk.client(command + b"\r\n").server(b"+QUEUED\r\n")
    talk.client(b"EXEC\r\n").server(reply)
    return talk.client(b"EXEC\r\n").server(b"-ERR EXEC without MULTI\r\n").close()


def traced(folder: Path, talk: Conversation, *missing: int) -> list[str]:
    """The lines of the two EXEC, `missing` packets being lost."""
    write_pcap(folder / "exec.pcap", drop(talk.packets, *missing))
    outcome = tcpkit_run("trace", "-r", "exec.pcap", "-m", "redis", "-q", cwd=folder)
    assert outcome.err == ""
    assert SECRET.decode() not in outcome.out
    lines = [line.partition(" ms  ")[2] for line in outcome.out.splitlines()]
    return [line for line in lines if line.startswith("EXEC")]


def test_reply_of_a_transaction_with_a_secret_in_it_is_hidden(tmp_path: Path) -> None:
    reply = b"*2\r\n:1\r\n$16\r\n%s\r\n" % SECRET
    for command in (b"ACL GENPASS", b"acl getuser default", b"ACL LIST"):
        talk = transaction(b"INCR n", command, reply=reply)

        first, second = traced(tmp_path, talk)
        assert first == "EXEC -> ***"
        assert second == "EXEC -> (error) ERR EXEC without MULTI"


def test_setting_asked_for_in_a_transaction_is_hidden(tmp_path: Path) -> None:
    reply = b"*2\r\n:1\r\n*2\r\n$11\r\nrequirepass\r\n$16\r\n%s\r\n" % SECRET

    shown = traced(tmp_path, transaction(b"INCR n", b"CONFIG GET requirepass", reply=reply))
    assert shown[0] == 'EXEC -> [1, ["requirepass", ***]]'


def test_transaction_whose_begin_was_not_seen_is_hidden(tmp_path: Path) -> None:
    reply = b"*1\r\n$16\r\n%s\r\n" % SECRET
    talk = transaction(b"ACL GENPASS", reply=reply)
    begun = next(at for at, each in enumerate(talk.packets) if b"EXEC" in each.frame)

    shown = traced(tmp_path, talk, *range(begun))
    assert shown[0].startswith("EXEC -> ***")
    assert "EXEC without MULTI" in shown[1]


def test_transaction_without_a_secret_is_shown(tmp_path: Path) -> None:
    shown = traced(tmp_path, transaction(b"INCR n", reply=b"*1\r\n:7\r\n"))

    assert shown[0] == "EXEC -> [7]"


def test_next_transaction_of_a_connection_is_shown_again(tmp_path: Path) -> None:
    reply = b"*1\r\n$16\r\n%s\r\n" % SECRET
    talk = Conversation().handshake()
    for command, answer in ((b"ACL GENPASS", reply), (b"INCR n", b"*1\r\n:7\r\n")):
        talk.client(b"MULTI\r\n").server(b"+OK\r\n")
        talk.client(command + b"\r\n").server(b"+QUEUED\r\n")
        talk.client(b"EXEC\r\n").server(answer)

    assert traced(tmp_path, talk.close()) == ["EXEC -> ***", "EXEC -> [7]"]
