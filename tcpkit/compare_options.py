"""The command line of `tcpkit compare`."""

import argparse
from typing import Final

from tcpkit.config import CompareOptions, Config
from tcpkit.errors import ConfigError
from tcpkit.options import CommandOptions, number
from tcpkit.protocols.registry import RAW

PAGE_ENDINGS: Final = (".html", ".htm")
MIN_RESAMPLES, MAX_RESAMPLES = 100, 100_000
MAX_SEED: Final = 999_999_999_999
DEFAULT_RESAMPLES: Final = "1000"
DEFAULT_SEED: Final = "1"


class Options(CommandOptions):
    brings_inputs = True

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("captures", nargs="*")
        parser.add_argument("--resamples", default=DEFAULT_RESAMPLES)
        parser.add_argument("--seed", default=DEFAULT_SEED)
        parser.set_defaults(stats_port="0")  # there is no stats server

    def checked(self, options: argparse.Namespace, config: Config) -> Config:
        captures = tuple(options.captures)
        if len(captures) != 2:
            raise ConfigError(f"compare takes two capture files, A and B, not {len(captures)}")
        if captures == ("-", "-"):
            raise ConfigError("only one of A and B can be standard input")
        if config.mode == RAW:
            raise ConfigError("compare needs a protocol: choose one with -m")
        _refuse_others(options, config)
        output = config.output
        is_page = output is not None and output.lower().endswith(PAGE_ENDINGS)
        compare = CompareOptions(
            page=output if is_page else None,
            resamples=number("--resamples", options.resamples, MIN_RESAMPLES, MAX_RESAMPLES),
            seed=number("--seed", options.seed, 0, MAX_SEED),
        )
        return config._replace(files=captures, output=None if is_page else output, compare=compare)

    def manual(self) -> str:
        from tcpkit.compare_manual import MANUAL

        return MANUAL


OPTIONS: Final = Options()


def _refuse_others(options: argparse.Namespace, config: Config) -> None:
    """What goes with the log only."""
    given = {
        "-i": config.interface is not None,
        "-r": bool(options.read),
        "-t": options.threshold is not None,
        "--by": options.by is not None,
        "--explain": config.explain,
        "-S": config.script is not None,
        "-w": config.write is not None,
        "-d": config.daemon,
        "--pidfile": config.pidfile is not None,
        "--bind": options.bind is not None,
        "-P": config.stats_port != 0,
    }
    for option, is_given in given.items():
        if is_given:
            raise ConfigError(f"compare does not take {option}")
