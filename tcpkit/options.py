"""The command line: what a user types, checked.

The first word may be a command with options of its own: `trace`, `top`, `report`.
"""

import argparse
import importlib
import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NoReturn

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
from tcpkit.errors import ConfigError

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


DIVISIONS: Final = ("command", "server")  # of --by

# The commands, and where their options are.
COMMANDS: Final[dict[str, str]] = {
    "compare": "tcpkit.compare_options",
    "trace": "tcpkit.trace_options",
    "top": "tcpkit.top_options",
    "report": "tcpkit.report_options",
}


class CommandOptions:
    """The options that a command has beside those of every run."""

    brings_inputs: bool = False  # it takes its files itself: neither -i nor -r is needed

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        raise NotImplementedError

    def checked(self, options: argparse.Namespace, config: Config) -> Config:
        """`config` with the command's own options. Raises ConfigError."""
        raise NotImplementedError

    def manual(self) -> str:
        """What `tcpkit COMMAND -h` shows."""
        raise NotImplementedError


class _Parser(argparse.ArgumentParser):
    """Reports errors as every other error of tcpkit."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError(message)


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Asking the terminal for its width takes 4 ms, and argparse prints nothing here."""
    return argparse.HelpFormatter(prog, width=80)


def command_of(arguments: Sequence[str]) -> str:
    """The command that a command line begins with; "" for the log."""
    return arguments[0] if arguments and arguments[0] in COMMANDS else ""


def parser_of(command: str) -> argparse.ArgumentParser:
    """The options of `command`, unchecked."""
    parser = _Parser(prog="tcpkit", add_help=False, allow_abbrev=False, formatter_class=_formatter)
    add = parser.add_argument
    add("-i", "--interface")
    add("-r", "--read", action="append", default=[])
    add("-m", "--mode", default="raw")
    add("-p", "--port", default="")
    add("-s", "--server", default="")
    add("-t", "--threshold")
    add("--by")
    add("-P", "--stats-port", default=str(DEFAULT_STATS_PORT))
    add("--bind")
    add("--http")
    add("--otlp")
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
    add("--explain", action="store_true")
    add("--timeout", default=str(DEFAULT_TIMEOUT_S))
    add("-q", "--quiet", action="store_true")
    add("-v", "--version", action="store_true")
    add("-h", "--help", action="store_true")
    if command:
        options_of(command).add_options(parser)
    return parser


def options_of(command: str) -> "CommandOptions":
    """What knows the options of `command`; imported when it is asked for."""
    options = importlib.import_module(COMMANDS[command]).OPTIONS
    assert isinstance(options, CommandOptions)
    return options


def parse(arguments: Sequence[str]) -> Config:
    """The run that `arguments` ask for. Raises ConfigError for a wrong command line."""
    command = command_of(arguments)
    return checked(command, read_options(command, arguments))[0]


def read_options(command: str, arguments: Sequence[str]) -> argparse.Namespace:
    """The options as they were given. Raises ConfigError."""
    parser = parser_of(command)
    if command and options_of(command).brings_inputs:
        return parser.parse_intermixed_args(arguments[1:])  # files between options too
    return parser.parse_args(arguments[1:] if command else arguments)


def checked(command: str, options: argparse.Namespace) -> "tuple[Config, Script | None]":
    """The run that is asked for, with its script. Raises ConfigError, ScriptError."""
    from tcpkit import scripted
    from tcpkit.protocols.registry import modes

    _check_alone(options, bool(command) and options_of(command).brings_inputs)
    early = _with_script(options)
    script = None if early.script is None else scripted.load(early)
    if options.mode not in modes():
        raise ConfigError(
            f"unknown mode {options.mode!r}: {scripted.bringing(options.mode)}"
            f"choose from {', '.join(modes())}"
        )
    config = _whole(options, early)
    if options.http is not None:
        from tcpkit.http_options import with_http

        config = with_http(options.http, config, command)
    if options.otlp is not None:
        from tcpkit.otlp_options import with_otlp

        config = with_otlp(options.otlp, config, command)
    if command:
        config = options_of(command).checked(options, config)
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
    budget = number("--lua-budget", options.lua_budget, MIN_LUA_BUDGET, MAX_LUA_BUDGET)
    memory = number("--lua-memory", options.lua_memory, MIN_LUA_MEMORY_MIB, MAX_LUA_MEMORY_MIB)
    return Config(
        mode=options.mode,
        json=options.json,
        script=options.script,
        lua=options.lua,
        lua_jit=options.lua_jit,
        lua_budget=budget,
        lua_memory_mib=memory,
    )


def _check_alone(options: argparse.Namespace, brings_inputs: bool) -> None:
    """What is wrong whatever the mode is. Raises ConfigError."""
    if not brings_inputs and bool(options.interface) == bool(options.read):
        what = "only one of" if options.read else "one of"
        raise ConfigError(f"{what} -i (live) and -r (a capture file) is needed")
    if options.explain and options.daemon and not options.output:
        raise ConfigError("--explain needs a log: with -d give -o")
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
    if options.mode == RAW and options.by is not None:
        raise ConfigError("--by needs a protocol: choose one with -m")
    if options.mode == RAW and options.explain:
        raise ConfigError("--explain needs a protocol: choose one with -m")
    threshold = options.threshold
    return early._replace(
        interface=options.interface,
        files=tuple(options.read),
        ports=ports,
        servers=_addresses(options.server),
        by=() if options.by is None else _divisions(options.by),
        threshold_ns=None
        if threshold is None
        else decimal("-t", threshold, NS_PER_MS, 0, MAX_THRESHOLD_MS),
        stats_port=number("-P", options.stats_port, 0, 65535),
        bind=DEFAULT_BIND if options.bind is None else address("--bind", options.bind),
        write=options.write,
        buffer_kib=number("-B", options.buffer_size, 1, MAX_BUFFER_KIB),
        snaplen=number("--snaplen", options.snaplen, MIN_SNAPLEN, MAX_SNAPLEN),
        output=options.output,
        udp=options.udp,
        daemon=options.daemon,
        pidfile=options.pidfile,
        timeout_ns=decimal("--timeout", options.timeout, NS_PER_S, 0.001, MAX_TIMEOUT_S),
        quiet=options.quiet,
        explain=options.explain,
    )


def _same_path(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def number(option: str, text: str, least: int, most: int) -> int:
    """The whole number that `text` is. Raises ConfigError."""
    digits = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    if not digits or not least <= int(text) <= most:
        raise ConfigError(f"{option} takes a number from {least} to {most}, not {text!r}")
    return int(text)


def decimal(option: str, text: str, scale: int, least: float, most: float) -> int:
    """`text`, which may have decimals, in units of 1/`scale`, rounded. Raises ConfigError."""
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
        port = number("-p", part.strip(), 1, 65535)
        if port not in ports:
            ports.append(port)
    return tuple(ports)


def _divisions(text: str) -> tuple[str, ...]:
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if word not in DIVISIONS:
            raise ConfigError(f"--by takes {' and '.join(DIVISIONS)}, not {word!r}")
    return tuple(word for word in DIVISIONS if word in words)


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(address("-s", part.strip()) for part in text.split(",")) if text else ()


def address(option: str, text: str) -> str:
    """The address in its normal form, as the packets' addresses are written."""
    import ipaddress  # at 2 ms a start, only where it is needed

    try:
        found = ipaddress.ip_address(text)
        if "%" not in text:
            return str(found)
    except ValueError:
        pass
    raise ConfigError(f"{option} takes a numeric address, not {text!r}")
