"""Answers of DNS beside their questions are what dnspython reads in the same datagrams."""

import dns.flags
import dns.message
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dpkt
import pytest

from tests.trace.traced import PCAPS, events
from tests.truth.dns import Message, read, shown_name

LIMIT = 128


def answers(capture: str) -> dict[tuple[str, int], list[bytes]]:
    """The datagrams that servers sent, by client and id."""
    found: dict[tuple[str, int], list[bytes]] = {}
    for packet in read(PCAPS / capture):
        udp = packet.ip.data
        if isinstance(udp, dpkt.udp.UDP) and udp.sport == 53:
            data = bytes(udp.data)
            address = dpkt.utils.inet_to_str(packet.ip.dst)
            client = f"[{address}]:{udp.dport}" if ":" in address else f"{address}:{udp.dport}"
            found.setdefault((client, int.from_bytes(data[:2], "big")), []).append(data)
    return found


def record_text(record: dns.rrset.RRset) -> str:
    """Type and data, without the dots at the end of names; "" for other types."""
    kind, data = dns.rdatatype.to_text(record.rdtype), record[0]
    if kind in ("A", "AAAA"):
        return f"{kind} {data.address}"
    if kind in ("NS", "CNAME", "PTR", "DNAME"):
        return f"{kind} {shown_name(data.target)}"
    if kind == "MX":
        return f"MX {data.preference} {shown_name(data.exchange)}"
    if kind == "SRV":
        return f"SRV {data.priority} {data.weight} {data.port} {shown_name(data.target)}"
    if kind == "SOA":
        return f"SOA {shown_name(data.mname)} {shown_name(data.rname)} {data.serial}"
    if kind == "TXT":
        return f"TXT {data.to_text()}"
    if kind == "CAA":
        return f"CAA {data.to_text()}"
    return ""


def expected(data: bytes) -> str | None:
    """The whole text; None where a record's format is not known here."""
    message = dns.message.from_wire(data, one_rr_per_rrset=True, raise_on_truncation=False)
    rcode = Message(data, len(data), 0, 0).rcode
    owner = shown_name(message.question[0].name) if message.question else ""
    texts: list[str] = []
    for record in message.answer:
        text = record_text(record)
        if not text:
            return None
        if record.rdclass != dns.rdataclass.IN:
            text = f"{dns.rdataclass.to_text(record.rdclass)} {text}"
        name = shown_name(record.name)
        texts.append(text if name.lower() == owner.lower() else f"{name} {text}")
        owner = shown_name(record[0].target) if text.startswith("CNAME") else name
    cut = " (truncated)" if message.flags & dns.flags.TC else ""
    return rcode + (" " if texts else "") + ", ".join(texts) + cut


@pytest.mark.parametrize(
    ("capture", "compared"),
    [
        ("dns/ordinary.pcap", 7),
        ("dns/errors.pcap", 12),
        ("dns/resolver.pcap", 20),
        ("dns/odd-names.pcap", 20),
        ("dns/edns.pcap", 3),
        ("dns/ipv6.pcap", 3),
        ("dns/truncation.pcap", 4),
    ],
)
def test_answers_are_those_that_dnspython_reads(capture: str, compared: int) -> None:
    sent = answers(capture)
    count = 0
    for event in events(capture, "dns"):
        if event["event"] != "exchange" or event["transport"] != "udp" or event["reply"] is None:
            continue
        reply = str(event["reply"])
        found = sent[str(event["client"]), int(str(event["id"]))]
        wanted = {expected(data) for data in found}
        if None in wanted or reply.endswith("..."):
            continue
        assert reply in wanted
        count += 1
    assert count >= compared


def test_zone_transfer_shows_its_first_records_and_how_many_there_are() -> None:
    transfers = [
        event
        for event in events("dns/axfr.pcap", "dns", "--command", "axfr")
        if event["event"] == "exchange" and event["code"] == "NOERROR"
    ]

    for event in transfers:
        text = str(event["reply"])
        assert text.startswith("NOERROR SOA ns.")
        assert text.endswith("...") and len(text) <= LIMIT + len("...")
    assert len(transfers) == 6
