"""Real files, pipes and signals."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tcpkit.capture.reader import InputFile, shown
from tcpkit.capture.savefile import Progress, Savefile
from tcpkit.errors import CaptureError
from tests.capture.files import Collector, packet, pcap, pcapng

ROOT = Path(__file__).parents[2]


def read_paths(*paths: Path | str) -> Collector:
    sink = Collector()
    Savefile(sink).read_files([str(path) for path in paths])
    return sink


def error_of(*paths: Path | str) -> str:
    with pytest.raises(CaptureError) as caught:
        read_paths(*paths)
    return str(caught.value)


def test_files_are_read_in_the_order_given(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(pcap([packet(1), packet(2)]))
    (tmp_path / "a").write_bytes(pcapng([packet(3)]))
    assert read_paths(tmp_path / "b", tmp_path / "a").packets == [packet(1), packet(2), packet(3)]


def test_missing_file_is_told_before_any_packet_is_read(tmp_path: Path) -> None:
    good, missing = tmp_path / "good", tmp_path / "missing"
    good.write_bytes(pcap([packet(1)]))
    sink = Collector()
    with pytest.raises(CaptureError) as caught:
        Savefile(sink).read_files([str(good), str(missing)])
    assert str(caught.value) == f"cannot read {missing}: No such file or directory"
    assert sink.packets == []


def test_directory_is_refused(tmp_path: Path) -> None:
    assert error_of(tmp_path) == f"cannot read {tmp_path}: Is a directory"


def test_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert error_of(tmp_path / "empty") == f"empty, not a capture file: {tmp_path}/empty"


def test_device_without_data_is_refused() -> None:
    assert error_of("/dev/null") == "empty, not a capture file: /dev/null"


def test_endless_device_that_is_no_capture_is_refused() -> None:
    assert error_of("/dev/zero").startswith("not a capture file, it begins with 00 00 00 00")


def test_read_error_of_the_system_names_the_file() -> None:
    assert error_of("/proc/self/mem") == "cannot read /proc/self/mem: Input/output error"


@pytest.mark.parametrize(
    ("path", "text"),
    [("-", "standard input"), ("a b", "a b"), ("a\nb", r"'a\nb'"), ("a\udcff", r"'a\udcff'")],
)
def test_name_in_a_message_is_one_line(path: str, text: str) -> None:
    assert shown(path) == text


class Steps(Progress):
    def __init__(self) -> None:
        self.steps: list[tuple[int, int | None]] = []

    def advance(self, done: int, total: int | None) -> None:
        self.steps.append((done, total))


def test_progress_counts_the_bytes_of_all_files(tmp_path: Path) -> None:
    data = pcap([packet(number, size=1500) for number in range(100)])
    paths = [str(tmp_path / name) for name in "ab"]
    for path in paths:
        Path(path).write_bytes(data)
    progress = Steps()
    Savefile(Collector(), progress).read_files(paths)
    done = [step[0] for step in progress.steps]
    assert {step[1] for step in progress.steps} == {2 * len(data)}
    assert (done[0], done[-1]) == (65536, 2 * len(data))
    assert done == sorted(done)


def test_total_is_unknown_when_one_of_the_files_is_a_pipe(tmp_path: Path) -> None:
    plain, fifo = tmp_path / "plain", tmp_path / "fifo"
    data = pcap([packet(1)])
    plain.write_bytes(data)
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_bytes, args=(data,))
    writer.start()
    progress, sink = Steps(), Collector()
    Savefile(sink, progress).read_files([str(plain), str(fifo)])
    writer.join()
    assert sink.packets == [packet(1), packet(1)]
    assert {step[1] for step in progress.steps} == {None}
    assert progress.steps[-1][0] == 2 * len(data)


def test_named_pipe_is_waited_for_a_little_at_a_time(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    file = InputFile(str(fifo))
    assert file.read(10) is None
    writer = os.open(fifo, os.O_WRONLY)
    assert file.read(10) is None
    os.write(writer, b"abc")
    assert file.read(2) == b"ab"
    assert file.read(10) == b"c"
    os.close(writer)
    assert file.read(10) == b""
    assert file.position == 3
    file.close()


READ_STDIN = """
import signal, sys
from tcpkit.capture.dump import Dump
from tcpkit.capture.savefile import Savefile
from tcpkit.errors import CaptureError
dump = Dump(sys.argv[1])
savefile = Savefile(dump)
def stop(number, frame):
    savefile.stop = True
signal.signal(signal.SIGTERM, stop)
print("ready", flush=True)
try:
    savefile.read_files(["-"])
except CaptureError as error:
    print(error)
dump.close()
print(savefile.counts.packets, savefile.stop)
"""


@contextmanager
def reader_of_stdin(output: str = "/dev/null") -> "Iterator[subprocess.Popen[bytes]]":
    """A process that reads captures from its standard input and saves them to `output`."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", READ_STDIN, output]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=ROOT, bufsize=0) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            yield child
        finally:
            child.kill()


def test_standard_input_is_read_from_a_pipe() -> None:
    with reader_of_stdin() as child:
        out, _ = child.communicate(pcap([packet(1), packet(2)]) + b"half", timeout=60)
    assert out.decode().splitlines() == [
        "truncated in the middle of a packet at offset 176: standard input",
        "2 False",
    ]


def test_signal_stops_a_reader_that_waits_for_an_idle_pipe() -> None:
    with reader_of_stdin() as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(pcap([packet(1)]))
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=60) == 0
        assert child.stdout.read().endswith(b" True\n")


def test_signal_stops_a_reader_that_never_waits() -> None:
    """In a compiled build nothing but compiled code runs in the child while it reads."""
    with reader_of_stdin() as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(pcap([]))
        child.send_signal(signal.SIGTERM)
        some = pcap([packet(number) for number in range(1000)])[24:]
        with pytest.raises(BrokenPipeError):
            for _ in range(2000):
                child.stdin.write(some)
        assert child.wait(timeout=60) == 0
        assert child.stdout.read().endswith(b" True\n")
