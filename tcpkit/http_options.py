"""The option `--http [ADDR:]PORT`."""

from typing import Final

from tcpkit.config import Config
from tcpkit.errors import ConfigError
from tcpkit.options import address, number
from tcpkit.protocols.registry import RAW
from tcpkit.wire.address import endpoint_text

OPTION: Final = "--http"
LOOPBACK: Final = "127.0.0.1"
_ANY: Final = ("0.0.0.0", "::")


def endpoint(text: str) -> tuple[str, int]:
    """`9100`, `0.0.0.0:9100`, `[::1]:9100`. Raises ConfigError."""
    host, colon, port = text.rpartition(":")
    if not colon:
        return LOOPBACK, number(OPTION, port, 1, 65535)
    bracketed = host.startswith("[") and host.endswith("]")
    if bracketed != (":" in host):
        raise ConfigError(f"{OPTION} takes PORT, ADDR:PORT or [ADDR]:PORT, not {text!r}")
    inner = host[1:-1] if bracketed else host
    return address(OPTION, inner), number(OPTION, port, 1, 65535)


def with_http(text: str, config: Config, command: str) -> Config:
    """`config` with the option, if it goes with the rest. Raises ConfigError."""
    if command:
        raise ConfigError(f"{command} does not take {OPTION}")
    if config.interface is None:
        raise ConfigError(f"{OPTION} needs -i: a file has an end")
    if config.mode == RAW:
        raise ConfigError(f"{OPTION} needs a protocol: choose one with -m")
    host, port = endpoint(text)
    if port == config.stats_port and _overlap(host, config.bind):
        stats = endpoint_text(config.bind, port)
        raise ConfigError(
            f"{OPTION} {endpoint_text(host, port)} is taken by the stats port, {stats}: see -P"
        )
    return config._replace(http=(host, port))


def _overlap(one: str, other: str) -> bool:
    """Whether two servers on one port would meet.

    >>> _overlap("127.0.0.1", "0.0.0.0"), _overlap("::1", "0.0.0.0"), _overlap("::", "::1")
    (True, False, True)
    """
    if one == other:
        return True
    return (one in _ANY or other in _ANY) and (":" in one) == (":" in other)
