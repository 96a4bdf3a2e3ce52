"""The command line of `tcpkit report`."""

import argparse
import os
from typing import Final

from tcpkit.config import Config, ReportOptions
from tcpkit.errors import ConfigError
from tcpkit.options import CommandOptions
from tcpkit.protocols.registry import RAW

NO_SERVER: Final = "0"  # there is no stats server
STDOUT: Final = "-"


class _ReportCommand(CommandOptions):
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--title", default="")
        parser.set_defaults(stats_port=NO_SERVER)

    def checked(self, options: argparse.Namespace, config: Config) -> Config:
        _refuse_others(options, config)
        output = config.output
        if output is None and _is_terminal(1):
            raise ConfigError("report writes a page: say where with -o FILE")
        report = ReportOptions(
            output=None if output == STDOUT else output,
            title=options.title or _title(config),
        )
        # The log's output is none; reasons are half of what a report is for.
        return config._replace(report=report, output=None, explain=True)

    def manual(self) -> str:
        from tcpkit.report_manual import MANUAL

        return MANUAL


OPTIONS: Final = _ReportCommand()


def _refuse_others(options: argparse.Namespace, config: Config) -> None:
    """What a page of a capture file has no use for."""
    if config.interface is not None:
        raise ConfigError("report reads capture files: give -r, and not -i")
    if config.mode == RAW:
        raise ConfigError("report needs a protocol: choose one with -m")
    given = {
        "-d": config.daemon,
        "-j": config.json,
        "--bind": options.bind is not None,
        "-P": config.stats_port != 0,
    }
    for option, is_given in given.items():
        if is_given:
            raise ConfigError(f"report does not take {option}")


def _title(config: Config) -> str:
    names = ", ".join(os.path.basename(path) for path in config.files)
    return f"{config.mode.capitalize()} latency: {names}"


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False
