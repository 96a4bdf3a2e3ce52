"""What `--http` serves of a run on an interface."""

import time
from typing import TYPE_CHECKING, Final

import orjson

from tcpkit import __version__
from tcpkit.metrics.series import BOUNDS_NS
from tcpkit.server.http_answer import HTML, JSON, TEXT, Answer, answer
from tcpkit.server.http_counts import HttpCounts
from tcpkit.server.http_route import Make, Route, fixed
from tcpkit.server.http_server import HttpServer
from tcpkit.server.metrics_snapshot import Snapshot, latencies_of
from tcpkit.sinks.summary import pairing_numbers

if TYPE_CHECKING:
    from tcpkit.online import Online
    from tcpkit.server.exposition import Exposition

# What /stats.json leaves out: names and texts of single requests, and what only a page draws.
PRIVATE: Final = ("clients", "keys", "timeline", "slowest", "slow_by")


def server_of(run: "Online") -> HttpServer:
    """A server that does not listen yet."""
    from tcpkit.page import CONTENT_SECURITY_POLICY, live_page

    about = _Run(run)
    routes = {
        "/": fixed(answer(HTML, live_page(), CONTENT_SECURITY_POLICY)),
        "/metrics": Route(about.metrics),
        "/stats.json": Route(about.stats),
        "/overview.json": Route(about.overview),
        "/healthz": fixed(answer(TEXT, b"ok\n")),
    }
    server = HttpServer(routes)
    about.counts = server.counts
    return server


class _Run:
    """Takes the numbers, in the event loop."""

    def __init__(self, run: "Online") -> None:
        self._run = run
        self._begin_s = time.time()
        self.counts = HttpCounts()
        self._exposition: Exposition | None = None  # made when Prometheus comes for the first time

    def metrics(self) -> Make:
        snapshot = self._snapshot()

        def make() -> Answer:
            from tcpkit.server.exposition import CONTENT_TYPE, Exposition

            if self._exposition is None:
                self._exposition = Exposition()
            return answer(CONTENT_TYPE, self._exposition.text(snapshot))

        return make

    def stats(self) -> Make:
        model = self._model()
        return _json({name: value for name, value in model.items() if name not in PRIVATE})

    def overview(self) -> Make:
        overview = self._run.pipeline.overview
        assert overview is not None
        overview.look(self._run.captured_ns())
        model = self._model()

        def make() -> Answer:
            from tcpkit.page import live_model

            return answer(JSON, orjson.dumps(live_model(model)))

        return make

    def _model(self) -> dict[str, object]:
        overview = self._run.pipeline.overview
        assert overview is not None
        return overview.model(self._run.captured_ns())

    def _snapshot(self) -> Snapshot:
        run = self._run
        pipeline = run.pipeline
        series, table, pairing = pipeline.series, pipeline.table, pipeline.pairing
        assert series is not None and table is not None
        wire = pipeline.decoder.counts
        return Snapshot(
            version=__version__,
            mode=run.config.mode,
            interface=str(run.config.interface),
            begin_s=self._begin_s,
            bounds_ns=BOUNDS_NS,
            latencies=latencies_of(series.rows()),
            unanswered=series.unanswered(),
            packets=run.capture.packets,
            bytes=run.capture.bytes,
            dropped=run.losses(),
            connections=int(table.counts.connections),
            open_connections=len(table),
            exact=int(pairing.exact),
            inferred=int(pairing.inferred),
            pairing=pairing_numbers(pairing),
            unpaired=dict(pairing.unpaired),
            rooms={"wire": wire.numbers(), "flow": table.counts.numbers()},
            http_codes=dict(self.counts.codes),
            http_clients=self.counts.clients(),
        )


def _json(model: dict[str, object]) -> Make:
    return lambda: answer(JSON, orjson.dumps(model, option=orjson.OPT_APPEND_NEWLINE))
