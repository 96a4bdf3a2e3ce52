"""`top` on a terminal: a run of `online` or `offline` with a screen in front of it."""

import os
from typing import TYPE_CHECKING, Final

from tcpkit.config import Config
from tcpkit.errors import ConfigError

if TYPE_CHECKING:
    from tcpkit.script.script import Script

_KEYBOARD: Final = 0  # standard input
_TERMINAL: Final = 1
_OTHERWISE: Final = "use --once or --interval"


def run(config: Config, script: "Script | None" = None) -> int:
    """The exit status. Raises TcpkitError, and ConfigError where there is no terminal."""
    if "-" in config.files:
        raise ConfigError(f"-r - takes the standard input, where top has its keys: {_OTHERWISE}")
    if not os.isatty(_KEYBOARD) or not os.isatty(_TERMINAL):
        raise ConfigError(
            f"the screen of top needs a terminal as standard input and output: {_OTHERWISE}"
        )
    if config.files:
        from tcpkit.screen_offline import run as run_offline

        return run_offline(config, script)
    from tcpkit.screen_online import run as run_online

    return run_online(config, script)
