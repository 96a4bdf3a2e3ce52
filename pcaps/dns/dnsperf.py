"""dnsperf with some hundred queries over UDP, then TCP: many clients, many ids, one name each."""

from pcaps.dns_client import run
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import SERVER_HOST, Lab

QUERIES = 100


def make(lab: Lab) -> None:
    hosts = [f"h{number} A 192.0.2.{number}" for number in range(40)]
    serve_nsd(lab, {"example.": zone("example.", *hosts)})
    questions = lab.folder() / "questions"
    lines = [f"h{n % 50}.example {('A', 'AAAA', 'TXT')[n % 3]}" for n in range(QUERIES)]
    questions.write_text("\n".join((*lines, "")))
    with lab.capture(only=DNS_TRAFFIC):
        for mode in ("udp", "tcp"):
            command = ["dnsperf", "-s", SERVER_HOST, "-m", mode, "-d", str(questions), "-n", "1"]
            said = run(*command, "-c", "4", "-q", "20")
            assert f"Queries completed:    {QUERIES} " in said, said
