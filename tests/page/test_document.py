"""The document: its size at the worst, its policy, and nothing of the wire in its markup."""

import base64
import hashlib
import re

from tcpkit.metrics.timeline import EDGES_NS, MAX_COLUMNS
from tcpkit.page import CONTENT_SECURITY_POLICY, live_page, report_page
from tests.page.models import Fields, column, model, slow_request

LONGEST_KEY = 512 * 4  # bytes of a key, each shown as \xNN
LONGEST_REQUEST = 1024 * 4


def largest() -> Fields:
    """Every cell of the map, every row of the tables, and names as long as they can be."""
    cells = {edge / 1e6: 1_000_000 for edge in EDGES_NS}
    columns = [column(place, cells, 1_000_000, 1_000_000) for place in range(MAX_COLUMNS)]
    slowest = [slow_request(f"GET {'k' * LONGEST_REQUEST}", reason="r" * 200) for _ in range(100)]
    names = {"rows": [{"name": "k" * LONGEST_KEY, "requests": 10**12} for _ in range(100)]}
    return {**model(columns, slowest, threshold_ms=10), "clients": names, "keys": names}


def test_the_largest_report_is_below_two_megabytes() -> None:
    assert len(report_page(largest(), "t")) < 2_000_000


def test_markup_from_the_wire_is_in_no_part_of_the_document() -> None:
    evil = '</script><img src=x onerror="alert(1)">\u2028<!--'
    of = model([column(0, {50: 1}, 1)], [slow_request(f"GET {evil}", reason=evil)], threshold_ms=10)

    page = report_page(of, evil).decode()

    assert "<img" not in page
    assert "<!--" not in page.partition("<script")[2].partition("</script>")[0]
    assert page.count("</script>") == 2


def test_what_cannot_be_encoded_does_not_stop_the_page() -> None:
    of = model([column(0, {50: 1}, 1)], [slow_request("GET \udcff")], threshold_ms=10)

    assert b"udcff" in report_page(of, "a\udcff.pcap")


def test_the_policy_names_the_script_and_the_style_that_are_there() -> None:
    page = live_page().decode()
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)

    for texts in (script, style):
        assert len(texts) == 1
        digest = base64.b64encode(hashlib.sha256(texts[0].encode()).digest()).decode()
        assert f"'sha256-{digest}'" in CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "connect-src 'self'" in CONTENT_SECURITY_POLICY
    assert "connect-src 'none'" in report_page(model(), "t").decode().replace("&#x27;", "'")
