"""What a RST says of the replies before it.

One that an end sends of its own accord (abort, RFC 9293, section 3.10.5) acknowledges, and
its number is where that end's stream stands. One that answers a segment of a connection that
is not known any more (section 3.5.2) acknowledges nothing, and its number is only what that
segment acknowledged: it proves nothing of replies under way.
"""

from typing import Final

from mypy_extensions import i64

from tcpkit.flow.connection import Connection
from tcpkit.flow.half_stream import NOT_KNOWN
from tcpkit.flow.sequence import distance
from tcpkit.flow.stream import END_ABORT, END_REFUSED, END_RESET
from tcpkit.wire.segment import ACK, Segment

# Connection.reset_kind: the first RST that was captured; but an answer of the client's, which may
# follow the client's own, tells more
BY_CLIENT: Final = 0  # of its own accord: replies may have been under way
ANSWER_OF_CLIENT: Final = 1  # to something that the server sent
BY_SERVER: Final = 2
ANSWER_OF_SERVER: Final = 3  # to what the client sent last


def note_reset(conn: Connection, from_client: bool, segment: Segment, seq: i64) -> None:
    """A RST was captured; `seq` is its position."""
    own = segment.flags & ACK != 0
    if conn.reset_ns < 0:
        conn.reset_ns = segment.ts_ns
        if from_client:
            conn.reset_kind = BY_CLIENT if own else ANSWER_OF_CLIENT
        else:
            conn.reset_kind = BY_SERVER if own else ANSWER_OF_SERVER
    elif from_client and not own and conn.reset_kind == BY_CLIENT:
        conn.reset_kind = ANSWER_OF_CLIENT
    if not own:
        return
    if from_client:
        conn.reset_ack = segment.ack
    else:
        conn.reset_seq = seq


def end_by_reset(conn: Connection) -> i64:
    """How the connection ended, all that was captured being delivered."""
    if conn.reset_seq != NOT_KNOWN and conn.reset_seq == conn.server_half.next:
        return END_ABORT
    return END_REFUSED if conn.reset_kind == ANSWER_OF_SERVER else END_RESET


def is_unexplained(conn: Connection) -> bool:
    """Whether the client's RST answers something of the server that was not captured.

    What the server sent behind what the client had when it closed explains it.
    """
    if conn.reset_kind != ANSWER_OF_CLIENT or conn.server_half.next < 0:
        return False
    if conn.reset_seq != NOT_KNOWN:
        return False
    had = conn.reset_ack if conn.reset_ack != NOT_KNOWN else conn.client_half.fin_ack
    return had == NOT_KNOWN or distance(conn.server_half.next, had) <= 0
