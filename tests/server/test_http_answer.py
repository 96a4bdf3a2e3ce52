"""The policy of a page: which scripts a browser runs."""

import base64
import hashlib
import re

from tcpkit.server.http_answer import page_answer

OWN = b"\n  draw('a' < 'b');\n"
PAGE = b'<!doctype html><script type="module">%b</script><p>x</p><SCRIPT>second()</SCRIPT>' % OWN


def test_scripts_of_the_page_are_named_by_their_hashes() -> None:
    policy = page_answer(PAGE).policy
    expected = {
        base64.b64encode(hashlib.sha256(text).digest()).decode() for text in (OWN, b"second()")
    }
    assert set(re.findall(r"'sha256-([^']+)'", policy)) == expected
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts
    assert policy.startswith("default-src 'none'; ")


def test_page_without_scripts_runs_none() -> None:
    assert "; script-src 'none'; " in page_answer(b"<p>x</p>").policy
