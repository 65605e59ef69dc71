"""port-forward: streams of SPDY inside a websocket, each answered by the container that listens at its port.

Every connection is a pair of streams, one for data and one for the error that ends it. HTTP/1.1 is spoken on them.

Source    staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/httpstream.go; client-go/tools/portforward
Left out  protocols other than HTTP/1.1; SPDY without a websocket, and the older websocket form (channels in pairs);
          the time that an answer takes
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import responses
from typing import Any

import h11
from starlette.websockets import WebSocket, WebSocketDisconnect

from k8slab.http.spdy import PING, RST_STREAM, SYN_STREAM, Frame, Spdy
from k8slab.wire import ApiError

__all__ = [
    "TUNNELS",
    "forward",
]

TUNNELS = ("SPDY/3.1+portforward.k8s.io",)
PROTOCOL_ERROR, REFUSED_STREAM = 1, 3
CONNECTIONS_LIMIT, BODY_LIMIT_BYTES = 256, 16 * 1024 * 1024

Obj = dict[str, Any]
Ask = Callable[[Obj], Awaitable[Obj]]


@dataclass
class Pair:
    """One connection: its streams (0: not there yet), and what was read so far of a request."""

    port: int
    error: int = 0
    data: int = 0
    http: h11.Connection = field(default_factory=lambda: h11.Connection(h11.SERVER))
    request: h11.Request | None = None
    body: bytes = b""


async def forward(socket: WebSocket, protocol: str, ask: Ask) -> None:
    """Answer what comes through a tunnel until it ends; `ask` calls the engine and raises ApiError."""
    await socket.accept(protocol)
    tunnel = _Tunnel(ask)
    with suppress(WebSocketDisconnect):
        while (message := await socket.receive())["type"] == "websocket.receive":
            try:
                for frame in tunnel.spdy.feed(message.get("bytes") or b""):
                    if answer := await tunnel.answer(frame):
                        await socket.send_bytes(answer)
            except ValueError as error:
                await socket.close(1002, str(error)[:100])
                return


class _Tunnel:
    """The streams of one websocket."""

    def __init__(self, ask: Ask) -> None:
        self.spdy = Spdy()
        self._ask = ask
        self._pairs: dict[str, Pair] = {}
        self._streams: dict[int, tuple[str, str]] = {}

    async def answer(self, frame: Frame) -> bytes:
        """What to send back."""
        if frame.type == SYN_STREAM:
            return await self._opened(frame)
        if frame.type == PING:
            return self.spdy.ping(frame.stream) if frame.stream % 2 else b""
        name, kind = self._streams.get(frame.stream, ("", ""))
        pair = self._pairs.get(name)
        if pair is None or kind != "data":
            return b""
        if frame.type == RST_STREAM:
            return self._ended(name, pair, has_data=False)
        if frame.type:
            return b""
        return await self._read(name, pair, frame)

    async def _opened(self, frame: Frame) -> bytes:
        headers = frame.headers
        kind, port, name = headers.get("streamtype", ""), headers.get("port", ""), headers.get("requestid", "")
        if kind not in ("error", "data") or not port.isdecimal() or not 0 < int(port) < 65536:
            return self.spdy.reset(frame.stream, PROTOCOL_ERROR)
        if len(self._pairs) >= CONNECTIONS_LIMIT and name not in self._pairs:
            return self.spdy.reset(frame.stream, REFUSED_STREAM)
        pair = self._pairs.setdefault(name, Pair(int(port)))
        if getattr(pair, kind):
            return self.spdy.reset(frame.stream, PROTOCOL_ERROR)
        setattr(pair, kind, frame.stream)
        self._streams[frame.stream] = name, kind
        reply = self.spdy.syn_reply(frame.stream)
        if not (pair.error and pair.data):
            return reply
        try:
            await self._ask({"port": pair.port})
        except ApiError as error:
            return reply + self._ended(name, pair, error.message)
        return reply

    async def _read(self, name: str, pair: Pair, frame: Frame) -> bytes:
        """Take what the client says on a connection, and answer each request that is whole."""
        out: list[bytes] = []
        try:
            if frame.data:
                pair.http.receive_data(frame.data)
            if frame.is_last:
                pair.http.receive_data(b"")
            if await self._answered(pair, out):
                return b"".join(out)
        except ApiError as error:
            return b"".join(out) + self._ended(name, pair, error.message)
        except h11.LocalProtocolError as error:  # what a behaviour has answered is no HTTP
            return b"".join(out) + self._ended(name, pair, str(error))
        except h11.RemoteProtocolError as error:
            text = f"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n{error}\n"
            out.append(self.spdy.data(pair.data, text.encode()))
        return b"".join(out) + self._ended(name, pair)

    async def _answered(self, pair: Pair, out: list[bytes]) -> bool:
        """Add the replies to the requests that are whole; whether the connection goes on."""
        while (event := pair.http.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.ConnectionClosed):
                return False
            if isinstance(event, h11.Request):
                pair.request, pair.body = event, b""
            elif isinstance(event, h11.Data):
                pair.body += event.data
                if len(pair.body) > BODY_LIMIT_BYTES:
                    return False
            elif isinstance(event, h11.EndOfMessage):
                reply = await self._replied(pair)
                out.append(self.spdy.data(pair.data, reply))
                if not reply or pair.http.our_state is not h11.DONE:
                    return False
                pair.http.start_next_cycle()
        if pair.http.they_are_waiting_for_100_continue:
            out.append(
                self.spdy.data(pair.data, pair.http.send(h11.InformationalResponse(status_code=100, headers=[])))
            )
        return True

    async def _replied(self, pair: Pair) -> bytes:
        """The reply of the container, as it travels; nothing when the connection breaks."""
        request = pair.request
        assert request is not None
        headers = {name.decode("latin-1").title(): value.decode("latin-1") for name, value in request.headers}
        asked = {
            "method": request.method.decode(),
            "path": request.target.decode("latin-1"),
            "headers": headers,
            "body": pair.body.decode("latin-1"),
        }
        reply = await self._ask({"port": pair.port, "request": asked})
        if not reply:
            return b""
        body = reply["body"].encode("utf-8", "surrogateescape")
        kind = "text/html" if body.startswith(b"<") else "text/plain"
        given = {name.title(): str(text) for name, text in reply["headers"].items()}
        shown = {"Content-Type": kind, **given, "Content-Length": str(len(body))}
        reason = responses.get(reply["status"], "").encode()
        response = h11.Response(status_code=reply["status"], headers=list(shown.items()), reason=reason)
        sent = [pair.http.send(response)]
        if request.method != b"HEAD":
            sent.append(pair.http.send(h11.Data(data=body)))
        sent.append(pair.http.send(h11.EndOfMessage()))
        return b"".join(part for part in sent if part)

    def _ended(self, name: str, pair: Pair, problem: str = "", *, has_data: bool = True) -> bytes:
        """Close both streams of a connection."""
        self._pairs.pop(name, None)
        self._streams.pop(pair.data, None)
        self._streams.pop(pair.error, None)
        last = self.spdy.data(pair.error, problem.encode(), is_last=True)
        return last + (self.spdy.data(pair.data, b"", is_last=True) if has_data else b"")
