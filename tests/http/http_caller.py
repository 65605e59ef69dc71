"""A client that knows nothing but the standard library."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml

from k8slab.http import HttpServer

JSON = "application/json"


class Reply(NamedTuple):
    """What came back."""

    code: int
    body: Any
    headers: http.client.HTTPMessage


class Caller:
    """Sends requests to one server; `token` and `certificate` tell who asks."""

    def __init__(self, server: HttpServer, folder: Path) -> None:
        self.server, self._folder = server, folder
        config = yaml.safe_load(server.kubeconfig.read_text("utf-8"))
        self.user = config["users"][0]["user"]
        self.root = _decoded(config["clusters"][0]["cluster"]["certificate-authority-data"])

    def open(self, *, certificate: bool = False) -> http.client.HTTPSConnection:
        """A connection that trusts the server's authority and no other."""
        context = ssl.create_default_context(cadata=self.root)
        if certificate:
            path = self._folder / "pair.pem"
            path.write_text(_decoded(self.user["client-certificate-data"]) + _decoded(self.user["client-key-data"]))
            context.load_cert_chain(path)
        return http.client.HTTPSConnection(urlsplit(self.server.url).netloc, context=context, timeout=20)

    def headers(self, token: str | None = None, **more: str) -> dict[str, str]:
        """What a client of the admin sends; `token=""` sends none."""
        shown = self.server.token if token is None else token
        given = {name.replace("_", "-"): text for name, text in more.items()}
        return {"Accept": JSON, **({"Authorization": f"Bearer {shown}"} if shown else {}), **given}

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        certificate: bool = False,
        token: str | None = None,
        **more: str,
    ) -> Reply:
        """One request on a connection of its own."""
        connection = self.open(certificate=certificate)
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection.request(method, path, data, self.headers(token, **{"Content_Type": JSON, **more}))
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        is_json = answer.headers.get_content_type() == JSON
        return Reply(answer.status, json.loads(text) if is_json else text.decode(), answer.headers)


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()
