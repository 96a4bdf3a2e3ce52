"""A run that ends in a page: the files are read, then it is written."""

from typing import TYPE_CHECKING

from tcpkit import offline
from tcpkit.capture.reader import protect_inputs
from tcpkit.config import Config, ReportOptions
from tcpkit.pipeline import Pipeline, tell
from tcpkit.sinks.units import amount
from tcpkit.whole_file import WholeFile

if TYPE_CHECKING:
    from tcpkit.script.script import Script


class _Writer(offline.Look):
    """Writes the page of what was read."""

    wants_all = True

    def __init__(self, file: WholeFile, title: str, quiet: bool) -> None:
        self._file = file
        self._title = title
        self._quiet = quiet

    def show(self, pipeline: Pipeline, packets: int, problem: str) -> None:
        from tcpkit.page import report_page

        overview, table = pipeline.overview, pipeline.table
        assert overview is not None and table is not None
        page = report_page(overview.model(int(table.now_ns)), self._title, problem)
        self._file.write(page)
        if not self._quiet:
            tell(f"tcpkit: {self._file.name}: {amount(len(page))} written")


def run(config: Config, options: ReportOptions, script: "Script | None" = None) -> int:
    """The exit status. Raises TcpkitError."""
    if options.output is not None:
        protect_inputs(options.output, config.files)
    file = WholeFile(options.output)
    try:
        return offline.run(config, script, _Writer(file, options.title, config.quiet))
    finally:
        file.abandon()
