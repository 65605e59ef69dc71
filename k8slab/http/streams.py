"""exec and attach over websockets: each message begins with the number of its channel.

Source    staging/src/k8s.io/kubelet/pkg/cri/streaming/remotecommand/websocket.go; apimachinery/pkg/util/remotecommand
          (v4: 0 stdin, 1 stdout, 2 stderr, 3 error, 4 resize; v5: 255 says which channel its sender has closed)
Left out  SPDY (kubectl asks for websockets first); the older subprotocols, base64; sizes of terminals
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from functools import partial

from starlette.websockets import WebSocket, WebSocketDisconnect

from k8slab.http.arrivals import answered, arrivals
from k8slab.http.bodies import as_json
from k8slab.http.pacing import Pacer
from k8slab.wire import BadRequest, Response, Session

__all__ = [
    "PROTOCOLS",
    "chosen_protocol",
    "stream",
]

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
PROTOCOLS = (V5, V4)
STDIN, ERROR, CLOSE = 0, 3, 255
NUMBERS = {"stdout": 1, "stderr": 2, "error": ERROR}
MESSAGE_BYTES = 32 * 1024


def chosen_protocol(socket: WebSocket, spoken: tuple[str, ...]) -> str:
    """The first of the client's subprotocols ("": it names none) that is spoken here. Raises BadRequest."""
    offered = list(socket.scope.get("subprotocols") or ())
    for protocol in offered or [""]:
        if protocol in spoken:
            return str(protocol)
    raise BadRequest(f"requested protocol(s) are not supported: [{' '.join(offered)}]; supports [{' '.join(spoken)}]")


async def stream(socket: WebSocket, answer: Response, protocol: str, pacer: Pacer) -> None:
    """Carry what a session says and hears until one of the two ends it."""
    await socket.accept(protocol)
    with suppress(WebSocketDisconnect):
        await socket.send_bytes(bytes([1]))  # the connection is there
        if answer.session is None:
            for channel in ("stdout", "stderr"):
                await _send(socket, channel, answer.body[channel])
            await _send(socket, "error", answer.body["status"])
            await socket.close()
            return
        listening = asyncio.create_task(_hear(socket, answer.session, pacer, is_v5=protocol == V5))
        try:
            async with aclosing(arrivals(pacer, answer.session, list)) as batches:
                async for batch in batches:
                    for channel, what in batch:
                        await _send(socket, channel, what)
            if not listening.done():
                await socket.close()
        finally:
            listening.cancel()


async def _send(socket: WebSocket, channel: str, what: object) -> None:
    data = what.encode(errors="surrogateescape") if isinstance(what, str) else as_json(what)
    number = bytes([NUMBERS[channel]])
    for at in range(0, len(data), MESSAGE_BYTES):
        await socket.send_bytes(number + data[at : at + MESSAGE_BYTES])


async def _hear(socket: WebSocket, session: Session, pacer: Pacer, *, is_v5: bool) -> None:
    """Hand on what is typed until the client goes."""
    while True:
        message = await socket.receive()
        if message["type"] != "websocket.receive":
            pacer.call(session.close)
            return
        data = message.get("bytes") or (message.get("text") or "").encode()  # some clients send text
        if data[:1] == bytes([STDIN]) and len(data) > 1:
            await answered(pacer, partial(session.send, data[1:]))  # one after the other
        elif is_v5 and data == bytes([CLOSE, STDIN]):
            await answered(pacer, session.end_input)
