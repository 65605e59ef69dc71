"""HTTP in, one call of the API, HTTP out: nothing is decided here that the API decides.

Source    staging/src/k8s.io/apiserver/pkg/endpoints/{installer.go,handlers/*}; .../server/config.go (filters)
Left out  answers in protobuf; fairness among those who ask at once (there is one limit); audit headers
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, suppress
from email.utils import formatdate
from typing import Any

from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from k8slab.http.answers import text_headers, warning_headers
from k8slab.http.arrivals import answered, arrivals
from k8slab.http.bodies import BODY_LIMIT_BYTES, JSON, as_json, packed, parsed, shape_of, wanted_form
from k8slab.http.event_lines import EventLines
from k8slab.http.forwarding import TUNNELS, forward, headers_of
from k8slab.http.login import Login
from k8slab.http.pacing import Pacer
from k8slab.http.streams import PROTOCOLS, chosen_protocol, stream
from k8slab.http.urls import asked_for
from k8slab.wire import (
    ApiError,
    BadRequest,
    Forbidden,
    InternalError,
    Request,
    RequestEntityTooLarge,
    Response,
    Session,
    Timeout,
    Unreadable,
    error_from_status,
)

__all__ = ["App"]

Handle = Callable[[Request], Response]

MANAGER_LIMIT = 128  # characters of a field manager's name
SESSIONS = ("exec", "attach", "portforward")
MOST_AT_ONCE = 600  # --max-requests-inflight and --max-mutating-requests-inflight together
TOO_MANY = "Too many requests, please try again later.\n"
WATCH_S, REQUEST_S = 30 * 60.0, 60.0
REST_S = 0.0002  # what it takes to send something, for each open stream
OURS = ("authorization", "connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding")


class App:
    """The ASGI application in front of `handle`; calls are made through the pacer, one at a time."""

    def __init__(self, handle: Handle, pacer: Pacer, login: Login, hosts: set[str]) -> None:
        self._handle = handle
        self._pacer = pacer
        self._login = login
        self._hosts = hosts
        self._streams: set[Any] = set()
        self._busy = 0
        self._event_lines = EventLines()

    def end_streams(self) -> None:
        """End every watch and every log that is followed."""
        for source in list(self._streams):
            self._pacer.call(source.close)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection's next request."""
        with suppress(ClientDisconnect, asyncio.CancelledError):  # there is nobody who could be told
            if scope["type"] == "websocket":
                await self._stream(WebSocket(scope, receive, send))
                return
            if self._busy >= MOST_AT_ONCE:
                answer = HttpResponse(TOO_MANY, 429, {"retry-after": "1", **text_headers("", 429)})
            else:
                answer = await self._answered(HttpRequest(scope, receive))
            await answer(scope, receive, self._dated(send))

    def _dated(self, send: Send) -> Send:
        """Sends an answer with the cluster's own time, by which clients may tell ages."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(self._pacer.now, usegmt=True).encode()
                message = {**message, "headers": [(b"date", date), *message["headers"]]}
            await send(message)

        return dated

    async def _answered(self, http: HttpRequest) -> HttpResponse:
        """What is answered before an answer goes out; what is streamed then counts no longer."""
        self._busy += 1
        try:
            return await self._answer(http)
        except ApiError as error:
            return _plain(error)
        finally:
            self._busy -= 1

    async def _answer(self, http: HttpRequest) -> HttpResponse:
        who = await self._entered(http)
        request = (await self._request(http))._replace(**who)
        if request.path and not self._login.may_read(request.user, request.path):
            raise Forbidden(f'forbidden: User "{request.user}" cannot {request.verb} path "{request.path}"')
        accept = http.headers.get("accept", "") if request.subresource != "proxy" else ""
        form, encodings = wanted_form(accept, request.path), http.headers.get("accept-encoding", "")
        if request.verb == "watch":
            return await self._watch(request)
        response, data, headers = await self._wait(lambda: self._made(request, form, encodings))
        if response.session is not None:
            return StreamingResponse(self._following(response.text or "", response.session), 200, headers)
        headers |= {"audit-id": f"{response.revision}"} if response.revision else {}
        answer = HttpResponse(data, response.code, headers)
        for warning in warning_headers(response.warnings):
            answer.headers.append("warning", warning)
        return answer

    async def _entered(self, http: HTTPConnection) -> dict[str, Any]:
        """Who asks, and for whom it wants to be taken. Raises Forbidden, Unauthorized."""
        self._check_origin(http)
        user, groups = await self._wait(lambda: self._login.user_of(http.scope, http.headers))
        return {"user": user, "groups": groups, **_impersonated(http)}

    async def _stream(self, socket: WebSocket) -> None:
        """Open a session with a container, which ends with its websocket."""
        try:
            who = await self._entered(socket)
            request = _connecting(socket, "session")._replace(**who)
            is_tunnel = request.subresource == "portforward"
            protocol = chosen_protocol(socket, TUNNELS if is_tunnel else PROTOCOLS)
            answer = await self._checked(request)
        except ApiError as error:
            with suppress(WebSocketDisconnect):
                await socket.send_denial_response(_plain(error))
            return
        if not is_tunnel:
            await stream(socket, answer, protocol, self._pacer)
            return

        async def ask(body: dict[str, Any]) -> dict[str, Any]:
            return (await self._checked(request._replace(body=body))).body

        await forward(socket, protocol, ask)

    async def _checked(self, request: Request) -> Response:
        """The answer. Raises ApiError when it is an error."""
        answer: Response = await self._wait(lambda: self._handle(request))
        if answer.code != 200:
            raise error_from_status(answer.body)
        return answer

    def _made(self, request: Request, form: str, encodings: str) -> tuple[Response, bytes, dict[str, str]]:
        """The answer and its bytes, which are made while nobody changes what it shows."""
        try:
            response = self._handle(request)
        except Exception as error:  # the API answers errors; what it raises is a fault of its own
            response = Response(500, InternalError(f"{type(error).__name__}: {error}").status)
        if response.text is not None:
            data = response.text.encode(errors="surrogateescape")
            if response.headers is not None:
                return response, data, headers_of(data, response.headers)
            return response, data, text_headers(request.path, response.code)
        return response, *packed(response.body, form, encodings)

    async def _request(self, http: HttpRequest) -> Request:
        asked = asked_for(http.method, http.scope["raw_path"].decode("ascii"), dict(http.query_params))
        if asked.body:
            return asked._replace(body=await _to_pass_on(http, asked.body))
        if asked.subresource in SESSIONS and http.method in ("GET", "POST"):
            return _connecting(http, "upgrade")
        accept, content_type = shape_of(http.headers.get("accept", "")), http.headers.get("content-type", "")
        if asked.path or asked.verb in ("get", "list", "watch"):
            return asked._replace(accept=accept)
        try:
            body, doubles = parsed(await _read(http), content_type, asked.verb)
        except ApiError as error:  # to be told to those who may write at all
            body, doubles = Unreadable(error.reason, error.message), ()
        media = content_type.partition(";")[0].strip() if asked.verb == "patch" else ""
        if asked.verb in ("create", "update", "patch") and "apply" not in media:
            asked = asked._replace(params=_signed(asked.params, http.headers.get("user-agent", "")))
        return asked._replace(body=body, doubles=doubles, content_type=media, accept=accept)

    async def _watch(self, request: Request) -> HttpResponse:
        response = await self._wait(lambda: self._handle(request))
        if response.stream is None:
            return HttpResponse(as_json(response.body), response.code, {"content-type": JSON})
        lines = self._arriving(response.stream, self._event_lines, _seconds(request))
        return StreamingResponse(lines, 200, {"content-type": JSON})

    async def _following(self, text: str, session: Session) -> AsyncIterator[bytes]:
        """A log, and what comes behind it."""
        yield text.encode(errors="surrogateescape")
        async for data in self._arriving(session, _texts):
            yield data

    async def _arriving(
        self, source: Any, shape: Callable[[list[Any]], bytes], seconds: float = math.inf
    ) -> AsyncIterator[bytes]:
        """What a stream brings until it ends, its time is over, or the server ends all of them."""
        self._streams.add(source)
        try:
            async with aclosing(arrivals(self._pacer, source, shape, seconds, self._rest)) as batches:
                async for data in batches:
                    yield data
        finally:
            self._streams.discard(source)

    def _rest(self) -> float:
        """Seconds between two batches: who is one of many hears of more at once."""
        return REST_S * len(self._streams)

    async def _wait(self, fn: Callable[[], Any]) -> Any:
        return await answered(self._pacer, fn)

    def _check_origin(self, http: HTTPConnection) -> None:
        """A page of somebody else's must not speak to this server through a browser. Raises Forbidden."""
        host = http.headers.get("host", "")
        origin = http.headers.get("origin")
        if _name(host) not in self._hosts or (origin is not None and origin != f"https://{host}"):
            raise Forbidden("forbidden: this server answers only to its own name")


