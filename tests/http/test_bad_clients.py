"""What clients do wrong hurts nobody: they are told, nothing is written, and the next one is answered."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from http_caller import Caller
from raw_caller import CLOSE, answer_to, connected, headed, rest_of

from k8slab import Cluster
from k8slab.http import app, connections

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
JSON = "Content-Type: application/json"


@pytest.fixture(autouse=True)
def _no_harm_is_done(caller: Caller, cluster: Cluster, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing is written or said, nobody is kept, and the next good request is answered."""
    before = cluster.etcd.revision
    yield
    assert caller.ask("GET", "/healthz").code == 200
    assert cluster.etcd.revision == before
    assert soon(lambda: not caller.server._server.server_state.tasks)
    assert capfd.readouterr().err == ""


def soon(condition: Callable[[], bool]) -> bool:
    """The condition comes true within ten seconds."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"\0\1\2\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"GET /version HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 100_000, b"HTTP/1.1 431 Request Header Fields Too Large"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000, b"HTTP/1.1 431 Request Header Fields Too Large"),
        (b"GET /" + b"a" * 100_000, b"HTTP/1.1 431 Request Header Fields Too Large"),
    ],
)  # fmt: skip
def test_what_is_no_http_is_told_so(caller: Caller, sent: bytes, answer: bytes) -> None:
    """Source: Go, net/http/server.go, (*conn).serve."""
    said = answer_to(caller, sent)

    assert said.startswith(answer + b"\r\n")
    assert said.endswith(b"\r\n\r\n" + answer.removeprefix(b"HTTP/1.1 "))


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 2", "Content-Length: 5"),
        ("Content-Length: -1",),
        ("Content-Length: 2_0",),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: \x0bchunked",),
    ],
)
def test_a_request_whose_end_is_doubtful_is_refused(caller: Caller, headers: tuple[str, ...]) -> None:
    """Source: RFC 9112, 6.3; Go answers 400, and 501 for an encoding that it does not know."""
    smuggled = b"{}" + headed(caller, "DELETE /api/v1/namespaces/default")

    said = answer_to(caller, headed(caller, f"POST {CONFIGMAPS}", JSON, *headers, body=smuggled))

    assert said.split(b" ", 2)[1] in (b"400", b"501")
    assert said.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("body", [b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}extra\r\n0\r\n\r\n", b"-1\r\n{}"])
def test_a_body_in_broken_pieces_is_refused(caller: Caller, body: bytes) -> None:
    said = answer_to(caller, headed(caller, f"POST {CONFIGMAPS}", JSON, "Transfer-Encoding: chunked", body=body))

    assert said.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00" * 50, b""])
def test_what_is_no_tls_is_hung_up_on(caller: Caller, sent: bytes) -> None:
    with connected(caller, tls=False) as plain:
        plain.sendall(sent)
        plain.shutdown(socket.SHUT_WR)

        assert b"HTTP" not in rest_of(plain)


@pytest.mark.parametrize(
    "sent", [b"", b"GET /version HTT", b"GET /version HTTP/1.1\r\nHost: x\r\nA: ", b"GET /version HTTP/1.1\r\nHost: ("]
)
def test_headers_that_never_end_are_waited_for_a_while(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """Source: secure_serving.go, ReadHeaderTimeout."""
    monkeypatch.setattr(connections, "HEADER_S", 0.2)

    assert answer_to(caller, sent) == b""


def test_so_are_those_of_a_second_request(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_S", 0.2)

    with connected(caller) as connection:
        connection.sendall(headed(caller, "GET /version"))
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
        connection.sendall(b"GET /version HTT")

        assert b"HTTP/1.1" not in rest_of(connection)


def test_a_body_that_never_ends_is_waited_for_a_while(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: apiserver/pkg/server/filters/timeout.go; kube-apiserver's --request-timeout is 60 s."""
    monkeypatch.setattr(app, "REQUEST_S", 0.2)

    said = answer_to(caller, headed(caller, f"POST {CONFIGMAPS}", JSON, "Content-Length: 100", CLOSE, body=b"{"))

    assert said.startswith(b"HTTP/1.1 504 ")
    assert b'"Timeout: request did not complete within the allotted timeout"' in said


@pytest.mark.parametrize("sent", [b"", b'{"apiVersion": "v1", "kind": "Conf'])
def test_who_leaves_in_the_middle_of_a_body_is_forgotten(caller: Caller, sent: bytes) -> None:
    with connected(caller) as connection:
        connection.sendall(headed(caller, f"POST {CONFIGMAPS}", JSON, "Content-Length: 100", body=sent))
        assert soon(lambda: bool(caller.server._server.server_state.tasks))

    assert soon(lambda: not caller.server._server.server_state.connections)


def watchers(cluster: Cluster) -> int:
    """How many watches are open on ConfigMaps."""
    return sum(len(cache.watchers()) for cache in cluster.api._caches.values() if cache.kind.kind == "ConfigMap")


def test_who_leaves_a_watch_is_forgotten(caller: Caller, cluster: Cluster) -> None:
    before = watchers(cluster)
    for _ in range(20):
        with connected(caller) as connection:
            connection.sendall(headed(caller, f"GET {CONFIGMAPS}?watch=1"))
            assert connection.recv(15) == b"HTTP/1.1 200 OK"

    assert soon(lambda: watchers(cluster) == before)


def test_a_connection_too_many_is_sent_away(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: apiserver/pkg/server/filters/maxinflight.go, tooManyRequests."""
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 1)
    with connected(caller) as first:
        first.sendall(headed(caller, "GET /version"))
        first.recv(1)

        said = answer_to(caller, headed(caller, "GET /version"))

    assert said.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert b"\r\nretry-after: 1\r\n" in said and said.endswith(b"Too many requests, please try again later.\n")
