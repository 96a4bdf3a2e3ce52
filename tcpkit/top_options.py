"""The options of `tcpkit top`."""

import argparse
import sys
from typing import Final

from tcpkit.config import Config, TopOptions
from tcpkit.errors import ConfigError
from tcpkit.metrics.top_row import SORTS, VIEWS
from tcpkit.options import NS_PER_S, CommandOptions, decimal, number
from tcpkit.protocols.registry import RAW

TEXT_ROWS: Final = 20
JSON_ROWS: Final = 100
MAX_ROWS: Final = 1_000_000
MIN_INTERVAL_S, MAX_INTERVAL_S = 0.1, 86_400
MAX_RATE: Final = 1e15
_MICRO: Final = 1_000_000  # a rate may have so many decimals


class Options(CommandOptions):
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("--once", action="store_true")
        add("--interval")
        add("--view", default=VIEWS[0])
        add("--sort", default=SORTS[0])
        add("--rows")
        add("--min-rate")
        add("--min-bytes-rate")
        parser.set_defaults(stats_port="0")  # another tcpkit may serve them already

    def checked(self, options: argparse.Namespace, config: Config) -> Config:
        if config.mode == RAW:
            raise ConfigError("top needs a protocol: choose one with -m")
        if options.threshold is not None:
            raise ConfigError("-t is not for top, which counts every request")
        if config.explain:
            raise ConfigError("--explain is not for top, which shows no single request")
        if options.once and options.interval is not None:
            raise ConfigError("only one of --once and --interval")
        interval_ns = 0
        if options.interval is not None:
            interval_ns = decimal(
                "--interval", options.interval, NS_PER_S, MIN_INTERVAL_S, MAX_INTERVAL_S
            )
        top = TopOptions(
            view=_one_of("--view", options.view, VIEWS),
            sort=_one_of("--sort", options.sort, SORTS),
            rows=_rows(options.rows, config.json),
            once=options.once,
            interval_ns=interval_ns,
            min_rate=_rate("--min-rate", options.min_rate),
            min_bytes_rate=_rate("--min-bytes-rate", options.min_bytes_rate),
        )
        return config._replace(top=_placed(top, config))

    def manual(self) -> str:
        from tcpkit.top_manual import MANUAL

        return MANUAL


def _placed(top: TopOptions, config: Config) -> TopOptions:
    """Where there is no terminal, a file's screen is one report. Raises ConfigError."""
    if config.daemon and not (top.interval_ns and config.output is not None):
        raise ConfigError("top -d needs --interval and -o: nobody sees its screen")
    if not top.screen:
        return top
    if config.output is not None or config.json:
        if config.files:
            return top._replace(once=True)
        what = "-o" if config.output is not None else "-j"
        raise ConfigError(f"top {what} needs --once or --interval: its screen is for a terminal")
    if _is_terminal():
        return top
    if config.files:
        return top._replace(once=True)
    raise ConfigError("top -i needs --once or --interval where its output is no terminal")


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _one_of(option: str, text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise ConfigError(f"{option} takes one of {', '.join(choices)}, not {text!r}")
    return text


def _rows(text: str | None, json: bool) -> int:
    if text is None:
        return JSON_ROWS if json else TEXT_ROWS
    return number("--rows", text, 1, MAX_ROWS)


def _rate(option: str, text: str | None) -> float:
    if text is None:
        return 0.0
    return decimal(option, text, _MICRO, 1 / _MICRO, MAX_RATE) / _MICRO


OPTIONS: Final = Options()
