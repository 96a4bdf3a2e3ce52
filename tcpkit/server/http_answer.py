"""What the HTTP server sends: a status, headers and a body, the same for all clients."""

import gzip
from http import HTTPStatus
from typing import Final, NamedTuple

TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"
HTML: Final = "text/html; charset=utf-8"
NOTHING_LOADS: Final = "default-src 'none'; frame-ancestors 'none'"

OK: Final = int(HTTPStatus.OK)
BAD_REQUEST: Final = int(HTTPStatus.BAD_REQUEST)
NOT_FOUND: Final = int(HTTPStatus.NOT_FOUND)
WRONG_METHOD: Final = int(HTTPStatus.METHOD_NOT_ALLOWED)
WRONG_HOST: Final = int(HTTPStatus.MISDIRECTED_REQUEST)
HEAD_TOO_LARGE: Final = int(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
FAILED: Final = int(HTTPStatus.INTERNAL_SERVER_ERROR)
VERSION_NOT_SUPPORTED: Final = int(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)

SMALL: Final = 1024  # bytes; below it a body is not worth to be compressed
_FAST: Final = 1  # of gzip's levels: 5 times smaller at a tenth of the default's time


class Answer(NamedTuple):
    """`zipped` is the body compressed; empty: there is none. `more` are headers of its own."""

    code: int
    content_type: str
    body: bytes
    zipped: bytes = b""
    policy: str = NOTHING_LOADS  # Content-Security-Policy
    more: tuple[tuple[str, str], ...] = ()


def answer(content_type: str, body: bytes, policy: str = NOTHING_LOADS) -> Answer:
    """What was asked for; compressed too, which takes its time."""
    zipped = gzip.compress(body, _FAST, mtime=0) if len(body) >= SMALL else b""
    return Answer(OK, content_type, body, zipped, policy)


def error_answer(code: int, said: str, more: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A line for the person who looks: `404 Not Found: ...`."""
    phrase = HTTPStatus(code).phrase
    return Answer(code, TEXT, f"{code} {phrase}: {said}\n".encode(), more=more)


def headers_of(sent: Answer, zipped: bool, date: str, closes: bool) -> list[tuple[str, str]]:
    """All headers, of a body that is sent compressed or not."""
    headers = [
        ("Date", date),
        ("Content-Type", sent.content_type),
        ("Content-Length", str(len(sent.zipped if zipped else sent.body))),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", sent.policy),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        *sent.more,
    ]
    if sent.zipped:
        headers.append(("Vary", "Accept-Encoding"))
    if zipped:
        headers.append(("Content-Encoding", "gzip"))
    if closes:
        headers.append(("Connection", "close"))
    return headers
