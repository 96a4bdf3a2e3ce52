import json
from pathlib import Path

import pytest

from tcpkit.flow.packet_filter import PacketFilter
from tcpkit.sinks.log_file import LogFile
from tcpkit.sinks.raw_json import RawJson
from tcpkit.wire.segment import ACK, FIN, IPV6_BIT, PSH, RST, SYN, URG, Datagram, Segment

from .conftest import NIGHT_NS

CLIENT = 0x0A000001  # 10.0.0.1
SERVER = 0x0A000002
ADDRESSES = CLIENT << 32 | SERVER
PORTS = 53499 << 16 | 6379


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
    """A RawJson and what it has written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.out = LogFile(str(path))

    def lines(self, packets: list[Segment | Datagram], ports: tuple[int, ...] = ()) -> list[str]:
        log = RawJson(self.out, PacketFilter(ports, ()))
        wanted = [
            log.segment(packet) if isinstance(packet, Segment) else log.datagram(packet)
            for packet in packets
        ]
        self.out.close()
        lines = self.path.read_text().splitlines()
        assert log.numbers() == {"shown": wanted.count(True), "left out": wanted.count(False)}
        assert len(lines) == log.shown
        return lines


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    return Raw(tmp_path / "log")


def test_segment_is_an_object(raw: Raw) -> None:
    assert raw.lines([segment(b"PING\r\n")]) == [
        '{"time_ns":1542393516873067891,"proto":"tcp","src":"10.0.0.1:53499",'
        '"dst":"10.0.0.2:6379","flags":"P.","seq":4294967295,"ack":7,"len":6,'
        '"payload":"PING\\\\x0d\\\\x0a"}'
    ]


def test_object_of_a_datagram_has_no_fields_of_tcp(raw: Raw) -> None:
    assert raw.lines([datagram(b"q")]) == [
        '{"time_ns":1542393516873067891,"proto":"udp","src":"[2001:db8::1]:40000",'
        '"dst":"[2001:db8::2]:53","len":1,"payload":"q"}'
    ]


def test_packet_of_other_ports_is_left_out(raw: Raw) -> None:
    [line] = raw.lines([segment(), datagram(b"q")], ports=(53,))
    assert json.loads(line)["proto"] == "udp"


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (0, "none"),
        (SYN, "S"),
        (SYN | ACK, "S."),
        (RST, "R"),
        (SYN | 0xC0, "SEW"),
        (FIN | SYN | RST | PSH | ACK | URG, "FSRP.U"),
    ],
)
def test_flags_are_written_as_by_tcpdump(flags: int, text: str, raw: Raw) -> None:
    [line] = raw.lines([segment(flags=flags)])
    assert json.loads(line)["flags"] == text


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
    assert json.loads(line)["payload"] == shown


def test_payload_cut_by_the_snap_length_shows_that_there_was_more(raw: Raw) -> None:
    cut = segment(b"GET fo")
    cut.size = 1000
    [line] = raw.lines([cut])
    assert [json.loads(line)[name] for name in ("len", "payload")] == [1000, "GET fo..."]
