"""A query, and the answer to it, in the words of the log."""

from typing import Final

from mypy_extensions import i64

from tcpkit.protocols.command_numbers import NOT_KNOWN, CommandNumbers
from tcpkit.protocols.dns.message import FIXED, u16
from tcpkit.protocols.dns.names import name_text
from tcpkit.protocols.dns.waiting import Query, Reply
from tcpkit.protocols.dns.words import (
    IN,
    QUERY,
    UPDATE,
    class_name,
    is_answer,
    opcode_name,
    rcode_name,
    type_name,
)
from tcpkit.protocols.message import ERROR, OK, RETRANSMISSION, Exchange, Recorder
from tcpkit.protocols.request_exchange import tell_resent
from tcpkit.wire.printable import shortened

TEXT_LIMIT: Final = 128


def query_exchange(query: Query, transport: str, exact: bool) -> Exchange:
    """The Exchange of a query without an answer: `A example.com`, `CH TXT version.bind`."""
    exchange = Exchange()
    ends = query.client.ends
    exchange.protocol = "dns"
    exchange.transport = transport
    exchange.ends = ends
    exchange.client = ends.client
    exchange.server = ends.server
    exchange.server_port = ends.server_port
    _put_words(exchange, query)
    exchange.exact = exact
    exchange.depth = query.depth
    exchange.flags = query.flags
    exchange.request_first_ns = query.first_ns
    exchange.request_last_ns = query.last_ns
    exchange.request_bytes = query.size
    exchange.request_seq = query.seq
    exchange.dns_id = query.id
    exchange.attempts = query.attempts
    exchange.answers = 0
    if query.flags & RETRANSMISSION:
        tell_resent(exchange, query.resent_ns)
    return exchange


def answered_exchange(query: Query, reply: Reply, transport: str, exact: bool) -> Exchange:
    exchange = query_exchange(query, transport, exact)
    exchange.status = OK if is_answer(reply.rcode) else ERROR
    exchange.code = rcode_name(reply.rcode)
    exchange.flags = exchange.flags | reply.flags
    exchange.time_ns = reply.first_ns
    exchange.reply_first_ns = reply.first_ns
    exchange.reply_last_ns = reply.last_ns
    exchange.latency_ns = reply.first_ns - query.last_ns
    exchange.queue_ns = 0  # answers need no order
    exchange.reply_bytes = reply.size
    exchange.reply_seq = reply.seq
    exchange.reply = reply.kept
    if query.opcode != UPDATE:  # there the number is one of prerequisites (RFC 2136, section 2.2)
        exchange.answers = reply.answers
    return exchange


def command_of(query: Query) -> str:
    """The type that is asked for; without a question the opcode is all there is to say."""
    at: i64 = len(query.question) - FIXED
    return opcode_name(query.opcode) if at <= 0 else type_name(u16(query.question, at))


def known_number(query: Query, commands: CommandNumbers) -> i64:
    """The number of the query's command, if it was learned, or NOT_KNOWN."""
    at: i64 = len(query.question) - FIXED
    return NOT_KNOWN if at <= 0 else commands.of_code(u16(query.question, at))


def learned_number(query: Query, commands: CommandNumbers, served: bool) -> i64:
    """The number of any command; `served`: the reply is an answer."""
    number = commands.number(command_of(query), served)
    at: i64 = len(query.question) - FIXED
    return number if at <= 0 else commands.learn_code(u16(query.question, at), number)


def tell_command(query: Query, recorder: Recorder) -> None:
    """Before `recorder` is told of `query`, which has no reply."""
    commands = recorder.commands
    if commands is not None:
        number = known_number(query, commands)
        commands.current = learned_number(query, commands, False) if number < 0 else number
        commands.failed = False


def _put_words(exchange: Exchange, query: Query) -> None:
    """Command, key and request."""
    question = query.question
    at: i64 = len(question) - FIXED
    command = command_of(query)
    if at <= 0:
        exchange.command = exchange.request = command
        return
    key = name_text(question)
    text = f"{command} {key}"
    class_ = u16(question, at + 2)
    if class_ != IN:
        text = f"{class_name(class_)} {text}"
    if query.opcode != QUERY:
        text = f"{opcode_name(query.opcode)} {text}"
    exchange.command = command
    exchange.key = key
    exchange.request = shortened(text, TEXT_LIMIT)
