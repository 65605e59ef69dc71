"""Requests of the API over HTTPS: a Request becomes a line and headers, an answer becomes a Response.

A server that does not answer is asked anew with every request; before that the kubeconfig is read again, for a server
that was started again may have another port, certificate and token. `losses` counts how often it was lost.

Source    staging/src/k8s.io/client-go/rest/request.go; k8s.io/kubectl/pkg/cmd/util/helpers.go (StandardErrorMessage)
Left out  exec, attach, port-forward and logs that are followed
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

from k8slab.client.over_http.door import Door
from k8slab.client.over_http.requests import headers_of, method_of, url_of
from k8slab.client.over_http.stream import LineStream
from k8slab.wire import ApiError, MethodNotAllowed, Request, Response, ServiceUnavailable

__all__ = ["OverHttp"]

CONNECT_S, ANSWER_S = 3.0, 30.0
SESSIONS = ("exec", "attach", "portforward")
REASONS = {cls.code: cls.reason for cls in reversed(ApiError.__subclasses__())}


class OverHttp:
    """The way to a server behind a door. `open_door` is called again whenever the server was lost. Thread-safe."""

    delay_s = 0.0

    def __init__(self, open_door: Callable[[], Door]) -> None:
        self._open_door = open_door
        self._door: Door | None = open_door()
        self.losses = 0
        self.user = self._door.user
        self.now = 0.0  # the server's clock at its last answer
        self._streams: set[LineStream] = set()
        self._arrivals = 0
        self._news = threading.Condition(threading.RLock())

    @property
    def is_connected(self) -> bool:
        """The server has answered the last request, and no watch has broken since."""
        return self._door is not None

    def send(self, request: Request) -> Response:
        """Answer one request. Raises ServiceUnavailable when nobody answers."""
        if request.subresource in SESSIONS:
            raise MethodNotAllowed(f"{request.subresource} is not spoken over this connection: use kubectl")
        answer = self._asked(request)
        if answer.status == 401 and request.verb != "watch":  # a token of yesterday
            self._door = None
            answer = self._asked(request)
        if request.verb == "watch" and answer.status == 200:
            with self._news:
                stream = LineStream(answer, self._ended, self._arrived)
                self._streams.add(stream)
            return Response(200, {}, stream)
        return _response(request, answer)

    def wait(self, quiet_s: float, limit_s: float) -> None:
        """Wait until nothing has arrived for `quiet_s`, but not longer than `limit_s` (real seconds)."""
        with self._news:
            for _ in range(max(1, int(limit_s / quiet_s))):
                seen = self._arrivals
                if not self._news.wait_for(lambda seen=seen: self._arrivals != seen, quiet_s):  # type: ignore[misc]
                    return

    def close(self) -> None:
        """End every watch."""
        with self._news:
            streams = list(self._streams)
        for stream in streams:
            stream.close()

    def _asked(self, request: Request) -> Any:
        """The raw answer. Raises ServiceUnavailable."""
        from urllib3 import HTTPHeaderDict
        from urllib3.exceptions import HTTPError
        from urllib3.util import Retry, Timeout

        door = self._door
        try:
            door = door or self._open_door()
            answer = door.pool.request(
                method_of(request),
                door.host + url_of(request),
                body=None if request.body is None else json.dumps(request.body).encode(),
                headers=HTTPHeaderDict([*headers_of(request), *door.headers().items()]),
                timeout=Timeout(connect=CONNECT_S, read=None if request.verb == "watch" else ANSWER_S),
                retries=Retry(total=None, connect=0, read=1, redirect=3, status=0, other=0),
                preload_content=request.verb != "watch",
            )
        except (HTTPError, OSError, ServiceUnavailable) as error:
            self._lose()
            raise _unavailable(door, error) from error
        self._door = door
        self._note(answer.headers)
        return answer

    def _note(self, headers: Mapping[str, str]) -> None:
        with suppress(ValueError, TypeError):
            self.now = parsedate_to_datetime(headers.get("date", "")).timestamp()

    def _lose(self) -> None:
        """The server is away: what its watches would have told is lost, too."""
        if self._door is not None or not self.losses:
            self.losses += 1
        self._door = None
        self.close()

    def _ended(self, stream: LineStream, is_broken: bool) -> None:
        with self._news:
            self._streams.discard(stream)
            if is_broken and self._door is not None:
                self.losses += 1
                self._door = None

    def _arrived(self) -> None:
        with self._news:
            self._arrivals += 1
            self._news.notify_all()


def _response(request: Request, answer: Any) -> Response:
    text = answer.data.decode("utf-8", "replace")
    if answer.headers.get("content-type", "").startswith("text/") and answer.status < 400:
        return Response(answer.status, {}, text=text)
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if answer.status >= 400 and not (isinstance(body, dict) and body.get("kind") == "Status"):
        body = _status(answer.status, text)
    revision = "" if request.verb in ("get", "list") else ((body or {}).get("metadata") or {}).get("resourceVersion")
    warnings = tuple(_warning(line) for line in answer.headers.getlist("warning"))
    number = int(revision) if revision and revision.isdecimal() else 0
    return Response(answer.status, body, revision=number, warnings=warnings)


def _status(code: int, text: str) -> dict[str, Any]:
    """The Status for an answer that is none, as of a proxy in between."""
    message = text.strip()[:500] or f"the server answered {code} without a word"
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    return {**status, "reason": REASONS.get(code, "ServiceUnavailable" if code in (502, 504) else ""), "code": code}


def _warning(line: str) -> str:
    """The text in `299 - "text"`."""
    text = line.partition('"')[2].rpartition('"')[0]
    return text.replace('\\"', '"').replace("\\\\", "\\")


def _unavailable(door: Door | None, error: Exception) -> ServiceUnavailable:
    if door is None or isinstance(error, ServiceUnavailable):
        return ServiceUnavailable(str(error))
    cause: Any = error
    while getattr(cause, "reason", None) is not None and isinstance(cause.reason, Exception):
        cause = cause.reason
    if "refused" in str(cause):
        where = door.host.partition("://")[2]
        return ServiceUnavailable(
            f"The connection to the server {where} was refused - did you specify the right host or port?"
        )
    return ServiceUnavailable(f"Unable to connect to the server: {cause}")
