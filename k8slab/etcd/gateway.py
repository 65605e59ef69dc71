"""The JSON gateway of an etcd server: questions and answers over HTTP, and streams of answers.

One connection stays open for questions. Before each use it is looked at, and opened anew when the server has
closed it, so that no question has to be asked twice: nobody could say whether the first had been heard.

Whoever asks may hold up everybody else. So after one question that was not answered in time the server is taken for
away at once, until a thread that asks on has heard from it.

Source    etcd-io/etcd, api/etcdserverpb/rpc.proto (the paths are its google.api.http options), api/v3rpc/rpctypes
Left out  TLS, users and passwords, clusters of several servers
"""

from __future__ import annotations

import json
import select
import socket
from base64 import b64decode, b64encode
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Event as Signal
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from .protocol import Compacted, FutureRevision, KeyValue, LeaseNotFound, RequestTooLarge, StoreUnavailable

__all__ = [
    "Answers",
    "Gateway",
    "decoded",
    "encoded",
    "key_range",
    "key_value",
]

Obj = dict[str, Any]

TIMEOUT_S, RETRY_S = 1.5, 0.1
UNAVAILABLE = {1, 4, 8, 14}  # gRPC's codes Canceled, DeadlineExceeded, ResourceExhausted, Unavailable


class Gateway:
    """One server. Raises ValueError for a URL that is not `http://HOST:PORT`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/") or parts.username:
            raise ValueError(f'the URL of an etcd server is like "http://127.0.0.1:2379", not {url!r}')
        self.url = url.rstrip("/")
        self._address = parts.hostname, parts.port or 2379
        self._connection = HTTPConnection(*self._address, timeout=TIMEOUT_S)
        self._is_over = Signal()
        self._asking_on: Thread | None = None

    def ask(self, path: str, question: Obj) -> Obj:
        """Answer one question. Raises StoreUnavailable, and what the server's refusal stands for."""
        if self._asking_on is not None and self._asking_on.is_alive():
            raise self.unavailable("timed out")
        connection = self._connection
        if connection.sock is not None and select.select([connection.sock], [], [], 0)[0]:
            connection.close()  # nothing was asked, so all that can be read is the end
        try:
            connection.request("POST", f"/v3/{path}", json.dumps(question))
            response = connection.getresponse()
            body = json.loads(response.read() or b"{}")
        except (OSError, HTTPException, ValueError) as error:
            connection.close()
            if isinstance(error, TimeoutError):
                self._ask_on()
            raise self.unavailable(error) from error
        if response.status != 200 or "error" in body:
            raise self._refusal(body)
        answer: Obj = body.get("result", body)
        return answer

    def stream(self, path: str, question: Obj, *, timeout_s: float | None = TIMEOUT_S) -> Answers:
        """The answers to one question, over a connection of their own. Raises StoreUnavailable."""
        connection = HTTPConnection(*self._address, timeout=TIMEOUT_S)
        try:
            connection.request("POST", f"/v3/{path}", json.dumps(question))
            assert isinstance(connection.sock, socket.socket)
            answers = Answers(self, connection.sock, connection.getresponse())
            answers.wait(timeout_s)
            return answers
        except (OSError, HTTPException) as error:
            connection.close()
            raise self.unavailable(error) from error

    def close(self) -> None:
        """Close the connection."""
        self._is_over.set()
        if self._asking_on is not None:
            self._asking_on.join()
        self._connection.close()

    def unavailable(self, error: object) -> StoreUnavailable:
        """The error that says that this server does not answer."""
        return StoreUnavailable(f"etcd at {self.url} does not answer: {error}")

    def _ask_on(self) -> None:
        self._asking_on = Thread(target=self._until_it_answers, name="etcd-away", daemon=True)
        self._asking_on.start()

    def _until_it_answers(self) -> None:
        while not self._is_over.is_set():
            connection = HTTPConnection(*self._address, timeout=TIMEOUT_S)
            try:
                connection.request("POST", "/v3/kv/range", json.dumps({"key": encoded("\0")}))
                connection.getresponse()
                return
            except (OSError, HTTPException):
                self._is_over.wait(RETRY_S)
            finally:
                connection.close()

    def _refusal(self, body: Obj) -> Exception:
        text, code = body.get("message") or str(body.get("error")), body.get("code")
        for known in (FutureRevision(), LeaseNotFound(), Compacted(0), RequestTooLarge()):
            if text == str(known):
                return known
        return StoreUnavailable(f"etcd at {self.url}: {text}") if code in UNAVAILABLE else ValueError(text)


class Answers:
    """A stream of answers that another thread may end."""

    def __init__(self, gateway: Gateway, sock: socket.socket, response: HTTPResponse) -> None:
        self._gateway = gateway
        self._socket = sock
        self._response = response

    def __iter__(self) -> Iterator[Obj]:
        """Each answer as it arrives. Raises StoreUnavailable when the server ends the stream or is silent too long."""
        try:
            while line := self._response.readline():
                answer = json.loads(line)
                if "result" not in answer:
                    raise self._gateway.unavailable(answer)
                yield answer["result"]
        except (OSError, HTTPException, ValueError) as error:
            raise self._gateway.unavailable(error) from error
        raise self._gateway.unavailable("the stream has ended")

    def wait(self, timeout_s: float | None) -> None:
        """Wait so long, and no longer, for each answer (None: for ever)."""
        self._socket.settimeout(timeout_s)

    def close(self) -> None:
        """End the stream; whoever waits for it gets StoreUnavailable."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it was closed already

    def release(self) -> None:
        """Give back what the stream holds, once nobody reads it any more."""
        self._response.close()
        self._socket.close()


def encoded(data: str | bytes) -> str:
    """Bytes, or a text's UTF-8, as they travel in JSON."""
    return b64encode(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data).decode()


def decoded(data: str) -> str:
    """The text in bytes that travelled in JSON; what is no UTF-8 is replaced."""
    text = b64decode(data)
    try:
        return text.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return text.decode("utf-8", "replace")


def key_range(prefix: str, after: str = "") -> Obj:
    """The keys that start with a prefix and sort after a key, as the server wants to be told."""
    first = after + "\0" if after and after >= prefix else prefix
    first_bytes = prefix.encode()
    beyond = first_bytes[:-1] + bytes([first_bytes[-1] + 1]) if first_bytes else b"\0"
    return {"key": encoded(first or "\0"), "range_end": encoded(beyond)}


def key_value(found: Obj) -> KeyValue:
    """One version of a key as the server tells it; what is zero or empty is left out there.

    The value is what the JSON says, or a text when it is none: then somebody else has written it.
    """
    create, mod, version, lease = (
        int(found.get(name, 0)) for name in ("create_revision", "mod_revision", "version", "lease")
    )
    text = decoded(found.get("value", ""))
    try:
        value = json.loads(text) if version else None
    except ValueError:
        value = text
    return KeyValue(decoded(found["key"]), value, create, mod, version, lease)
