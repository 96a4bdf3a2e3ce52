"""How fast the installed tcpkit is, and what that is compared to: `python -m benchmarks`."""
