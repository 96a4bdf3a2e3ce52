"""Updates by nsupdate and knsupdate, over UDP and TCP: done, and refused for every reason."""

from pcaps.dns_client import run
from pcaps.dns_servers import DNS_TRAFFIC, serve_named, zone
from pcaps.lab import SERVER_HOST, SERVER_HOST_6, Lab

DONE = (
    ("update add a.example 300 A 192.0.2.1", "update add a.example 300 A 192.0.2.2"),
    ("prereq yxrrset a.example A", "update delete a.example A 192.0.2.1"),
    ("prereq nxdomain b.example", "update add b.example 300 TXT text"),
    ("update delete b.example",),
)
FAILED = (
    ("prereq nxdomain www.example", "update delete www.example"),
    ("prereq yxdomain nowhere.example", "update delete www.example"),
    ("prereq nxrrset www.example A", "update delete www.example"),
    ("prereq yxrrset www.example MX", "update delete www.example"),
    ("zone elsewhere.test", "update add a.elsewhere.test 300 A 192.0.2.1"),
    ("zone example", "update add a.elsewhere.test 300 A 192.0.2.1"),
)


def make(lab: Lab) -> None:
    serve_named(lab, {"example.": zone("example.", "www A 192.0.2.1")})
    with lab.capture(only=DNS_TRAFFIC):
        for lines in (*DONE, *FAILED):
            text = "\n".join((f"server {SERVER_HOST}", *lines, "send", ""))
            run("nsupdate", text=text)
        for lines in (DONE[0], DONE[3], FAILED[0]):
            text = "\n".join((f"server {SERVER_HOST_6}", *lines, "send", ""))
            run("nsupdate", "-v", text=text)
        text = "\n".join((f"server {SERVER_HOST}", "zone example", *DONE[0], "send", ""))
        run("knsupdate", text=text)
