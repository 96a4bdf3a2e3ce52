"""The command line of `tcpkit trace`."""

import argparse
from typing import Final

from tcpkit.config import Config, TraceOptions
from tcpkit.errors import ConfigError
from tcpkit.options import CommandOptions, address, number
from tcpkit.protocols.registry import RAW

NO_SERVER: Final = "0"  # there is no stats server


class _TraceCommand(CommandOptions):
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--tcp", action="store_true")
        parser.add_argument("--client", default="")
        parser.add_argument("--key", default="")
        parser.add_argument("--command", default="")
        parser.set_defaults(stats_port=NO_SERVER)

    def checked(self, options: argparse.Namespace, config: Config) -> Config:
        _refuse_others(options, config)
        trace = TraceOptions(
            tcp=options.tcp,
            clients=tuple(_client(part.strip()) for part in _parts(options.client)),
            key=options.key,
            commands=tuple(_command(part) for part in _parts(options.command)),
        )
        return config._replace(trace=trace)

    def manual(self) -> str:
        from tcpkit.trace_manual import MANUAL

        return MANUAL


OPTIONS: Final = _TraceCommand()


def _refuse_others(options: argparse.Namespace, config: Config) -> None:
    """What goes with the log only."""
    if config.mode == RAW:
        raise ConfigError("trace needs a protocol: choose one with -m")
    given = {
        "-d": config.daemon,
        "--bind": options.bind is not None,
        "-P": config.stats_port != 0,
    }
    for option, is_given in given.items():
        if is_given:
            raise ConfigError(f"trace does not take {option}")


def _parts(text: str) -> list[str]:
    return text.split(",") if text else []


def _command(text: str) -> str:
    """A name with single blanks, in upper case."""
    words = text.split()
    if not words:
        raise ConfigError("--command takes names of commands, comma separated")
    return " ".join(words).upper()


def _client(text: str) -> tuple[str, int]:
    """`10.0.0.1`, `10.0.0.1:53499`, `::1`, `[::1]:53499`."""
    host, port = text, ""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ConfigError(f"--client takes ADDR or ADDR:PORT, not {text!r}")
        port = rest[1:] if rest else ""
        if rest == ":":
            raise ConfigError(f"--client takes ADDR or ADDR:PORT, not {text!r}")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
        number("--client", port, 1, 65535)
    return address("--client", host), number("--client", port, 1, 65535) if port else 0
