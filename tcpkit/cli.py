"""The command line: what a user types, checked, and what comes back on the terminal."""

import argparse
import math
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from tcpkit import __version__
from tcpkit.config import (
    DEFAULT_BIND,
    DEFAULT_BUFFER_KIB,
    DEFAULT_LUA_BUDGET,
    DEFAULT_LUA_MEMORY_MIB,
    DEFAULT_SNAPLEN,
    DEFAULT_STATS_PORT,
    DEFAULT_TIMEOUT_S,
    Config,
)
from tcpkit.errors import ConfigError, TcpkitError

if TYPE_CHECKING:
    from tcpkit.script.script import Script

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
MAX_THRESHOLD_MS = 86_400_000  # a day
MAX_TIMEOUT_S = 86_400
MAX_BUFFER_KIB = 2_097_151  # the kernel's size is an int of bytes
MAX_DIGITS = 12
MIN_LUA_BUDGET, MAX_LUA_BUDGET = 10_000, 999_999_999_999
MIN_LUA_MEMORY_MIB, MAX_LUA_MEMORY_MIB = 8, 1_048_576  # half of it is for the packet at hand
MIN_SNAPLEN, MAX_SNAPLEN = 96, 262144  # the headers of a packet; what libpcap takes


class _Parser(argparse.ArgumentParser):
    """Reports errors as every other error of tcpkit."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError(message)


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Asking the terminal for its width takes 4 ms, and argparse prints nothing here."""
    return argparse.HelpFormatter(prog, width=80)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="tcpkit", add_help=False, allow_abbrev=False, formatter_class=_formatter)
    add = parser.add_argument
    add("-i", "--interface")
    add("-r", "--read", action="append", default=[])
    add("-m", "--mode", default="raw")
    add("-p", "--port", default="")
    add("-s", "--server", default="")
    add("-t", "--threshold")
    add("-P", "--stats-port", default=str(DEFAULT_STATS_PORT))
    add("--bind")
    add("-S", "--script")
    add("--lua", default="")
    add("--lua-jit", action="store_true")
    add("--lua-budget", default=str(DEFAULT_LUA_BUDGET))
    add("--lua-memory", default=str(DEFAULT_LUA_MEMORY_MIB))
    add("-w", "--write")
    add("-B", "--buffer-size", default=str(DEFAULT_BUFFER_KIB))
    add("--snaplen", default=str(DEFAULT_SNAPLEN))
    add("-o", "--output")
    add("-u", "--udp", action="store_true")
    add("-d", "--daemon", action="store_true")
    add("--pidfile")
    add("-j", "--json", action="store_true")
    add("--timeout", default=str(DEFAULT_TIMEOUT_S))
    add("-q", "--quiet", action="store_true")
    add("-v", "--version", action="store_true")
    add("-h", "--help", action="store_true")
    return parser


def parse(arguments: Sequence[str]) -> Config:
    """The run that `arguments` ask for. Raises ConfigError for a wrong command line."""
    return _checked(_parser().parse_args(arguments))[0]


def _checked(options: argparse.Namespace) -> "tuple[Config, Script | None]":
    """The run that is asked for, with its script. Raises ConfigError, ScriptError."""
    from tcpkit import scripted
    from tcpkit.protocols.registry import modes

    _check_alone(options)
    early = _with_script(options)
    script = None if early.script is None else scripted.load(early)
    if options.mode not in modes():
        raise ConfigError(f"unknown mode {options.mode!r}: choose from {', '.join(modes())}")
    config = _whole(options, early)
    if script is None:
        script = scripted.load(config)
    if script is not None:
        scripted.check(script, config.mode)
    elif options.lua or options.lua_jit:
        raise ConfigError(f"{'--lua' if options.lua else '--lua-jit'} needs a script: -S")
    return config, script


