"""Sends the series to a collector by OTLP/HTTP, with the exporter of the OpenTelemetry SDK."""

import importlib.util
import logging
import socket
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tcpkit import __version__
from tcpkit.errors import ConfigError, TcpkitError
from tcpkit.export.otlp_data import Snapshot, metrics_of

if TYPE_CHECKING:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

PATH: Final = "/v1/metrics"
TIMEOUT_S: Final = 5.0  # for an export, all tries together
INTERVAL_S: Final = 10.0  # between two exports of a live run


def endpoint_of(url: str) -> str:
    """Where the metrics go: a collector's address gets the path of the protocol.

    Raises ConfigError for what is no URL of http or https.

    >>> endpoint_of("http://localhost:4318"), endpoint_of("https://otel/v1/metrics")
    ('http://localhost:4318/v1/metrics', 'https://otel/v1/metrics')
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"--otlp takes a URL as http://localhost:4318, not {url!r}")
    return url if parts.path.endswith(PATH) else url.rstrip("/") + PATH


def check_installed() -> None:
    """Raises ConfigError where the SDK is missing."""
    has_any = importlib.util.find_spec("opentelemetry") is not None
    if not has_any or importlib.util.find_spec("opentelemetry.exporter") is None:
        raise ConfigError("--otlp needs the OpenTelemetry SDK: pip install 'tcpkit[otlp]'")


class _LastWord(logging.Handler):
    """Keeps what the exporter says of a failure."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()


class Otlp:
    """`send` waits for the collector, so live it belongs into a thread; one at a time."""

    def __init__(self, url: str) -> None:
        self.endpoint = endpoint_of(url)
        self.sent = 0  # exports that the collector took
        self.failed = 0
        self._exporter: OTLPMetricExporter | None = None
        self._word = _LastWord()

    def send(self, snapshot: Snapshot) -> None:
        """Raises TcpkitError where the collector does not take it."""
        from opentelemetry.sdk.metrics.export import MetricExportResult

        exporter = self._exporter
        if exporter is None:
            exporter = self._exporter = self._made()
        resource = {
            "service.name": "tcpkit",
            "service.version": __version__,
            "host.name": socket.gethostname(),
        }
        result = exporter.export(metrics_of(snapshot, resource, __version__))
        if result is not MetricExportResult.SUCCESS:
            self.failed += 1
            reason = " ".join(self._word.text.split()) or "no reason given"
            raise TcpkitError(f"cannot send to {self.endpoint}: {reason}")
        self.sent += 1

    def close(self) -> None:
        if self._exporter is not None:
            self._exporter.shutdown()

    def _made(self) -> "OTLPMetricExporter":
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

        logger = logging.getLogger("opentelemetry")
        logger.addHandler(self._word)
        logger.propagate = False
        return OTLPMetricExporter(endpoint=self.endpoint, timeout=TIMEOUT_S)