def _texts(outputs: list[tuple[str, Any]]) -> bytes:
    return "".join(text for _, text in outputs).encode(errors="surrogateescape")


def _connecting(http: HTTPConnection, how: str) -> Request:
    """The call of a subresource that wants a connection: verb create, whatever the method. Raises BadRequest."""
    asked = asked_for("POST", http.scope["raw_path"].decode("ascii"), {})
    if asked.resource != "pods" or asked.subresource not in SESSIONS:
        raise BadRequest("there is nothing here that could be upgraded to a websocket")
    params = {name: text for name, text in http.query_params.items() if name != "command"}
    body = {"command": http.query_params.getlist("command"), how: http.headers.get("upgrade", "")}
    place = (asked.namespace, asked.name, asked.subresource)
    return Request("create", "pods", "", asked.version, *place, params, body)


def _name(host: str) -> str:
    return host.rpartition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]


async def _read(http: HttpRequest) -> bytes:
    """The body. Raises RequestEntityTooLarge as soon as it is known to be, Timeout when it does not come."""
    parts, size = [], 0
    try:
        async with asyncio.timeout(REQUEST_S):
            async for part in http.stream():
                size += len(part)
                if size > BODY_LIMIT_BYTES:
                    raise RequestEntityTooLarge(f"Request entity too large: limit is {BODY_LIMIT_BYTES}")
                parts.append(part)
    except TimeoutError:
        raise Timeout("Timeout: request did not complete within the allotted timeout") from None
    return b"".join(parts)


