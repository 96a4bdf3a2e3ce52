import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcpkit.errors import TcpkitError
from tcpkit.sinks.log_file import BUFFER_SIZE, LogFile, OutputClosed

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue  # the test has closed it


def test_lines_are_appended_to_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"before\n")
    out = LogFile(str(path))
    out.write(b"one\n")
    out.write(b"two\n")
    out.close()
    assert path.read_bytes() == b"before\none\ntwo\n"
    assert (out.lines, out.bytes_written) == (2, 8)


def test_lines_wait_until_the_buffer_is_full(tmp_path: Path) -> None:
    path = tmp_path / "log"
    out = LogFile(str(path))
    line = b"x" * 15 + b"\n"
    for _ in range(BUFFER_SIZE // len(line) - 1):
        out.write(line)
    assert path.stat().st_size == 0
    out.write(line)
    assert path.stat().st_size == BUFFER_SIZE
    out.close()


def test_flush_writes_what_waits(tmp_path: Path) -> None:
    out = LogFile(str(tmp_path / "log"))
    out.write(b"one\n")
    out.flush()
    out.flush()
    assert (tmp_path / "log").read_bytes() == b"one\n"
    out.close()


def test_line_longer_than_the_buffer_is_written_whole(tmp_path: Path) -> None:
    out = LogFile(str(tmp_path / "log"))
    line = b"y" * (3 * BUFFER_SIZE) + b"\n"
    out.write(line)
    assert (tmp_path / "log").read_bytes() == line
    out.close()


def test_rotated_log_goes_on_in_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "log"
    out = LogFile(str(path))
    out.write(b"one\n")
    path.rename(tmp_path / "log.1")
    out.reopen()
    out.write(b"two\n")
    out.close()
    assert (tmp_path / "log.1").read_bytes() == b"one\n"
    assert path.read_bytes() == b"two\n"
    assert out.reopen_failures == 0


def test_relative_path_stays_where_it_was_when_the_directory_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    out = LogFile("log")
    monkeypatch.chdir(tmp_path / "elsewhere")
    out.write(b"one\n")
    out.reopen()
    out.write(b"two\n")
    out.close()
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
    assert not list((tmp_path / "elsewhere").iterdir())


def test_failed_reopen_keeps_the_old_file_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "logs").mkdir()
    path = tmp_path / "logs" / "log"
    out = LogFile(str(path))
    (tmp_path / "logs").rename(tmp_path / "moved")
    with caplog.at_level(logging.WARNING, "tcpkit.sinks"):
        out.reopen()
    out.write(b"one\n")
    out.close()
    assert (tmp_path / "moved" / "log").read_bytes() == b"one\n"
    assert out.reopen_failures == 1
    assert caplog.messages == [
        f"cannot reopen {path}: No such file or directory; still writing to the old file"
    ]


def test_reopen_of_a_descriptor_flushes_it(pipe: Pipe) -> None:
    out = LogFile(None, pipe[1])
    out.write(b"one\n")
    out.reopen()
    assert os.read(pipe[0], 100) == b"one\n"


def test_descriptor_is_flushed_and_left_open_by_close(pipe: Pipe) -> None:
    out = LogFile(None, pipe[1])
    out.write(b"one\n")
    out.close()
    os.write(pipe[1], b"two\n")
    assert os.read(pipe[0], 100) == b"one\ntwo\n"


def test_close_gives_the_file_back_once(tmp_path: Path, pipe: Pipe) -> None:
    out = LogFile(str(tmp_path / "log"))
    out.close()
    reused = os.dup(pipe[1])
    out.close()
    out.reopen()
    assert os.write(reused, b"x") == 1
    os.close(reused)


def test_reader_that_left_is_told_from_an_error(pipe: Pipe) -> None:
    out = LogFile(None, pipe[1])
    os.close(pipe[0])
    out.write(b"one\n")
    with pytest.raises(OutputClosed):
        out.flush()
    assert not issubclass(OutputClosed, TcpkitError)


def test_reader_that_left_is_noticed_when_the_buffer_is_full(pipe: Pipe) -> None:
    out = LogFile(None, pipe[1])
    os.close(pipe[0])
    with pytest.raises(OutputClosed):
        out.write(b"z" * BUFFER_SIZE)


def test_full_disk_is_one_clear_error_and_close_does_not_repeat_it() -> None:
    out = LogFile("/dev/full")
    out.write(b"one\n")
    with pytest.raises(TcpkitError, match=r"^cannot write /dev/full: No space left on device$"):
        out.flush()
    out.close()
    assert out.bytes_written == 0


def test_full_disk_at_close_is_reported_and_the_file_given_back() -> None:
    out = LogFile("/dev/full")
    out.write(b"one\n")
    with pytest.raises(TcpkitError, match="No space left on device"):
        out.close()
    out.close()


def test_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "log"
    with pytest.raises(TcpkitError) as caught:
        LogFile(str(path))
    assert str(caught.value) == f"cannot write {path}: No such file or directory"
    assert caught.value.exit_status == 1


def test_closed_descriptor_is_refused_at_once(pipe: Pipe) -> None:
    os.close(pipe[1])
    with pytest.raises(TcpkitError, match=r"^cannot write standard output: Bad file descriptor$"):
        LogFile(None, pipe[1])


def test_every_byte_reaches_a_slow_reader_of_a_non_blocking_pipe(pipe: Pipe) -> None:
    os.set_blocking(pipe[1], False)
    pieces: list[bytes] = []

    def read() -> None:
        while piece := os.read(pipe[0], 5000):
            pieces.append(piece)

    reader = threading.Thread(target=read)
    reader.start()
    lines = [b"%d\n" % number for number in range(200_000)]
    out = LogFile(None, pipe[1])
    for line in lines:
        out.write(line)
    out.close()
    os.close(pipe[1])
    reader.join()
    assert b"".join(pieces) == b"".join(lines)
    assert out.bytes_written == sum(map(len, lines))
