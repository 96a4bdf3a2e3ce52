"""Protocols in Lua over UDP."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from tcpkit.protocols.lua.datagrams import MAX_DONE, MAX_OF_CLIENT, MAX_WAITING
from tests.build import START_NS, Conversation, Packet, datagram
from tests.protocols.lua.traced import CLIENT, ECHO, PORT, SERVER, Traced, words

MS = 1_000_000
SECOND_US = 1_000_000


class Talk:
    """Datagrams of clients and the server, each with an identification of its own."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []

    def _add(self, source: str, destination: str, payload: bytes, at_ms: float) -> None:
        at_ns = START_NS + int(at_ms * MS)
        mark = len(self.packets) % 65_000 + 1
        self.packets.append(datagram(source, destination, payload, at_ns, identification=mark))

    def ask(self, payload: bytes, at_ms: float, client: str = CLIENT) -> "Talk":
        self._add(client, SERVER, payload, at_ms)
        return self

    def tell(self, payload: bytes, at_ms: float, client: str = CLIENT) -> "Talk":
        self._add(SERVER, client, payload, at_ms)
        return self


def run_of(packets: Iterable[Packet], text: str = "") -> Traced:
    run = Traced(text or words("udp"), keep_bytes=False)
    run.feed(packets).finish()
    assert run.errors == []
    return run


def test_ids_pair_in_any_order_and_are_exact() -> None:
    talk = Talk().ask(b"a id=1\n", 0).ask(b"b id=2\n", 1).tell(b"y id=2\n", 3)
    run = run_of(talk.tell(b"x id=1\n", 5).packets)
    assert run.told == [("b id=2", "ok", "y"), ("a id=1", "ok", "x")]
    assert run.exact == [True, True]
    assert run.latencies_us() == [2000, 5000]
    assert [x.transport for x in run.exchanges] == ["udp", "udp"]
    assert [int(x.depth) for x in run.exchanges] == [1, 0]


def test_without_ids_the_oldest_gets_the_reply_and_nothing_is_exact() -> None:
    run = run_of(Talk().ask(b"a\n", 0).ask(b"b\n", 1).tell(b"x\n", 3).tell(b"y\n", 4).packets)
    assert run.told == [("a", "ok", "x"), ("b", "ok", "y")]
    assert run.exact == [False, False]


def test_a_request_sent_again_is_an_attempt_and_not_exact() -> None:
    talk = Talk().ask(b"a id=1\n", 0).ask(b"a id=1\n", 100).tell(b"x id=1\n", 103)
    run = run_of(talk.tell(b"x id=1\n", 104).packets)
    assert run.told == [("a id=1", "ok", "x")]
    assert run.exact == [False]
    assert run.latencies_us() == [103_000]
    assert run.flags() == [["retransmission"]]
    assert (run.pairing.retries, run.pairing.duplicates) == (1, 1)


@pytest.mark.parametrize("later_us", [0, 1, 300])
def test_datagrams_captured_twice_count_once(later_us: int) -> None:
    talk = Talk().ask(b"s replies=0\n", 0).ask(b"a id=1\n", 1).tell(b"x id=1\n", 3)
    talk.tell(b"push\n", 4)
    twice = [
        copy
        for packet in talk.packets
        for copy in (packet, replace(packet, ts_ns=packet.ts_ns + later_us * 1000))
    ]
    run = run_of(twice)
    assert run.told == [("s replies=0", "silent", None), ("a id=1", "ok", "x")]
    assert run.exact == [True, True]
    counts = run.pairing
    assert (counts.retries, counts.duplicates, counts.pushes, counts.unpaired) == (0, 0, 1, {})


def test_a_copy_behind_the_reply_is_no_new_request() -> None:
    talk = Talk().ask(b"a id=1\n", 0).tell(b"x id=1\n", 0.1)
    copy = replace(talk.packets[0], ts_ns=START_NS + 200_000)
    run = run_of([*talk.packets, copy])
    assert run.told == [("a id=1", "ok", "x")]
    assert run.pairing.unanswered == 0