async def _to_pass_on(http: HttpRequest, asked: dict[str, Any]) -> dict[str, Any]:
    """What a proxy sends on, in the words of forwarding. Raises RequestEntityTooLarge."""
    query = http.scope["query_string"].decode("ascii")
    given = http.headers.items()
    headers = {name.title(): text for name, text in given if name not in OURS and not name.startswith("impersonate-")}
    body = (await _read(http)).decode("latin-1")
    return {**asked, "path": f"{asked['path']}{'?' if query else ''}{query}", "headers": headers, "body": body}


def _signed(params: Mapping[str, str], agent: str) -> Mapping[str, str]:
    """The parameters of a write; who gives no name to write under is known by the first word of its agent's name."""
    name = "".join(char for char in agent.partition("/")[0] if char.isprintable())
    return {"fieldManager": name[:MANAGER_LIMIT], **params} if name else params


def _impersonated(http: HTTPConnection) -> dict[str, Any]:
    user = http.headers.get("impersonate-user", "")
    groups = tuple(http.headers.getlist("impersonate-group"))
    return {"as_user": user, "as_groups": groups} if user or groups else {}


def _seconds(request: Request) -> float:
    text = request.params.get("timeoutSeconds", "")
    return float(text) if text.isdecimal() and int(text) else WATCH_S


def _plain(error: ApiError) -> HttpResponse:
    return HttpResponse(as_json(error.status) + b"\n", error.code, {"content-type": JSON})
