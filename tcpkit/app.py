"""Starts the run that the command line asks for."""

from tcpkit.config import Config


def run(config: Config) -> int:
    """The exit status. Raises TcpkitError."""
    if config.files:
        from tcpkit.offline import run as run_offline

        return run_offline(config)
    if config.daemon:
        from tcpkit.daemon import run as run_daemon

        return run_daemon(config)
    from tcpkit.online import run as run_online

    return run_online(config)
