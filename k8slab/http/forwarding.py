"""port-forward: connections to the ports of a pod inside a websocket, each answered by whoever listens there.

Newer clients speak SPDY in it, with a pair of streams for every connection: one for data, one for the error that ends
it. Older ones number their messages by channel: a pair of channels for every port, one connection to each.

Source    staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/{httpstream.go,websocket.go}
Left out  SPDY without a websocket; channels in base64
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from starlette.responses import Response as HttpResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from k8slab.http.bodies import JSON, as_json
from k8slab.http.pod_ports import Ask, PodPort, headers_of
from k8slab.http.spdy import PING, RST_STREAM, SYN_STREAM, Frame, Spdy
from k8slab.wire import BadRequest

__all__ = [
    "TUNNELS",
    "forward",
    "headers_of",
]

SPDY, CHANNELS = "SPDY/3.1+portforward.k8s.io", "v4.channel.k8s.io"
TUNNELS = (SPDY, CHANNELS, "")  # who names no protocol means channels
PROTOCOL_ERROR, REFUSED_STREAM = 1, 3
CONNECTIONS_LIMIT, CHANNELS_LIMIT = 256, 256


async def forward(socket: WebSocket, protocol: str, ask: Ask) -> None:
    """Answer what comes through a websocket until it ends; `ask` calls the engine and raises ApiError."""
    with suppress(WebSocketDisconnect):
        if protocol == SPDY:
            await _through_spdy(socket, ask)
            return
        try:
            ports = _ports(socket.query_params.getlist("ports"))
        except BadRequest as error:
            answer = HttpResponse(as_json(error.status) + b"\n", error.code, {"content-type": JSON})
            await socket.send_denial_response(answer)
            return
        await socket.accept(protocol or None)
        await _through_channels(socket, [PodPort(port, ask) for port in ports])


def _ports(given: Iterable[str]) -> list[int]:
    """The ports that a query names. Raises BadRequest."""
    names = [name for text in given for name in text.split(",")]
    if not names or len(names) * 2 > CHANNELS_LIMIT:
        raise BadRequest('query parameter "port" is required' if not names else "too many ports")
    for name in names:
        if not name:
            raise BadRequest('query parameter "port" cannot be empty')
        if not (name.isascii() and name.isdecimal() and 0 < int(name) < 65536):
            raise BadRequest(f'unable to parse "{name}" as a port')
    return [int(name) for name in names]


async def _through_channels(socket: WebSocket, ports: list[PodPort]) -> None:
    for number, port in enumerate(ports):
        for channel in (2 * number, 2 * number + 1):
            await socket.send_bytes(bytes([channel]) + port.port.to_bytes(2, "little"))
    for number, port in enumerate(ports):
        await port.open()
        await _tell(socket, 2 * number + 1, port.problem)
    while not all(port.is_over for port in ports):
        message = await socket.receive()
        if message["type"] != "websocket.receive":
            return
        data = message.get("bytes") or (message.get("text") or "").encode()
        number, is_error = divmod(data[0] if data else 1, 2)
        if is_error or number >= len(ports) or ports[number].is_over:
            continue
        await _tell(socket, 2 * number, await ports[number].hear(data[1:]))
        await _tell(socket, 2 * number + 1, ports[number].problem)
    await socket.close()


async def _tell(socket: WebSocket, channel: int, what: bytes | str) -> None:
    if what:
        await socket.send_bytes(bytes([channel]) + (what.encode() if isinstance(what, str) else what))


async def _through_spdy(socket: WebSocket, ask: Ask) -> None:
    await socket.accept(SPDY)
    tunnel = _Tunnel(ask)
    while (message := await socket.receive())["type"] == "websocket.receive":
        try:
            for frame in tunnel.spdy.feed(message.get("bytes") or b""):
                if answer := await tunnel.answer(frame):
                    await socket.send_bytes(answer)
        except ValueError as error:
            await socket.close(1002, str(error)[:100])
            return


@dataclass
class _Pair:
    """The streams of one connection (0: not there yet)."""

    port: PodPort
    error: int = 0
    data: int = 0


class _Tunnel:
    """The streams of one websocket."""

    def __init__(self, ask: Ask) -> None:
        self.spdy = Spdy()
        self._ask = ask
        self._pairs: dict[str, _Pair] = {}
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
        said = await pair.port.hear(frame.data, is_last=frame.is_last)
        out = self.spdy.data(pair.data, said) if said else b""
        return out + self._ended(name, pair) if pair.port.is_over else out

    async def _opened(self, frame: Frame) -> bytes:
        headers = frame.headers
        kind, port, name = headers.get("streamtype", ""), headers.get("port", ""), headers.get("requestid", "")
        if kind not in ("error", "data") or not port.isdecimal() or not 0 < int(port) < 65536:
            return self.spdy.reset(frame.stream, PROTOCOL_ERROR)
        if len(self._pairs) >= CONNECTIONS_LIMIT and name not in self._pairs:
            return self.spdy.reset(frame.stream, REFUSED_STREAM)
        pair = self._pairs.setdefault(name, _Pair(PodPort(int(port), self._ask)))
        if getattr(pair, kind):
            return self.spdy.reset(frame.stream, PROTOCOL_ERROR)
        setattr(pair, kind, frame.stream)
        self._streams[frame.stream] = name, kind
        reply = self.spdy.syn_reply(frame.stream)
        if not (pair.error and pair.data):
            return reply
        await pair.port.open()
        return reply + self._ended(name, pair) if pair.port.is_over else reply

    def _ended(self, name: str, pair: _Pair, *, has_data: bool = True) -> bytes:
        """Close both streams of a connection."""
        self._pairs.pop(name, None)
        self._streams.pop(pair.data, None)
        self._streams.pop(pair.error, None)
        last = self.spdy.data(pair.error, pair.port.problem.encode(), is_last=True)
        return last + (self.spdy.data(pair.data, b"", is_last=True) if has_data else b"")
