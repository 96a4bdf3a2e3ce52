"""Files written by -w, read back by struct, by dpkt and by our own reader."""

import os
import resource
import stat
import struct
from pathlib import Path

import dpkt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.capture.dump import Dump, DumpTee
from tcpkit.capture.savefile import Savefile
from tcpkit.capture.source import WIRE_LENGTH_UNKNOWN
from tcpkit.capture.verdict import JudgingSink
from tcpkit.errors import CaptureError
from tests.capture.files import NS, Collector, Packet, packet, pcap, read


def save(path: Path, packets: list[Packet]) -> Dump:
    dump = Dump(str(path))
    for p in packets:
        around = b"<<" + p.frame + b">"
        dump.packet(around, 2, 2 + len(p.frame), p.ts_ns, p.wire_length, p.link_type)
    dump.close()
    return dump


def test_file_is_little_endian_nanosecond_pcap(tmp_path: Path) -> None:
    save(tmp_path / "out", [Packet(7 * NS + 5, b"abc", 1500, 113)])
    header = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 113)
    assert (tmp_path / "out").read_bytes() == header + struct.pack("<IIII", 7, 5, 3, 1500) + b"abc"


def test_what_was_read_is_written_byte_by_byte(tmp_path: Path) -> None:
    data = pcap([packet(number, size=number * 53 % 1500) for number in range(2000)])
    (tmp_path / "in").write_bytes(data)
    dump = Dump(str(tmp_path / "out"))
    Savefile(dump).read_files([str(tmp_path / "in")])
    dump.close()
    assert (tmp_path / "out").read_bytes() == data
    assert dump.counts.packets == 2000
    assert dump.counts.bytes == len(data) - 24 - 2000 * 16


@given(
    packets=st.lists(
        st.builds(
            Packet,
            ts_ns=st.integers(0, (1 << 32) * NS - 1),
            frame=st.binary(max_size=80),
            wire_length=st.integers(80, 0x7FFFFFFF),
            link_type=st.just(101),
        ),
        min_size=1,
    )
)
def test_reader_gets_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, packets: list[Packet]
) -> None:
    path = tmp_path_factory.mktemp("dump") / "out"
    save(path, packets)
    assert read(path.read_bytes()).packets == packets
    with path.open("rb") as file:
        reader = dpkt.pcap.Reader(file)
        assert [frame for _, frame in reader] == [p.frame for p in packets]


def test_capture_without_packets_is_a_valid_file(tmp_path: Path) -> None:
    save(tmp_path / "out", [])
    assert (tmp_path / "out").read_bytes() == pcap([])


def test_packets_of_another_link_type_are_refused_and_counted(tmp_path: Path) -> None:
    dump = save(tmp_path / "out", [packet(1), packet(2, link_type=113), packet(3)])
    assert read((tmp_path / "out").read_bytes()).packets == [packet(1), packet(3)]
    assert (dump.counts.packets, dump.counts.refused) == (2, 1)


def test_unknown_wire_length_comes_from_the_ip_header(tmp_path: Path) -> None:
    frame = bytes(12) + bytes.fromhex("0800 4500 05dc") + bytes(30)
    save(tmp_path / "out", [Packet(1, frame, WIRE_LENGTH_UNKNOWN)])
    assert read((tmp_path / "out").read_bytes()).packets == [Packet(1, frame, 1514)]


def test_wire_length_is_never_below_the_captured_length(tmp_path: Path) -> None:
    save(tmp_path / "out", [Packet(1, b"abcdef", 3)])
    assert read((tmp_path / "out").read_bytes()).packets == [Packet(1, b"abcdef", 6)]


def test_frame_that_readers_would_refuse_is_cut_and_counted(tmp_path: Path) -> None:
    big = packet(1, size=300_000)
    dump = save(tmp_path / "out", [big, packet(2)])
    cut = big._replace(frame=big.frame[:262144])
    assert read((tmp_path / "out").read_bytes()).packets == [cut, packet(2)]
    assert (dump.counts.packets, dump.counts.cut) == (2, 1)


