"""Under which command a Redis request is counted, however it is written."""

from tcpkit.protocols.command_numbers import MAX_UNLISTED
from tests.build import Conversation
from tests.protocols.capture import Capture
from tests.protocols.redis.resp import command

OK = b"+OK\r\n"
UNKNOWN = b"-ERR unknown command\r\n"


def counted(*turns: tuple[bytes, bytes]) -> dict[str, int]:
    """Requests by command, the busiest first; each turn is a request and its reply, if any."""
    conversation = Conversation().handshake()
    for number, (request, reply) in enumerate(turns):
        conversation.client(request, at_us=1000 * number)
        if reply:
            conversation.server(reply, at_us=1000 * number + 500)
    run = Capture(by=("command",)).feed(conversation.packets).finish()
    rows = run.stats[6379].rows
    assert rows is not None
    return {row.name: row.total_reqs for row in rows.commands()}


def test_ways_to_write_a_command_are_one_command() -> None:
    ways = [
        command("GET", "a"),
        command("get", "a"),
        command("GeT", "a key that is longer than others"),
        b"GET a\r\n",
        b"  get a\n",
    ]
    assert counted(*[(way, b"$-1\r\n") for way in ways * 2]) == {"GET": 2 * len(ways)}


def test_names_of_all_lengths_and_many_arguments_are_told_apart() -> None:
    names = ["TTL", "PING", "LPUSH", "HGETALL", "SMEMBERS", "SISMEMBER", "RPOPLPUSH", "BITFIELD_RO"]
    few = [(command(name), UNKNOWN) for name in names]
    many = [(command(name, *["x"] * 12), UNKNOWN) for name in names]
    assert counted(*few, *many) == dict.fromkeys(sorted(names), 2)


def test_requests_too_long_to_be_kept_whole_are_counted_too() -> None:
    assert counted((command("SET", "a", "v" * 5000), OK), (command("SET", "a", "b"), OK)) == {
        "SET": 2
    }


def test_containers_count_by_their_second_word() -> None:
    turns = [
        (command("CONFIG", "GET", "save"), b"*0\r\n"),
        (command("config", "get", "dir"), b"*0\r\n"),
        (command("CONFIG", "SET", "save", ""), OK),
        (command("COMMAND"), b"*0\r\n"),
    ]
    assert counted(*turns, *turns) == {"CONFIG GET": 4, "COMMAND": 2, "CONFIG SET": 2}


def test_queued_commands_count_as_what_they_are() -> None:
    turns = [
        (command("MULTI"), OK),
        (command("INCR", "n"), b"+QUEUED\r\n"),
        (command("EXEC"), b"*1\r\n:1\r\n"),
    ]
    assert counted(*turns) == {"EXEC": 1, "INCR": 1, "MULTI": 1}


def test_module_command_counts_from_its_first_good_reply_on() -> None:
    ask = command("JSON.GET", "a")
    assert counted((ask, UNKNOWN), (ask, OK), (ask, UNKNOWN)) == {"JSON.GET": 2, "other": 1}


def test_made_up_commands_take_no_place() -> None:
    made_up = [(command(f"NAME{number}"), UNKNOWN) for number in range(MAX_UNLISTED + 50)]
    known = (command("GET", "a"), b"$-1\r\n")
    served = (command("JSON.GET", "a"), OK)
    assert counted(*made_up, known, served) == {"GET": 1, "JSON.GET": 1, "other": len(made_up)}


def test_known_command_counts_even_if_it_only_fails() -> None:
    refused = b"-WRONGTYPE Operation against a key\r\n"
    assert counted((command("LPUSH", "a", "b"), refused)) == {"LPUSH": 1}
    assert counted((command("NOSUCH", "a", "b"), refused)) == {"other": 1}
