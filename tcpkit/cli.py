"""The program: runs what the command line asks for, and says what comes back on the terminal."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from tcpkit import __version__
from tcpkit.errors import TcpkitError
from tcpkit.options import checked, command_of, options_of, read_options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run tcpkit; the exit status: 0 done, 1 a failure, 2 a wrong command line."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        command = command_of(given)
        options = read_options(command, given)
        if options.help:
            return _show(_manual_of(command))
        if options.version:
            from tcpkit.installation import describe

            return _show(f"tcpkit {__version__} ({describe()})\n")
        config, script = checked(command, options)
        from tcpkit.app import run

        return run(config, script)
    except TcpkitError as error:
        _complain(error)
        return error.exit_status


def entry() -> NoReturn:
    """The command `tcpkit`: leaves at once, since taking the objects apart takes longer."""
    _occupy_streams()
    status = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:  # it was closed before the start
                stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(status)


def _occupy_streams() -> None:
    """Keep files from getting the descriptors of standard streams that are closed."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # writing still fails


def _manual_of(command: str) -> str:
    if command:
        return options_of(command).manual()
    from tcpkit.manual import MANUAL

    return MANUAL


def _show(text: str) -> int:
    """Print on stdout, which may be closed (`tcpkit -h | head`)."""
    try:
        os.write(1, text.encode())
    except BrokenPipeError:
        pass
    except OSError as error:
        raise TcpkitError(f"cannot write standard output: {error.strerror}") from None
    return 0


def _complain(error: TcpkitError) -> None:
    """One line on stderr, which may be closed too."""
    text = " ".join(str(error).splitlines())
    try:
        os.write(2, f"tcpkit: error: {text}\n".encode("utf-8", "backslashreplace"))
    except OSError:
        return
