"""What clients do wrong hurts nobody: they are told, nothing is written, and the next one is answered."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from http_caller import Caller
from raw_caller import CLOSE, answer_to, connected, headed, rest_of
from waiting import soon

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


THING = b'{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}'
READ = "the object provided is unrecognized (must be of type ConfigMap): "


def posted(caller: Caller, body: bytes, query: str = "", media: str = "application/json") -> tuple[int, str]:
    """What the server answers to a POST of ConfigMaps: code and message."""
    reply = caller.ask("POST", CONFIGMAPS + query, body, Content_Type=media)
    return reply.code, reply.body["message"]


@pytest.mark.parametrize(
    ("body", "media", "message"),
    [
        (b"{", "application/json",
         READ + "couldn't get version/kind; json parse error: unexpected end of JSON input ({)"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "application/json", "exceeded max depth"),
        (THING + b', "data": ' + b'{"a":' * 500 + b"1" + b"}" * 501, "application/json", "exceeded max depth"),
        (THING.replace(b'"a"', b'"a", "generation": 1' + b"0" * 5000) + b"}", "application/json", "Exceeds the limit"),
        (THING.replace(b'"a"', b'"a", "generation": 1e400') + b"}", "application/json", "number 1e400"),
        (THING + b', "data": {"a": NaN}}', "application/json", "invalid character 'N' looking for beginning of value"),
        (THING + b', "data": {"a": "\0"}}', "application/json", r"invalid character '\x00' in string literal"),
        ("{}".encode("utf-16"), "application/json", "looking for beginning of value"),
        (b"a: &a [x,x]\nb: &b [*a,*a]\n" + b"c: [" + b"*b," * 200_000 + b"]", "application/yaml", "excessive aliasing"),
        (b"a: &a [*a]", "application/yaml", "value contains itself"),
        (b"[" * 10_000, "application/yaml", "exceeded max depth"),
        (b"k8s\0\xff\xff", "application/vnd.kubernetes.protobuf", READ + "unexpected EOF (6b387300ffff)"),
        (b"{}", "application/vnd.kubernetes.protobuf", READ + "provided data does not appear to be a protobuf message"),
    ],
)  # fmt: skip
def test_a_body_that_makes_no_sense_is_refused(caller: Caller, body: bytes, media: str, message: str) -> None:
    code, told = posted(caller, body, media=media)

    assert code == 400
    assert message in told


@pytest.mark.parametrize(
    ("path", "token", "code"),
    [(CONFIGMAPS, "", 403), ("/api/v1/namespaces/default/strange", None, 404), (CONFIGMAPS, None, 413)],
)
def test_what_is_too_much_is_told_only_to_those_who_may_write(
    caller: Caller, path: str, token: str | None, code: int
) -> None:
    """Source: the handler reads the body behind all filters and routes (apiserver/pkg/endpoints/handlers/create.go)."""
    assert caller.ask("POST", path, b'"' + b"x" * (3 << 20) + b'"', token=token).code == code


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=-1", 400),
        ("limit=%C2%B2", 400),
        ("limit=" + "9" * 5000, 400),
        ("resourceVersion=" + "9" * 5000, 400),
        ("watch=1&timeoutSeconds=%C2%B2", 400),
        ("watch=1&timeoutSeconds=" + "9" * 400, 400),
        ("continue=%00%ff", 400),
        ("labelSelector=%ff%00", 400),
        ("fieldSelector=((((", 400),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(caller: Caller, query: str, code: int) -> None:
    reply = caller.ask("GET", f"{CONFIGMAPS}?{query}")

    assert (reply.code, reply.body["kind"]) == (code, "Status")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/a%00b/configmaps/x%00",
        "/api/v1/namespaces/%ff%fe/configmaps/%c0%af",
        f"{CONFIGMAPS}/%zz",
        f"{CONFIGMAPS}/../secrets",
        f"{CONFIGMAPS}/..%2fsecrets",
        f"{CONFIGMAPS}/%2e%2e%2fsecrets",
        "/api/v1/namespaces/default%2fconfigmaps/a",
        "//api//v1//configmaps",
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
    ],
)
def test_a_path_that_leads_elsewhere_leads_nowhere(caller: Caller, path: str) -> None:
    assert caller.ask("GET", path).code == 404


@pytest.mark.parametrize(
    ("method", "path", "code", "message"),
    [
        ("GET", "/api/v1/strange", 404, "the server could not find the requested resource"),
        ("GET", "/api/v2", 404, "the server could not find the requested resource"),
        ("GET", "/apis/apps/v2/deployments", 404, "the server could not find the requested resource"),
        ("GET", "/apis/strange.example/v1/things", 404, ""),
        ("GET", "/apis/strange.example", 404, ""),
        ("GET", "/strange", 404, ""),
        ("POST", "/strange", 404, ""),
        ("GET", "/metrics/strange", 404, ""),
        ("GET", "/healthz/strange", 404, ""),
        ("POST", "/version", 405, "the server does not allow this method on the requested resource"),
        ("FROB", CONFIGMAPS, 405, "the server does not allow this method on the requested resource"),
        ("OPTIONS", CONFIGMAPS, 405, "the server does not allow this method on the requested resource"),
    ],
)
def test_where_nothing_is(caller: Caller, method: str, path: str, code: int, message: str) -> None:
    """Source: apiserver/pkg/server/handler.go (director), util/notfoundhandler at v1.37 (http.NotFound)."""
    reply = caller.ask(method, path)

    assert reply.code == code
    assert (reply.body["message"] if message else reply.body) == (message or "404 page not found\n")


@pytest.mark.parametrize(("method", "verb"), [("GET", "get"), ("POST", "post"), ("DELETE", "delete")])
def test_strangers_learn_of_no_path_whether_it_is_there(caller: Caller, method: str, verb: str) -> None:
    """Source: apiserver/pkg/endpoints/filters/authorization.go; responsewriters/errors.go (forbiddenMessage)."""
    replies = [caller.ask(method, path, token="") for path in ("/strange", "/metrics")]

    assert [reply.body["message"] for reply in replies] == [
        f'forbidden: User "system:anonymous" cannot {verb} path "{path}"' for path in ("/strange", "/metrics")
    ]


@pytest.mark.parametrize(
    ("path", "media", "is_sniffed"),
    [
        ("/healthz", "text/plain; charset=utf-8", False),
        ("/readyz/ping", "text/plain; charset=utf-8", False),
        ("/strange", "text/plain; charset=utf-8", False),
        ("/metrics", "text/plain; version=0.0.4; charset=utf-8", True),
        ("/version", "application/json", True),
        ("/api/v1/strange", "application/json", True),
        (CONFIGMAPS, "application/json", True),
    ],
)
def test_an_answer_says_what_it_is(caller: Caller, path: str, media: str, is_sniffed: bool) -> None:
    """Source: apiserver/pkg/server/healthz/healthz.go; Go, http.Error; filters/cachecontrol.go."""
    headers = caller.ask("GET", path).headers

    assert (headers["Content-Type"], headers["X-Content-Type-Options"]) == (media, None if is_sniffed else "nosniff")
    assert headers.get_all("Cache-Control") == ["no-cache, private"]


def test_a_request_too_many_at_once_is_sent_away(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: apiserver/pkg/server/filters/maxinflight.go; a watch is no request that counts."""
    monkeypatch.setattr(app, "MOST_AT_ONCE", 1)
    with connected(caller) as watch, connected(caller) as half:
        watch.sendall(headed(caller, f"GET {CONFIGMAPS}?watch=1"))
        watch.recv(1)
        half.sendall(headed(caller, f"POST {CONFIGMAPS}", "Content-Length: 10"))
        assert soon(lambda: len(caller.server._server.server_state.tasks) == 2)

        reply = caller.ask("GET", "/version")

    assert (reply.code, reply.headers["Retry-After"]) == (429, "1")
    assert reply.body == "Too many requests, please try again later.\n"


