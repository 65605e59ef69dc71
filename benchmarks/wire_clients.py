"""The clients of the benchmarks, each a process of its own: python wire_clients.py NAME PORT TOKEN.

They print one figure. What they cost themselves is part of it, as it is for everybody who uses such a client.
"""

from __future__ import annotations

import http.client
import json
import selectors
import socket
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIGS = "/api/v1/namespaces/default/configmaps"
COUNT = 1000
WATCHERS, EVENTS_PER_S, SECONDS = 500, 200, 5
ADDED = b'"type":"ADDED"'


def trusting() -> ssl.SSLContext:
    """A context that believes every certificate: what is measured is not the trust."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def config(number: int) -> dict[str, object]:
    """An object of 1 kB."""
    return {"metadata": {"name": f"c{number}"}, "data": {"text": "x" * 700}}


class Bare:
    """A connection of the standard library."""

    def __init__(self, port: str, token: str) -> None:
        self._connection = http.client.HTTPSConnection(f"127.0.0.1:{port}", context=trusting())
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: object = None) -> bytes:
        """One request."""
        self._connection.request(method, path, json.dumps(body) if body else None, self._headers)
        answer = self._connection.getresponse()
        data = answer.read()
        assert answer.status in (200, 201), data
        return data


def creates(port: str, token: str) -> None:
    """Creates in a second."""
    bare = Bare(port, token)
    start = time.perf_counter()
    for number in range(COUNT):
        bare.ask("POST", CONFIGS, config(number))
    print(COUNT / (time.perf_counter() - start))


def gets(port: str, token: str) -> None:
    """Gets in a second."""
    bare = Bare(port, token)
    bare.ask("POST", CONFIGS, config(0))
    start = time.perf_counter()
    for _ in range(COUNT):
        bare.ask("GET", f"{CONFIGS}/c0")
    print(COUNT / (time.perf_counter() - start))


def official(port: str, token: str) -> None:
    """Creates in a second by the official client."""
    from kubernetes import client

    settings = client.Configuration()
    settings.host, settings.verify_ssl = f"https://127.0.0.1:{port}", False
    settings.api_key = {"authorization": f"Bearer {token}"}
    api = client.CoreV1Api(client.ApiClient(settings))

    def create(number: int) -> None:
        metadata = client.V1ObjectMeta(name=f"c{number}")
        api.create_namespaced_config_map("default", client.V1ConfigMap(metadata=metadata, data={"text": "x" * 700}))

    create(0)
    start = time.perf_counter()
    for number in range(1, COUNT + 1):
        create(number)
    print(COUNT / (time.perf_counter() - start))


def watchers(port: str, token: str) -> None:
    """How long after the last of the events of some seconds the last watcher has heard of it, in seconds."""
    selector = selectors.DefaultSelector()
    ask = (
        f"GET {CONFIGS}?watch=1&resourceVersion=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    for _ in range(WATCHERS):
        connection = trusting().wrap_socket(socket.create_connection(("127.0.0.1", int(port))))
        connection.sendall(ask.encode())
        connection.recv(65536)  # the headers: from now on it is heard
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ)

    def write() -> None:
        bare, start = Bare(port, token), time.perf_counter()
        for number in range(EVENTS_PER_S * SECONDS):
            time.sleep(max(0.0, start + number / EVENTS_PER_S - time.perf_counter()))
            bare.ask("POST", CONFIGS, config(number))

    rest: dict[ssl.SSLSocket, bytes] = {}
    writer, start, heard = threading.Thread(target=write), time.perf_counter(), 0
    writer.start()
    while heard < WATCHERS * EVENTS_PER_S * SECONDS:
        assert time.perf_counter() - start < 120, heard
        for key, _ in selector.select(1):
            heard += _arrived(key.fileobj, rest)  # type: ignore[arg-type]
    end = time.perf_counter()
    writer.join()
    print(end - start - SECONDS)


def _arrived(connection: ssl.SSLSocket, rest: dict[ssl.SSLSocket, bytes]) -> int:
    """How many events a connection brings now; `rest` is what may be the beginning of one more."""
    count = 0
    try:
        while data := connection.recv(65536):
            data = rest.get(connection, b"") + data
            count += data.count(ADDED)
            rest[connection] = data[1 - len(ADDED) :]
    except ssl.SSLWantReadError:
        pass
    return count


def stub(port: str, token: str) -> None:
    """A server of the standard library with the certificate of the file `port`, for ever.

    What it answers stands in the file `token`, as JSON: {path: [media type, text]}; to every POST it answers with "".
    """
    pair, answers = Path(port), json.loads(Path(token).read_text())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize, disable_nagle_algorithm = -1, True

        def do_GET(self) -> None:
            self.answer(200, *answers[self.path])

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(201, *answers[""])

        def answer(self, code: int, media: str, text: str) -> None:
            self.send_response(code)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


CLIENTS = {"creates": creates, "gets": gets, "official": official, "watchers": watchers, "stub": stub}

if __name__ == "__main__":
    CLIENTS[sys.argv[1]](*sys.argv[2:])
