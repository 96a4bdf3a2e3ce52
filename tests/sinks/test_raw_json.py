from pathlib import Path

import pytest
from tcpkit.sinks.raw_log import RawLog

from tcpkit.sinks.log_file import LogFile
from tcpkit.wire.segment import ACK, FIN, IPV6_BIT, PSH, RST, SYN, URG, Datagram, Segment

from .conftest import NIGHT_NS

CLIENT = 0x0A000001  # 10.0.0.1
SERVER = 0x0A000002
ADDRESSES = CLIENT << 32 | SERVER
PORTS = 53499 << 16 | 6379
BACK = 6379 << 16 | 53499


def segment(payload: bytes = b"", flags: int = PSH | ACK) -> Segment:
    made = Segment()
    made.a0 = ADDRESSES
    made.ports = PORTS
    made.seq = 4294967295
    made.ack = 7
    made.flags = flags
    made.data = b"header" + payload + b"trailer"
    made.start = 6
    made.end = 6 + len(payload)
    made.size = len(payload)
    made.ts_ns = NIGHT_NS
    return made


def datagram(payload: bytes = b"") -> Datagram:
    made = Datagram()
    made.a0, made.a1, made.a2, made.a3 = 0x20010DB8 << 32, 1, 0x20010DB8 << 32, 2
    made.ports = IPV6_BIT | 40000 << 16 | 53
    made.data = payload
    made.end = len(payload)
    made.size = len(payload)
    made.ts_ns = NIGHT_NS
    return made


class Raw:
    """A RawLog and what it has written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.out = LogFile(str(path))

    def lines(
        self,
        packets: list[Segment | Datagram],
        ports: tuple[int, ...] = (),
        servers: tuple[str, ...] = (),
        as_json: bool = False,
    ) -> list[str]:
        log = RawLog(self.out, ports, servers, as_json)
        wanted = [
            log.segment(packet) if isinstance(packet, Segment) else log.datagram(packet)
            for packet in packets
        ]
        self.out.close()
        lines = self.path.read_text().splitlines()
        assert [log.shown, log.left_out] == [wanted.count(True), wanted.count(False)]
        assert len(lines) == log.shown
        return lines


@pytest.fixture
def raw(tmp_path: Path, utc: None) -> Raw:
    return Raw(tmp_path / "log")


def test_segment_is_a_line_with_its_payload_escaped(raw: Raw) -> None:
    assert raw.lines([segment(b"PING\r\n\xff")]) == [
        "2018-11-16 18:38:36.873067 10.0.0.1:53499 => 10.0.0.2:6379"
        " | [P.] seq 4294967295 ack 7 len 7 | PING\\x0d\\x0a\\xff"
    ]


def test_line_without_payload_ends_behind_the_numbers(raw: Raw) -> None:
    [line] = raw.lines([segment(flags=SYN | ACK)])
    assert line.endswith("10.0.0.2:6379 | [S.] seq 4294967295 ack 7 len 0")


def test_datagram_is_a_line(raw: Raw) -> None:
    assert raw.lines([datagram(b"query")]) == [
        "2018-11-16 18:38:36.873067 [2001:db8::1]:40000 => [2001:db8::2]:53 | udp len 5 | query"
    ]


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (0, "[none]"),
        (SYN, "[S]"),
        (ACK, "[.]"),
        (FIN | ACK, "[F.]"),
        (RST, "[R]"),
        (SYN | 0xC0, "[SEW]"),
        (FIN | SYN | RST | PSH | ACK | URG, "[FSRP.U]"),
    ],
)
def test_flags_are_written_as_by_tcpdump(flags: int, text: str, raw: Raw) -> None:
    [line] = raw.lines([segment(flags=flags)])
    assert f" | {text} seq " in line


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b"a" * 64, "a" * 64),
        (b"a" * 65, "a" * 64 + "..."),
        (b"\x00" * 64, "\\x00" * 64),
        (b"\x00" * 65, "\\x00" * 64 + "..."),
    ],
)
def test_64_bytes_of_the_payload_are_shown(payload: bytes, shown: str, raw: Raw) -> None:
    [line] = raw.lines([segment(payload)])
    assert line.endswith(f" len {len(payload)} | {shown}")


def test_payload_cut_by_the_snap_length_shows_that_there_was_more(raw: Raw) -> None:
    cut = segment(b"GET fo")
    cut.size = 1000
    [line] = raw.lines([cut])
    assert line.endswith(" len 1000 | GET fo...")


def test_either_end_at_a_watched_port_belongs(raw: Raw) -> None:
    reply, stranger = segment(), segment()
    reply.ports = BACK
    stranger.ports = 53499 << 16 | 80
    lines = raw.lines([segment(), reply, stranger, datagram()], ports=(6379, 6380))
    assert [line.split(" | ")[0][27:] for line in lines] == [
        "10.0.0.1:53499 => 10.0.0.2:6379",
        "10.0.0.1:6379 => 10.0.0.2:53499",
    ]


def test_watched_port_and_server_must_be_the_same_end(raw: Raw) -> None:
    reply = segment()
    reply.ports = BACK
    lines = raw.lines([segment(), reply], ports=(6379,), servers=("10.0.0.2",))
    assert len(lines) == 1
    assert "=> 10.0.0.2:6379" in lines[0]


def test_servers_alone_select_by_address(raw: Raw) -> None:
    lines = raw.lines([segment(), datagram()], servers=("2001:db8::1",))
    assert len(lines) == 1
    assert "udp" in lines[0]


def test_json_line_of_a_segment(raw: Raw) -> None:
    assert raw.lines([segment(b"PING\r\n")], as_json=True) == [
        '{"time_ns":1542393516873067891,"proto":"tcp","src":"10.0.0.1:53499",'
        '"dst":"10.0.0.2:6379","flags":"P.","seq":4294967295,"ack":7,"len":6,'
        '"payload":"PING\\\\x0d\\\\x0a"}'
    ]


def test_json_line_of_a_datagram_has_no_fields_of_tcp(raw: Raw) -> None:
    assert raw.lines([datagram(b"q")], as_json=True) == [
        '{"time_ns":1542393516873067891,"proto":"udp","src":"[2001:db8::1]:40000",'
        '"dst":"[2001:db8::2]:53","len":1,"payload":"q"}'
    ]