UPGRADE = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {'A' * 22}==")


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        ("pods/ghost/exec", ("Origin: https://evil.example",), 403),
        ("pods/ghost/exec", ("Sec-WebSocket-Protocol: v5.channel.k8s.io",), 404),
        ("pods/ghost/exec", ("Sec-WebSocket-Protocol: chat",), 400),
        ("pods/ghost/strange", (), 400),
        ("configmaps", (), 400),
    ],
)
def test_a_websocket_that_leads_nowhere_is_refused(
    caller: Caller, path: str, headers: tuple[str, ...], code: int
) -> None:
    said = answer_to(caller, headed(caller, f"GET /api/v1/namespaces/default/{path}?command=sh", *UPGRADE, *headers))

    assert said.startswith(f"HTTP/1.1 {code} ".encode())
    assert b'"kind":"Status"' in said


@pytest.mark.parametrize(
    "headers",
    [("Upgrade: h2c", "Connection: Upgrade"), ("Upgrade: SPDY/3.1", "Connection: Upgrade"), ("TE: trailers",)],
)
def test_a_protocol_that_nobody_here_speaks_is_not_changed_to(caller: Caller, headers: tuple[str, ...]) -> None:
    """Source: RFC 9110, 7.8: a server may ignore Upgrade."""
    with connected(caller) as connection:
        connection.sendall(headed(caller, "GET /version", *headers))

        assert connection.recv(15) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("token", ["a.b.c", "\xff\xfe", "x" * 20_000, "eyJhbGciOiJub25lIn0.e30.", "Bearer"])
def test_a_token_that_is_none_opens_nothing(caller: Caller, token: str) -> None:
    assert caller.ask("GET", CONFIGMAPS, token=token).code == 401


def test_a_token_of_another_cluster_opens_nothing(caller: Caller) -> None:
    with Cluster(agents=(), seed=1).serve(speed=0) as other:
        assert caller.ask("GET", CONFIGMAPS, token=other.token).code == 401
