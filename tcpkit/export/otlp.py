"""Sends the series to a collector by OTLP/HTTP, with the exporter of the OpenTelemetry SDK."""

import importlib.util
import logging
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tcpkit.errors import ConfigError, TcpkitError
from tcpkit.export.otlp_data import Snapshot, metrics_of

if TYPE_CHECKING:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

PATH: Final = "/v1/metrics"
TIMEOUT_S: Final = 5.0  # for an export, all tries together
INTERVAL_S: Final = 10.0  # between two exports of a live run
INTERVAL_VARIABLE: Final = "OTEL_METRIC_EXPORT_INTERVAL"  # the SDK's own, in milliseconds
MIN_INTERVAL_S: Final = 0.1
MAX_DIGITS: Final = 9


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


def interval_s(variables: Mapping[str, str]) -> float:
    """Between two exports, by the environment. Raises ConfigError.

    >>> interval_s({}), interval_s({"OTEL_METRIC_EXPORT_INTERVAL": "60000"})
    (10.0, 60.0)
    """
    text = variables.get(INTERVAL_VARIABLE, "")
    if not text:
        return INTERVAL_S
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise ConfigError(f"{INTERVAL_VARIABLE} takes milliseconds, not {text!r}")
    return max(int(text) / 1000, MIN_INTERVAL_S)


def check_installed() -> None:
    """Raises ConfigError where the SDK is missing."""
    has_any = importlib.util.find_spec("opentelemetry") is not None
    if not has_any or importlib.util.find_spec("opentelemetry.exporter") is None:
        raise ConfigError("--otlp needs the OpenTelemetry SDK: pip install 'tcpkit[otlp]'")


class _Reason(logging.Handler):
    """Keeps what the exporter says of a failure: the error behind it, where there is one."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""
        self._is_cause = False

    def clear(self) -> None:
        self.text = ""
        self._is_cause = False

    def emit(self, record: logging.LogRecord) -> None:
        arguments = record.args if isinstance(record.args, tuple) else ()
        causes = [each for each in arguments if isinstance(each, Exception)]
        if causes:
            self.text = _innermost(causes[0]).rpartition(": ")[2]
            self._is_cause = True
        elif not self._is_cause:
            self.text = record.getMessage()


def _innermost(error: object) -> str:
    """The text of the error that the others are about."""
    while isinstance(error, Exception):
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        if not isinstance(inner, Exception):
            break
        error = inner
    return str(error)


class Otlp:
    """`send` waits for the collector, so live it belongs into a thread; one at a time."""

    def __init__(self, url: str, version: str) -> None:
        self._version = version
        self.endpoint = endpoint_of(url)
        self.sent = 0  # exports that the collector took
        self.failed = 0
        self._exporter: OTLPMetricExporter | None = None
        self._reason = _Reason()

    def send(self, snapshot: Snapshot) -> None:
        """Raises TcpkitError where the collector does not take it."""
        from opentelemetry.sdk.metrics.export import MetricExportResult

        exporter = self._exporter
        if exporter is None:
            exporter = self._exporter = self._made()
        resource = {
            "service.name": "tcpkit",
            "service.version": self._version,
            "host.name": socket.gethostname(),
        }
        self._reason.clear()
        result = exporter.export(metrics_of(snapshot, resource, self._version))
        if result is not MetricExportResult.SUCCESS:
            self.failed += 1
            reason = " ".join(self._reason.text.split()) or "no reason given"
            raise TcpkitError(f"cannot send to {self.endpoint}: {reason}")
        self.sent += 1

    def close(self) -> None:
        if self._exporter is not None:
            self._exporter.shutdown()

    def _made(self) -> "OTLPMetricExporter":
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

        logger = logging.getLogger("opentelemetry")
        logger.addHandler(self._reason)
        logger.propagate = False
        return OTLPMetricExporter(endpoint=self.endpoint, timeout=TIMEOUT_S)
