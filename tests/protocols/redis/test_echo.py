"""Proof by echo."""

import pytest

from tcpkit.protocols.redis.echo import MEMORY, EchoProof, is_echo


def test_two_different_texts_in_a_row_are_a_proof() -> None:
    proof = EchoProof()
    assert not proof.repeated(b"first text")
    assert proof.repeated(b"second text")


def test_the_same_text_twice_is_none() -> None:
    proof = EchoProof()
    assert not proof.repeated(b"the text")
    assert not proof.repeated(b"the text")


def test_short_text_proves_nothing() -> None:
    proof = EchoProof()
    assert not any(proof.repeated(text) for text in (b"", b"a", b"12345"))


def test_known_text_breaks_the_row() -> None:
    proof = EchoProof()
    proof.repeated(b"first text")
    proof.repeated(b"first text")
    assert not proof.repeated(b"second text")
    assert proof.repeated(b"third text")


def test_loss_between_two_texts_breaks_the_row() -> None:
    proof = EchoProof()
    proof.repeated(b"first text")
    proof.forget()
    assert not proof.repeated(b"second text")
    assert not proof.repeated(b"first text")


def test_memory_is_bounded() -> None:
    proof = EchoProof()
    for number in range(2 * MEMORY):
        proof.repeated(b"text number %d" % number)
    assert not proof.repeated(b"another text")
    assert not proof.repeated(b"yet another text")


@pytest.mark.parametrize(
    ("text", "head", "may"),
    [
        (b"hello", b"$5\r\nhello\r\n", True),
        (b"hello", b"$5\r\nhallo\r\n", False),
        (b"hello", b"$-1\r\n", True),
        (b"hello", b"+hello\r\n", True),
        (b"hello", b"+PONG\r\n", False),
        (b"hello", b"-ERR no\r\n", True),
        (b"hello", b"*2\r\n$4\r\npong\r\n$5\r\nhello\r\n", True),
        (b"x" * 300, b"$300\r\n" + b"x" * 250, True),
        (b"x" * 300, b"$300\r\n" + b"x" * 249 + b"y", False),
        (b"hello", b"", True),
    ],
)
def test_reply_that_can_repeat_a_text(text: bytes, head: bytes, may: bool) -> None:
    assert is_echo(text, head) == may
