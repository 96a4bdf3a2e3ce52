"""A latency tracer: what did each request to a server cost, seen from the wire."""

__version__ = "0.1.0"
