"""What a trace must not show: the replies that hold passwords."""

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
