"""curl and nginx, one request after the other: methods, queries, 204, 304, 301, 404, IPv6."""

from pcaps.http_client import NGINX, curl
from pcaps.http_servers import start_nginx
from pcaps.lab import SERVER_HOST, SERVER_HOST_6, Lab

SITE = f"http://{SERVER_HOST}"


def make(lab: Lab) -> None:
    start_nginx(lab)
    with lab.capture(only=NGINX):
        curl(f"{SITE}/hello.txt", f"{SITE}/text?q=lua+script&page=2", f"{SITE}/nothing")
        curl("-I", f"{SITE}/large.txt", f"{SITE}/hello.txt")
        curl("-z", "Sun, 09 Sep 2001 01:46:40 GMT", f"{SITE}/hello.txt")
        curl("-L", f"{SITE}/moved")
        curl("-d", "name=value", f"{SITE}/text", f"{SITE}/hello.txt")
        curl("-X", "DELETE", f"{SITE}/hello.txt")
        curl("-r", "0-9", f"{SITE}/large.txt")
        curl("-0", f"{SITE}/hello.txt")
        curl("-H", "Host: Shop.Example:8081", f"{SITE}/missing", f"{SITE}/missing#part")
        curl("--globoff", f"http://[{SERVER_HOST_6}]/hello.txt")