def test_an_id_used_before_is_not_exact() -> None:
    talk = Talk().ask(b"a id=1\n", 0).tell(b"x id=1\n", 3).ask(b"b id=1\n", 10)
    run = run_of(talk.tell(b"y id=1\n", 12).packets)
    assert run.told == [("a id=1", "ok", "x"), ("b id=1", "ok", "y")]
    assert run.exact == [True, False]


def test_two_that_wait_with_one_id_are_not_exact() -> None:
    talk = Talk().ask(b"a id=1\n", 0).ask(b"b id=1\n", 1).tell(b"x id=1\n", 3)
    assert run_of(talk.tell(b"y id=1\n", 12).packets).exact == [False, False]


def test_a_timeout_is_never_exact_and_its_reply_is_late() -> None:
    talk = Talk().ask(b"a id=1\n", 0).tell(b"x id=1\n", 11_000)
    run = run_of(talk.packets)
    assert run.told == [("a id=1", "timeout", None)]
    assert run.exact == [False]
    assert run.exchanges[0].time_ns == START_NS + 10_000 * MS
    assert (run.pairing.timeouts, run.pairing.late) == (1, 1)


def test_a_request_sent_again_after_its_timeout_is_a_new_one() -> None:
    talk = Talk().ask(b"a id=1\n", 0).ask(b"a id=1\n", 10_500).tell(b"x id=1\n", 10_501)
    run = run_of(talk.packets)
    assert [status for _, status, _ in run.told] == ["timeout", "ok"]
    assert run.latencies_us() == [None, 1000]
    assert run.exact == [False, False]


def test_blocking_requests_never_time_out() -> None:
    talk = Talk().ask(b"a flag=blocking id=1\n", 0).tell(b"x id=1\n", 60_000)
    run = run_of(talk.packets)
    assert [status for _, status, _ in run.told] == ["ok"]
    assert (run.pairing.blocking, run.pairing.timeouts, run.pairing.late) == (1, 0, 0)


def test_strays_and_pushes_are_counted() -> None:
    run = run_of(Talk().tell(b"x id=1\n", 0).tell(b"push\n", 1).ask(b"hello\n", 2).packets)
    assert run.told == []
    assert run.pairing.unpaired == {"reply without request": 1}
    assert run.pairing.pushes == 1


def test_of_several_replies_the_first_datagram_counts() -> None:
    talk = Talk().ask(b"a id=1 replies=2\n", 0).tell(b"x id=1\n", 3).tell(b"y id=1\n", 4)
    run = run_of(talk.tell(b"z id=1\n", 5).packets)
    assert run.told == [("a id=1 replies=2", "ok", "x")]
    assert run.pairing.duplicates == 1


def test_a_datagram_that_ends_too_early_is_not_the_protocol() -> None:
    run = run_of(Talk().ask(b"a id=1", 0).tell(b"x id=1", 1).ask(b"b id=1\n", 2).packets)
    assert run.pairing.not_protocol == 2
    assert run.pairing.unanswered == 1


def test_a_datagram_that_was_cut_is_counted_as_such() -> None:
    talk = Talk().ask(b"a id=1\n", 0).ask(b"b" * 100 + b"\n", 1)
    cut = [replace(packet, frame=packet.frame[:60]) for packet in talk.packets]
    run = run_of(cut)
    assert run.pairing.unpaired == {"cut off": 1}
    assert run.pairing.not_protocol == 0


def test_what_is_whole_in_a_cut_datagram_is_read_and_says_so() -> None:
    talk = Talk().ask(b"a id=1\n" + bytes(100), 0).tell(b"x id=1\n" + bytes(100), 1)
    run = run_of([replace(packet, frame=packet.frame[:60]) for packet in talk.packets])
    assert run.told == [("a id=1", "ok", "x")]
    assert run.flags() == [["truncated"]]
    assert [(x.request_bytes, x.reply_bytes) for x in run.exchanges] == [(107, 107)]


def test_each_client_has_its_own_ids() -> None:
    clients = [f"10.0.{at}.1:{5000 + at}" for at in range(50)]
    talk = Talk()
    for client in clients:
        talk.ask(b"a id=1\n", 1, client)
    for at, client in enumerate(reversed(clients)):
        talk.tell(b"x%d id=1\n" % at, 2, client)
    run = run_of(talk.packets)
    assert [(x.client, x.code) for x in run.exchanges] == [
        (client, f"x{at}") for at, client in enumerate(reversed(clients))
    ]
    assert all(run.exact)


