"""What a connection may do before, between and behind its requests, and how all of them end.

A server of one process must not be held up by clients that send half of something, or read nothing: there is a
limit to how many connections there are, how long headers may take and be, and how long an answer waits to be read.

Source    staging/src/k8s.io/apiserver/pkg/server/secure_serving.go (32 s for the headers, 90 s between requests); Go's
          net/http/server.go (texts for what is no HTTP, and 431); .../filters/maxinflight.go (429)
Left out  HTTP spoken to the TLS port is cut off without a word; the real server reads headers of up to 1 MiB, has no
          limit for connections, and waits for a reader as long as TCP does
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

__all__ = [
    "HEADER_LIMIT_BYTES",
    "IDLE_S",
    "Listener",
    "PeerProtocol",
    "PeerWebSocket",
]

HEADER_LIMIT_BYTES = 64 * 1024
HEADER_S, IDLE_S = 32.0, 90
STALL_S = 30.0  # an answer of which nothing is read for so long is for nobody
END_S = 0.2
MOST_CONNECTIONS = 1000

_log = logging.getLogger("k8slab.http")
_log.setLevel(logging.ERROR)  # what clients do wrong is told to them, not to whoever runs the server


class _Gathering:
    """A transport that sends in one go what is written in one: headers and body leave together."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send this, with what else is written until the loop has time."""
        if not self._parts:
            self._loop.call_soon(self._send)
        self._parts.append(data)

    def close(self) -> None:
        """Send the rest, and hang up."""
        self._send()
        self._transport.close()

    def bare(self) -> Any:
        """The transport itself: frames of a websocket travel one by one, for some clients wait between them."""
        self._send()
        return self._transport

    def _send(self) -> None:
        parts, self._parts = self._parts, []
        if parts:
            self._transport.write(b"".join(parts))


class _Patient:
    """A protocol that tells whose certificate it has seen, and gives up on a client that does not read."""

    app: Any
    logger: logging.Logger
    loop: asyncio.AbstractEventLoop
    transport: Any
    _stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Remember the subject of the client's certificate."""
        self.logger = _log
        made = transport.bare() if isinstance(transport, _Gathering) else _Gathering(transport, self.loop)
        super().connection_made(made)  # type: ignore[misc]
        self.app = _telling(self.app, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._calm()
        super().connection_lost(exc)  # type: ignore[misc]

    def pause_writing(self) -> None:
        """Wait for the client to read, for a while."""
        self._stall = self.loop.call_later(STALL_S, self.transport.abort)
        super().pause_writing()  # type: ignore[misc]

    def resume_writing(self) -> None:
        """Go on."""
        self._calm()
        super().resume_writing()  # type: ignore[misc]

    def _calm(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None


class PeerWebSocket(_Patient, WSProtocol):
    """Websockets with a name for the client."""


class PeerProtocol(_Patient, H11Protocol):
    """HTTP/1.1 with a name for the client, and a time in which its headers must come."""

    _headers: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Take one connection more, or refuse it."""
        super().connection_made(transport)
        self.access_log = False  # uvicorn writes one as soon as a test runner listens to all loggers
        self._expect_headers()
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(429, "Too many requests, please try again later.\n", b"retry-after: 1\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more."""
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; of a request that has begun the headers must come in time."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._expect_nothing()
        elif self._headers is None:
            self._expect_headers()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, in Go's words."""
        error = sys.exc_info()[1]
        code = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        self._refuse(code, f"{code} {HTTPStatus(code).phrase}")

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over."""
        self._expect_nothing()
        super().handle_websocket_upgrade(event)

    def _refuse(self, code: int, text: str, headers: bytes = b"") -> None:
        """Answer without reading any further, if no answer has begun, and hang up."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            title = f"HTTP/1.1 {code} {HTTPStatus(code).phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            size = f"content-length: {len(text)}\r\nconnection: close\r\n\r\n{text}"
            self.transport.write(title.encode() + headers + size.encode())
        self.conn.send_failed()
        if self.cycle is not None:  # whoever still reads a body or writes an answer does so for nobody
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _expect_headers(self) -> None:
        self._headers = self.loop.call_later(HEADER_S, self.transport.abort)

    def _expect_nothing(self) -> None:
        if self._headers is not None:
            self._headers.cancel()
            self._headers = None


class Listener(uvicorn.Server):
    """Takes connections, and ends all of them soon when it is told to stop."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let what is being answered be answered, end what would go on, and hang up."""
        state = self.server_state
        for server in self.servers:
            server.close()
        self._end_streams()
        for connection in list(state.connections):
            connection.shutdown()
        await self._finish(END_S)
        for connection in list(state.connections):
            connection.transport.abort()
        await self._finish(END_S)
        for task in state.tasks:
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)

    async def _finish(self, seconds: float) -> None:
        if self.server_state.tasks:
            await asyncio.wait(set(self.server_state.tasks), timeout=seconds)


def _telling(app: Any, transport: Any) -> Any:
    """The application, told who is at the other end; as it is when no certificate was shown."""
    shown = transport.get_extra_info("peercert")
    if not shown:
        return app
    subject = [pair for part in shown["subject"] for pair in part]
    peer = {
        "name": next((value for key, value in subject if key == "commonName"), ""),
        "groups": [value for key, value in subject if key == "organizationName"],
    }

    async def told(scope: Any, receive: Any, send: Any) -> None:
        scope["extensions"] = {**(scope.get("extensions") or {}), "k8slab.peer": peer}
        await app(scope, receive, send)

    return told
