"""One connection to a port of a pod: HTTP/1.1, answered by the container that listens there.

Left out  protocols other than HTTP/1.1; the time that an answer takes
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http.client import responses
from typing import Any

import h11

from k8slab.wire import ApiError

__all__ = [
    "Ask",
    "PodPort",
    "headers_of",
]

BODY_LIMIT_BYTES = 16 * 1024 * 1024

Obj = dict[str, Any]
Ask = Callable[[Obj], Awaitable[Obj]]


def headers_of(body: bytes, given: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a container's answer: those it gave, and those that follow from its body."""
    kind = "text/html" if body.startswith(b"<") else "text/plain"
    shown = {"Content-Type": kind, **{name.title(): str(text) for name, text in given.items()}}
    return {**shown, "Content-Length": str(len(body))}


class PodPort:
    """A connection, which ends when it `is_over`, with a `problem` if it ends badly; `ask` may raise ApiError."""

    def __init__(self, port: int, ask: Ask) -> None:
        self.port = port
        self.is_over = False
        self.problem = ""
        self._ask = ask
        self._http = h11.Connection(h11.SERVER)
        self._request: h11.Request | None = None
        self._body = b""

    async def open(self) -> None:
        """Find out whether somebody listens."""
        try:
            await self._ask({"port": self.port})
        except ApiError as error:
            self._end(error.message)

    async def hear(self, data: bytes, *, is_last: bool = False) -> bytes:
        """Take what the client says, and answer each request that is whole."""
        out: list[bytes] = []
        try:
            if data:
                self._http.receive_data(data)
            if is_last:
                self._http.receive_data(b"")
            if not await self._answered(out):
                self._end()
        except ApiError as error:
            self._end(error.message)
        except h11.LocalProtocolError as error:  # what a behaviour has answered is no HTTP
            self._end(str(error))
        except h11.RemoteProtocolError as error:
            text = f"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n{error}\n"
            out.append(text.encode())
            self._end()
        return b"".join(out)

    def _end(self, problem: str = "") -> None:
        self.is_over, self.problem = True, problem

    async def _answered(self, out: list[bytes]) -> bool:
        """Add the replies to the requests that are whole; whether the connection goes on."""
        while (event := self._http.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.ConnectionClosed):
                return False
            if isinstance(event, h11.Request):
                self._request, self._body = event, b""
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > BODY_LIMIT_BYTES:
                    return False
            elif isinstance(event, h11.EndOfMessage):
                reply = await self._replied()
                out.append(reply)
                if not reply or self._http.our_state is not h11.DONE:
                    return False
                self._http.start_next_cycle()
        if self._http.they_are_waiting_for_100_continue:
            out.append(self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
        return True

    async def _replied(self) -> bytes:
        """The reply of the container, as it travels; nothing when the connection breaks."""
        request = self._request
        assert request is not None
        headers = {name.decode("latin-1").title(): value.decode("latin-1") for name, value in request.headers}
        asked = {
            "method": request.method.decode(),
            "path": request.target.decode("latin-1"),
            "headers": headers,
            "body": self._body.decode("latin-1"),
        }
        reply = await self._ask({"port": self.port, "request": asked})
        if not reply:
            return b""
        body = reply["body"].encode("utf-8", "surrogateescape")
        shown = headers_of(body, reply["headers"])
        reason = responses.get(reply["status"], "").encode()
        response = h11.Response(status_code=reply["status"], headers=list(shown.items()), reason=reason)
        sent = [self._http.send(response)]
        if request.method != b"HEAD":
            sent.append(self._http.send(h11.Data(data=body)))
        sent.append(self._http.send(h11.EndOfMessage()))
        return b"".join(part for part in sent if part)