def test_ipv6() -> None:
    client, server = "[2001:db8::1]:5000", f"[2001:db8::2]:{PORT}"
    packets = [
        datagram(client, server, b"a id=1\n", START_NS),
        datagram(server, client, b"x id=1\n", START_NS + MS),
    ]
    run = run_of(packets)
    assert [(x.client, x.server) for x in run.exchanges] == [(client, server)]


MATCHED = words("udp").replace(
    "request = function",
    "matches = function(request, reply) return request.id:upper() == reply.code end,\n"
    "  request = function",
    1,
)


def test_matches_gets_the_request_of_the_id_and_the_reply_just_read() -> None:
    talk = Talk().ask(b"one id=a\n", 0).ask(b"two id=b\n", 1)
    talk.tell(b"B id=b\n", 2).tell(b"X id=a\n", 3).tell(b"A id=a\n", 4)
    run = run_of(talk.packets, MATCHED)
    assert run.told == [("two id=b", "ok", "B"), ("one id=a", "ok", "A")]
    assert run.pairing.unpaired == {"contradiction": 1}


def test_both_transports_at_once() -> None:
    made = Conversation(client=CLIENT, server=SERVER).handshake().client(b"t\n").server(b"r\n")
    talk = Talk().ask(b"u id=1\n", 1).tell(b"r id=1\n", 2)
    run = run_of([*made.packets, *talk.packets], words("both"))
    assert [(x.transport, x.request) for x in run.exchanges] == [("tcp", "t"), ("udp", "u id=1")]


def test_starts_tells_who_asks_where_both_ports_are_watched() -> None:
    text = (
        words("udp")
        .replace("ports = { 7 }", "ports = { 7, 8 }")
        .replace(
            "name =",
            'starts = function(bytes, asked) return asked == (bytes:sub(1, 1) == "a") end,'
            "\n  name =",
        )
    )
    one, other = "10.0.0.1:8", "10.0.0.2:7"
    packets = [
        datagram(other, one, b"a id=1\n", START_NS, identification=1),
        datagram(one, other, b"x id=1\n", START_NS + MS, identification=2),
    ]
    run = Traced(text, keep_bytes=False)
    run.feed(packets).finish()
    assert [(x.client, x.server) for x in run.exchanges] == [(other, one)]


def test_waiting_requests_of_a_client_have_a_bound() -> None:
    talk = Talk()
    for at in range(MAX_OF_CLIENT + 10):
        talk.ask(b"a id=%d\n" % at, at / 1000)
    run = run_of(talk.packets)
    assert run.pairing.unpaired == {"too many waiting": 10}
    assert run.pairing.unanswered == MAX_OF_CLIENT


def test_waiting_requests_have_a_bound_and_so_has_what_is_remembered() -> None:
    run = Traced(words("udp"), keep_bytes=False, memory_mib=256)
    for at in range(MAX_WAITING + 10):
        client = f"10.{at >> 8 & 255}.{at & 255}.1:{5000 + (at >> 12)}"
        run.feed([datagram(client, SERVER, b"a id=1\n", START_NS + at)])
    assert run.pairing.unpaired == {"too many waiting": 10}
    run.advance(20 * SECOND_US).finish()
    assert run.errors == []
    assert run.pairing.timeouts == MAX_WAITING
    assert MAX_DONE < MAX_WAITING
    last = f"10.{at >> 8 & 255}.{at & 255}.1:{5000 + (at >> 12)}"
    for client in ("10.0.10.1:5000", last):
        late = datagram(SERVER, client, b"x id=1\n", START_NS + 21_000 * MS)
        run.feed([late])
    assert run.pairing.late == 1
    assert run.pairing.unpaired == {"too many waiting": 10, "reply without request": 1}


def test_echo_over_tcp_only_reads_no_datagram() -> None:
    run = Traced(ECHO, keep_bytes=False)
    run.feed(Talk().ask(b"a\n", 0).packets).finish()
    assert run.exchanges == []
    assert run.pairing.unanswered == 0