def _with_script(options: argparse.Namespace) -> Config:
    """What a script needs before the mode, which it may bring itself, is known."""
    if options.lua:
        from tcpkit.script.version import VERSIONS

        if options.lua not in VERSIONS:
            raise ConfigError(f"--lua takes one of {', '.join(VERSIONS)}, not {options.lua!r}")
    budget = _number("--lua-budget", options.lua_budget, MIN_LUA_BUDGET, MAX_LUA_BUDGET)
    memory = _number("--lua-memory", options.lua_memory, MIN_LUA_MEMORY_MIB, MAX_LUA_MEMORY_MIB)
    return Config(
        mode=options.mode,
        json=options.json,
        script=options.script,
        lua=options.lua,
        lua_jit=options.lua_jit,
        lua_budget=budget,
        lua_memory_mib=memory,
    )


def _check_alone(options: argparse.Namespace) -> None:
    """What is wrong whatever the mode is. Raises ConfigError."""
    if bool(options.interface) == bool(options.read):
        what = "only one of" if options.read else "one of"
        raise ConfigError(f"{what} -i (live) and -r (a capture file) is needed")
    if options.daemon and not options.interface:
        raise ConfigError("-d needs -i: a file is read in the foreground")
    if options.pidfile and not options.daemon:
        raise ConfigError("--pidfile needs -d")
    if options.output and options.write and _same_path(options.output, options.write):
        raise ConfigError(f"-o and -w name the same file: {options.output}")


def _whole(options: argparse.Namespace, early: Config) -> Config:
    from tcpkit.protocols.protocol import TCP_ONLY
    from tcpkit.protocols.registry import RAW, protocol_of

    ports = _ports(options.port)
    protocol = protocol_of(options.mode)
    if protocol is not None:
        ports = ports or protocol.ports
        if options.udp and protocol.transports == TCP_ONLY:
            raise ConfigError(f"{options.mode} is not spoken over UDP: -u")
    if options.mode == RAW and options.threshold is not None:
        raise ConfigError("-t needs a protocol: choose one with -m")
    threshold = options.threshold
    return early._replace(
        interface=options.interface,
        files=tuple(options.read),
        ports=ports,
        servers=_addresses(options.server),
        threshold_ns=None
        if threshold is None
        else _decimal("-t", threshold, NS_PER_MS, 0, MAX_THRESHOLD_MS),
        stats_port=_number("-P", options.stats_port, 0, 65535),
        bind=DEFAULT_BIND if options.bind is None else _address("--bind", options.bind),
        write=options.write,
        buffer_kib=_number("-B", options.buffer_size, 1, MAX_BUFFER_KIB),
        snaplen=_number("--snaplen", options.snaplen, MIN_SNAPLEN, MAX_SNAPLEN),
        output=options.output,
        udp=options.udp,
        daemon=options.daemon,
        pidfile=options.pidfile,
        timeout_ns=_decimal("--timeout", options.timeout, NS_PER_S, 0.001, MAX_TIMEOUT_S),
        quiet=options.quiet,
    )


def _same_path(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _number(option: str, text: str, least: int, most: int) -> int:
    digits = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    if not digits or not least <= int(text) <= most:
        raise ConfigError(f"{option} takes a number from {least} to {most}, not {text!r}")
    return int(text)


def _decimal(option: str, text: str, scale: int, least: float, most: float) -> int:
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise ConfigError(f"{option} takes a number from {least} to {most}, not {text!r}")
    return round(value * scale)


def _ports(text: str) -> tuple[int, ...]:
    if not text:
        return ()
    ports: list[int] = []
    for part in text.split(","):
        port = _number("-p", part.strip(), 1, 65535)
        if port not in ports:
            ports.append(port)
    return tuple(ports)


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(_address("-s", part.strip()) for part in text.split(",")) if text else ()


def _address(option: str, text: str) -> str:
    """The address in its normal form, as the packets' addresses are written."""
    import ipaddress  # at 2 ms a start, only where it is needed

    try:
        address = ipaddress.ip_address(text)
        if "%" not in text:
            return str(address)
    except ValueError:
        pass
    raise ConfigError(f"{option} takes a numeric address, not {text!r}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run tcpkit; the exit status: 0 done, 1 a failure, 2 a wrong command line."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        options = _parser().parse_args(given)
        if options.help:
            from tcpkit.manual import MANUAL

            return _show(MANUAL)
        if options.version:
            from tcpkit.installation import describe

            return _show(f"tcpkit {__version__} ({describe()})\n")
        config, script = _checked(options)
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