def test_times_that_pcap_cannot_tell_are_replaced_and_counted(tmp_path: Path) -> None:
    times = [-1, (1 << 32) * NS + 5, 0]
    dump = save(tmp_path / "out", [Packet(ts_ns, b"x", 1) for ts_ns in times])
    got = [p.ts_ns // NS for p in read((tmp_path / "out").read_bytes()).packets]
    assert got == [0, (1 << 32) - 1, 0]
    assert dump.counts.bad_times == 2


def test_flush_makes_the_file_whole_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out"
    dump = Dump(str(path))
    dump.flush()
    assert path.read_bytes() == b""
    for p in (packet(1), packet(2)):
        dump.packet(p.frame, 0, len(p.frame), p.ts_ns, p.wire_length, p.link_type)
    assert path.read_bytes() == b""
    dump.flush()
    assert read(path.read_bytes()).packets == [packet(1), packet(2)]
    dump.close()
    dump.close()
    assert read(path.read_bytes()).packets == [packet(1), packet(2)]


def test_old_file_of_the_same_name_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(bytes(100_000))
    save(tmp_path / "out", [packet(1)])
    assert (tmp_path / "out").read_bytes() == pcap([packet(1)])


def test_full_disk_is_told_once_and_closing_is_quiet() -> None:
    dump = Dump("/dev/full")
    with pytest.raises(CaptureError) as caught:
        for number in range(2000):
            p = packet(number)
            dump.packet(p.frame, 0, len(p.frame), p.ts_ns, p.wire_length, p.link_type)
    assert str(caught.value) == "cannot write /dev/full: No space left on device"
    dump.close()


def test_full_disk_is_told_by_close_when_nothing_was_written_before() -> None:
    dump = Dump("/dev/full")
    with pytest.raises(CaptureError) as caught:
        dump.close()
    assert str(caught.value) == "cannot write /dev/full: No space left on device"
    dump.close()


def test_full_disk_that_takes_a_part_first_is_told(tmp_path: Path) -> None:
    """A limit on the file's size lets the first write through in part."""
    path = str(tmp_path / "out")
    dump = Dump(path)
    p = packet(1, size=50_000)
    dump.packet(p.frame, 0, len(p.frame), p.ts_ns, p.wire_length, p.link_type)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(CaptureError) as caught:
            dump.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(caught.value) == f"cannot write {path}: File too large"
    assert os.path.getsize(path) == 20_000


def test_pipe_gets_everything_though_it_takes_only_parts(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    dump = Dump(str(fifo))
    p = packet(1, size=30_000)
    dump.packet(p.frame, 0, len(p.frame), p.ts_ns, p.wire_length, p.link_type)
    dump.close()
    assert os.read(reader, 65536) == pcap([p])
    os.close(reader)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/nonexistent/out", "cannot write /nonexistent/out: No such file or directory"),
        ("/", "cannot write /: Is a directory"),
        ("/nonexistent/a\nb", r"cannot write '/nonexistent/a\nb': No such file or directory"),
    ],
)
def test_file_that_cannot_be_made_is_refused_at_once(path: str, error: str) -> None:
    with pytest.raises(CaptureError) as caught:
        Dump(path)
    assert str(caught.value) == error


def test_capture_being_read_is_not_overwritten(tmp_path: Path) -> None:
    path, link = tmp_path / "in", tmp_path / "link"
    path.write_bytes(pcap([packet(1)]))
    link.symlink_to(path)
    with pytest.raises(CaptureError) as caught:
        Dump(str(link), ["/dev/null", str(tmp_path / "missing"), str(path)])
    assert str(caught.value) == f"cannot write {link}: it is the capture being read"
    assert path.read_bytes() == pcap([packet(1)])


def test_device_may_be_read_and_written() -> None:
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    Dump("/dev/null", ["/dev/null"]).close()


class Judge(JudgingSink):
    """Wants the packets that begin with "+"; sees which were given."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Collector()

    def packet(
        self, data: bytes, start: int, end: int, ts_ns: int, wire_length: int, link_type: int
    ) -> None:
        assert not self.wanted
        self.inner.packet(data, start, end, ts_ns, wire_length, link_type)
        if data[start : start + 1] == b"+":
            self.wanted = True


def test_tee_gives_everything_on_and_saves_what_is_wanted(tmp_path: Path) -> None:
    judge = Judge()
    dump = Dump(str(tmp_path / "out"))
    tee = DumpTee(judge, dump)
    packets = [Packet(number, frame, 9) for number, frame in enumerate([b"+a", b"-b", b"+c", b""])]
    for p in packets:
        tee.packet(b"#" + p.frame, 1, 1 + len(p.frame), p.ts_ns, p.wire_length, p.link_type)
    dump.close()
    assert judge.inner.packets == packets
    assert read((tmp_path / "out").read_bytes()).packets == [packets[0], packets[2]]
