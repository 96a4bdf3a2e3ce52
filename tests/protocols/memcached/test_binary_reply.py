"""The ends of binary replies are found, however their bytes come."""

import pytest

from tcpkit.errors import ProtocolError
from tcpkit.protocols.memcached.binary_reply import BinaryReplyReader
from tests.feeds import Pieces, same_every_way
from tests.protocols.memcached.packets import GET, GETK, NOOP, STAT, answer, miss

Found = tuple[int, int, bytes, int]


def read(pieces: Pieces) -> list[Found]:
    """Opcode, status, key and size of each reply."""
    reader = BinaryReplyReader()
    found = []
    size = 0
    for piece in pieces:
        at = 0
        while at < len(piece):
            stop = reader.feed(piece, at, len(piece))
            size += stop - at
            at = stop
            if reader.done:
                found.append((reader.tag >> 32, int(reader.status), reader.key, size))
                reader.next_message()
                size = 0
    assert not reader.begun
    return found


def test_replies_end_where_their_bodies_end() -> None:
    data = answer(GET, b"value", 7) + miss(GET) + answer(NOOP) + answer(GET, b"")
    assert same_every_way(read, data) == [
        (GET, 0, b"", 33), (GET, 1, b"", 33), (NOOP, 0, b"", 24), (GET, 0, b"", 28),
    ]  # fmt: skip


def test_key_is_kept_where_a_reply_repeats_it() -> None:
    data = answer(GETK, b"value", key=b"one") + answer(GETK, status=1, key=b"two")
    assert same_every_way(read, data) == [(GETK, 0, b"one", 36), (GETK, 1, b"two", 27)]


def test_stat_ends_with_the_packet_that_has_no_key() -> None:
    data = answer(STAT, b"1", key=b"pid") + answer(STAT, b"22", key=b"uptime") + answer(STAT)
    assert same_every_way(read, data + answer(NOOP)) == [
        (STAT, 0, b"", 28 + 32 + 24), (NOOP, 0, b"", 24),
    ]  # fmt: skip


def test_other_magic_is_no_reply() -> None:
    with pytest.raises(ProtocolError):
        BinaryReplyReader().feed(b"\x80" + bytes(23), 0, 24)
    with pytest.raises(ProtocolError):
        BinaryReplyReader().feed(b"\x80", 0, 1)


def test_body_shorter_than_its_key_is_no_reply() -> None:
    wrong = bytearray(answer(GETK, key=b"key", status=1))
    wrong[11] = 2
    with pytest.raises(ProtocolError):
        BinaryReplyReader().feed(bytes(wrong), 0, len(wrong))


def test_reply_of_another_request_inside_a_stat_is_no_reply() -> None:
    data = answer(STAT, b"1", key=b"pid") + answer(NOOP)
    reader = BinaryReplyReader()
    with pytest.raises(ProtocolError):
        reader.feed(data, 0, len(data))


def test_missing_bytes_are_counted_down_within_a_value() -> None:
    data = answer(GET, bytes(1000))
    reader = BinaryReplyReader()
    reader.feed(data, 0, 100)
    assert reader.countdown() == 928
    assert not reader.skip(928)  # then the reply would be over
    assert reader.skip(900)
    assert reader.feed(bytes(28), 0, 28) == 28
    assert reader.done


def test_bytes_cut_off_may_end_a_reply() -> None:
    data = answer(GET, bytes(1000))
    reader = BinaryReplyReader()
    reader.feed(data, 0, 100)
    assert not reader.skip_to_end(929)
    assert reader.skip_to_end(928)
    assert reader.done
