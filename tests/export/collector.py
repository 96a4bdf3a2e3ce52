"""A collector that speaks OTLP/HTTP: it keeps what it is sent, as the protocol's own messages."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

Attributes = dict[str, str | int]


class Collector(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[ExportMetricsServiceRequest] = []
        self.paths: list[str] = []
        self.came = threading.Condition()
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def metrics(self) -> dict[str, Metric]:
        """Those of the last request."""
        scopes = [
            scope for each in self.requests[-1].resource_metrics for scope in each.scope_metrics
        ]
        return {metric.name: metric for scope in scopes for metric in scope.metrics}

    def resource(self) -> Attributes:
        return attributes_of(self.requests[-1].resource_metrics[0].resource.attributes)


class Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        request = ExportMetricsServiceRequest.FromString(body)
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/x-protobuf")
        self.end_headers()
        self.wfile.write(ExportMetricsServiceResponse().SerializeToString())
        with self.server.came:
            self.server.paths.append(self.path)
            self.server.requests.append(request)
            self.server.came.notify_all()

    def log_message(self, format: str, *args: object) -> None:
        pass


def attributes_of(pairs: "Iterator[KeyValue] | list[KeyValue]") -> Attributes:
    found: Attributes = {}
    for pair in pairs:
        value = pair.value
        found[pair.key] = (
            value.int_value if value.WhichOneof("value") == "int_value" else value.string_value
        )
    return found


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()
    thread = threading.Thread(target=collector.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.shutdown()
        collector.server_close()
        thread.join()
