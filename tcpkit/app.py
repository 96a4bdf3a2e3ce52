"""Starts the run that the command line asks for."""

from typing import TYPE_CHECKING

from tcpkit.config import Config

if TYPE_CHECKING:
    from tcpkit.script.script import Script


def run(config: Config, script: "Script | None" = None) -> int:
    """The exit status. Raises TcpkitError."""
    if config.top is not None and config.top.screen:
        from tcpkit.on_screen import run as run_on_screen

        return run_on_screen(config, script)
    if config.report is not None:
        from tcpkit.report_offline import run as run_report

        return run_report(config, config.report, script)
    if config.compare is not None:
        from tcpkit.compare_offline import run as run_compare

        return run_compare(config, config.compare)
    if config.files:
        from tcpkit.offline import run as run_offline

        return run_offline(config, script)
    if config.daemon:
        from tcpkit.daemon import run as run_daemon

        return run_daemon(config, script)
    from tcpkit.online import run as run_online

    return run_online(config, script=script)
