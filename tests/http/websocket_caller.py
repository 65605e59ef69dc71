"""A websocket client on one TLS connection."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from http_caller import Caller
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    RejectConnection,
    RejectData,
    Request,
)

V5 = "v5.channel.k8s.io"


class Socket:
    """An open websocket, or (`code`, `refusal`) why there is none."""

    def __init__(
        self,
        caller: Caller,
        path: str,
        protocols: Iterable[str] = (V5,),
        *,
        certificate: bool = False,
        token: str | None = None,
        **more: str,
    ) -> None:
        connection = caller.open(certificate=certificate)
        connection.connect()
        assert isinstance(connection.sock, ssl.SSLSocket)
        self._socket = connection.sock
        self._websocket = WSConnection(ConnectionType.CLIENT)
        self._events: list[Any] = []
        self.code, self.protocol, self._refusal = 0, "", b""
        headers = [(name.encode(), text.encode()) for name, text in caller.headers(token, **more).items()]
        host = more.get("Host") or urlsplit(caller.server.url).netloc
        headers = [(name, text) for name, text in headers if name != b"Host"]
        asked = Request(host=host, target=path, subprotocols=list(protocols), extra_headers=headers)
        self._socket.sendall(self._websocket.send(asked))
        answer = self._next()
        if isinstance(answer, AcceptConnection):
            self.code, self.protocol = 101, answer.subprotocol or ""
        elif isinstance(answer, RejectConnection):
            self.code = answer.status_code
            while isinstance(data := self._next(), RejectData):
                self._refusal += data.data
                if data.body_finished:
                    break

    @property
    def refusal(self) -> Any:
        """The Status of a refusal."""
        return json.loads(self._refusal)

    def send(self, data: bytes) -> None:
        """Send one message."""
        self._socket.sendall(self._websocket.send(BytesMessage(data=data)))

    def receive(self) -> bytes | None:
        """The next message; None at the end."""
        data = b""
        while True:
            event = self._next()
            if isinstance(event, BytesMessage):
                data += event.data
                if event.message_finished:
                    return data
            elif isinstance(event, Ping):
                self._socket.sendall(self._websocket.send(event.response()))
            elif isinstance(event, CloseConnection) or event is None:
                return None

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _next(self) -> Any:
        while not self._events:
            data = self._socket.recv(65536)
            if not data:
                return None
            self._websocket.receive_data(data)
            self._events += self._websocket.events()
        return self._events.pop(0)


def heard(socket: Socket) -> dict[int, Any]:
    """What came on each channel until the end; the Status as it is."""
    said: dict[int, bytes] = {}
    while (message := socket.receive()) is not None:
        said[message[0]] = said.get(message[0], b"") + message[1:]
    return {number: json.loads(data) if number == 3 else data.decode() for number, data in said.items()}
