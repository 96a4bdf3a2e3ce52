"""Starts the run that the command line asks for."""

from typing import TYPE_CHECKING

from tcpkit.config import Config
from tcpkit.errors import ConfigError

if TYPE_CHECKING:
    from tcpkit.script.script import Script


def run(config: Config, script: "Script | None" = None) -> int:
    """The exit status. Raises TcpkitError."""
    if config.top is not None and config.top.screen:
        return _on_screen(config, script)
    if config.files:
        from tcpkit.offline import run as run_offline

        return run_offline(config, script)
    if config.daemon:
        from tcpkit.daemon import run as run_daemon

        return run_daemon(config, script)
    from tcpkit.online import run as run_online

    return run_online(config, script=script)


def _on_screen(config: Config, script: "Script | None") -> int:
    """`top` on a terminal. Raises TcpkitError."""
    raise ConfigError("top has no screen yet: use --once or --interval")
