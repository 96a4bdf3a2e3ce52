"""A zone that changes: NOTIFY to the secondary, which fetches the difference over TCP."""

from pcaps.dns_client import run
from pcaps.dns_servers import DNS_TRAFFIC, serve_named, serve_nsd, zone
from pcaps.lab import CLIENT_HOST, SERVER_HOST, Lab


def change(record: str) -> None:
    text = f"server {CLIENT_HOST}\nupdate add {record}\nsend\n"
    said = run("nsupdate", text=text)
    assert not said, said


def make(lab: Lab) -> None:
    """The primary stands on the client's host: both hosts are servers, and both ask."""
    text = zone("example.", "www A 192.0.2.1")
    primary = (
        f"notify explicit; also-notify {{ {SERVER_HOST}; }}; notify-delay 0;",
        f"notify-source {CLIENT_HOST};",
    )
    serve_named(lab, {"example.": text}, host="client", zone_options=primary)
    # The file is not there: it fetches the whole zone when it starts.
    with lab.capture(only=DNS_TRAFFIC):
        secondary = (
            f"allow-notify: {CLIENT_HOST} NOKEY",
            f"request-xfr: {CLIENT_HOST} NOKEY",
        )
        serve_nsd(lab, {"example.": ""}, zone_options=secondary)
        lab.pause(1.5)
        for number in range(3):
            change(f"new{number}.example 300 A 192.0.2.{number}")
            lab.pause(1.5)
