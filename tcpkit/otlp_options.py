"""The option `--otlp URL`."""

import os
from typing import Final

from tcpkit.config import Config
from tcpkit.errors import ConfigError
from tcpkit.export.otlp import check_installed, endpoint_of, interval_s
from tcpkit.protocols.registry import RAW

OPTION: Final = "--otlp"


def with_otlp(url: str, config: Config, command: str) -> Config:
    """`config` with the option, if it goes with the rest. Raises ConfigError."""
    if command:
        raise ConfigError(f"{command} does not take {OPTION}")
    if config.mode == RAW:
        raise ConfigError(f"{OPTION} needs a protocol: choose one with -m")
    check_installed()
    interval_s(os.environ)
    return config._replace(otlp=endpoint_of(url))
