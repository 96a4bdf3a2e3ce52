"""One client of the HTTP server: its requests one after the other, each with a deadline.

While a request is answered nothing more is read, so what a client sends is held by the kernel.
"""

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, cast

import h11

from tcpkit.server.http_answer import (
    BAD_REQUEST,
    HEAD_TOO_LARGE,
    VERSION_NOT_SUPPORTED,
    Answer,
    error_answer,
    headers_of,
)

if TYPE_CHECKING:
    from tcpkit.server.http_server import HttpServer

MAX_HEAD: Final = 16384  # bytes of a request line with its headers
MAX_DISCARDED: Final = 65536  # bytes that are read behind the last answer
_CODES: Final = {BAD_REQUEST, HEAD_TOO_LARGE}

# What is waited for.
IDLE: Final = 0  # the client: the next request, none of which is there
READING: Final = 1  # the client: the rest of a request
WORKING: Final = 2  # us: the answer
WRITING: Final = 3  # the client: to take the answer
LEAVING: Final = 4  # the client: to close, since closing with unread bytes may destroy the answer
OVER: Final = 5


class HttpConnection(asyncio.Protocol):
    """`server` decides what is answered, and when."""

    def __init__(self, server: "HttpServer") -> None:
        self._server = server
        self._http = h11.Connection(h11.SERVER, MAX_HEAD)
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._full = False  # the kernel has not got all of the answer
        self._ended = False  # the client sends no more
        self._discarded = 0
        self._code = 0  # of the answer that is being sent
        self.request: h11.Request | None = None
        self.state = IDLE

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self._server.admit(self):
            self.state = OVER
            self._transport.abort()
            return
        self._transport.set_write_buffer_limits(high=0)
        self._wait(READING, self._server.limits.request_s)

    def data_received(self, data: bytes) -> None:
        if self.state == LEAVING:
            self._discarded += len(data)
            if self._discarded > MAX_DISCARDED and self._transport is not None:
                self._transport.pause_reading()
            return
        if self.state == OVER:
            return
        self._http.receive_data(data)
        if self.state == IDLE:
            self._wait(READING, self._server.limits.request_s)
        if self.state == READING:
            self._read()

    def eof_received(self) -> bool:
        """Whether our side stays open: for an answer that is still to be sent."""
        self._ended = True
        if self.state in (LEAVING, OVER):
            return False
        self._http.receive_data(b"")
        if self.state in (IDLE, READING):
            self._read()
        return self.state != OVER

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        if self.state == WRITING:
            self._sent()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.state in (WORKING, WRITING):
            self._server.counts.lost += 1
        self.state = OVER
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
        self._server.release(self)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _wait(self, state: int, seconds: float) -> None:
        """Not longer than that."""
        self.state = state
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._overdue)

    def _overdue(self) -> None:
        if self.state in (READING, WORKING, WRITING):
            self._server.counts.overdue += 1
        self.abort()

    def _read(self) -> None:
        """Go on with what has come."""
        if self.state not in (IDLE, READING) or self._transport is None:
            return
        try:
            event = self._http.next_event()
            if isinstance(event, h11.Request):
                self.request = event
                if not event.http_version.startswith(b"1."):
                    self.answer(error_answer(VERSION_NOT_SUPPORTED, "HTTP/1.1 is spoken here"))
                    return
                event = self._http.next_event()
        except h11.RemoteProtocolError as error:
            code = error.error_status_hint if error.error_status_hint in _CODES else BAD_REQUEST
            self.answer(error_answer(code, str(error)))
            return
        if isinstance(event, h11.ConnectionClosed):
            self._close()
        elif self.request is not None:  # whole, or with a body that nobody needs
            self._wait(WORKING, self._server.limits.answer_s)
            self._transport.pause_reading()
            self._server.queue(self)
        elif self.state == IDLE and self._http.trailing_data[0]:
            self._wait(READING, self._server.limits.request_s)

    def answer(self, sent: Answer) -> None:
        """Send it; nothing happens if the client has gone."""
        if self._transport is None or self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        request, self.request = self.request, None
        zipped = bool(sent.zipped) and request is not None and _takes_gzip(request)
        closes = self._ended or self._http.their_state is not h11.DONE
        headers = headers_of(sent, zipped, self._server.date(), closes)
        reason = HTTPStatus(sent.code).phrase
        response = h11.Response(status_code=sent.code, headers=headers, reason=reason)
        head = self._http.send(response)
        self._code = sent.code
        self._transport.pause_reading()
        self._wait(WRITING, self._server.limits.answer_s)
        assert head is not None
        self._transport.write(head)
        if request is None or request.method != b"HEAD":
            body = sent.zipped if zipped else sent.body
            self._http.send(h11.Data(data=body))
            self._transport.write(body)
        self._http.send(h11.EndOfMessage())
        if not self._full:
            self._sent()

    def _sent(self) -> None:
        """The kernel has the whole answer."""
        assert self._transport is not None
        self._server.counts.served(self._code)
        self._server.moved(self)
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            self._wait(IDLE, self._server.limits.idle_s)
            if not self._ended:
                self._transport.resume_reading()
            # What is there of the next request is looked at after the capture had its turn.
            asyncio.get_running_loop().call_soon(self._read)
        elif self._ended:
            self._close()
        else:
            self._wait(LEAVING, self._server.limits.leave_s)
            self._transport.write_eof()
            self._transport.resume_reading()

    def _close(self) -> None:
        self.state = OVER
        if self._transport is not None:
            self._transport.close()


def _takes_gzip(request: h11.Request) -> bool:
    """Whether the client said so, and did not forbid it by `q=0`."""
    for name, value in request.headers:
        if name == b"accept-encoding":
            for part in value.lower().split(b","):
                coding, _, weight = part.partition(b";")
                if coding.strip() in (b"gzip", b"*"):
                    return weight.replace(b" ", b"").rstrip(b"0.") not in (b"q=", b"q")
    return False
