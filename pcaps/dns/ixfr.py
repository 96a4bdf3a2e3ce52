"""Incremental transfers of named, over TCP and UDP: differences, nothing new, the whole zone."""

from pcaps.dns_client import dig, kdig, run
from pcaps.dns_servers import DNS_TRAFFIC, serve_named, zone
from pcaps.lab import SERVER_HOST, Lab


def change(*lines: str) -> None:
    said = run("nsupdate", text="\n".join((f"server {SERVER_HOST}", *lines, "send", "")))
    assert not said, said


def make(lab: Lab) -> None:
    hosts = [f"h{number} A 192.0.2.{number}" for number in range(100)]
    serve_named(lab, {"example.": zone("example.", *hosts)})
    for number in range(10):
        change(f"update add new{number}.example 300 A 192.0.2.{100 + number}")
    change("update delete h1.example", "update add h1.example 300 AAAA 2001:db8::1")
    with lab.capture(only=DNS_TRAFFIC):
        # From each of the serials: 12 is the newest.
        for serial in (1, 6, 11, 12):
            dig(f"ixfr={serial}", "example")
        dig("ixfr=999", "example")
        dig("+notcp", "ixfr=12", "example")
        dig("+notcp", "ixfr=11", "example")
        dig("+notcp", "ixfr=1", "example")
        kdig("example", "-t", "IXFR=11")
        # A serial that named knows nothing of: the answer is the whole zone.
        dig("ixfr=4000000000", "example")
