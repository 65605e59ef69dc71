"""Connections that are forwarded to the port of a pod."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import pytest
from http_caller import Caller
from websocket_caller import Socket

from k8slab import Cluster
from k8slab.http.spdy import Spdy
from k8slab.world import Behaviour, Reply

PODS = "/api/v1/namespaces/default/pods"
TUNNEL = "SPDY/3.1+portforward.k8s.io"
CHANNELS = "v4.channel.k8s.io"
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Echo(Behaviour):
    """Says what it was asked."""

    ports = (80,)

    def on_request(self, request: Any) -> Any:
        if request.path == "/crash":
            raise RuntimeError("out of stock")
        if request.path == "/odd":
            return Reply(200, "", headers={"X": "a\nb"})
        text = f"{request.method} {request.path} {request.host} {request.port} {request.body}"
        return Reply(201, text, headers={"content-type": "text/odd"})


class Tunnel:
    """A client of a tunnel; `read` collects what comes on each stream until one of them has ended."""

    def __init__(self, caller: Caller, name: str = "web") -> None:
        self.socket = Socket(caller, f"{PODS}/{name}/portforward", (TUNNEL,))
        self.spdy = Spdy()
        self.said: dict[int, bytes] = {}
        self.others: list[tuple[int, int]] = []
        self._ended: set[int] = set()

    def open(self, port: int = 80, request_id: str = "0", streams: tuple[int, int] = (1, 3)) -> None:
        """Open both streams of a connection."""
        for stream, kind in zip(streams, ("error", "data"), strict=True):
            headers = {"streamtype": kind, "port": str(port), "requestid": request_id}
            self.socket.send(self.spdy.syn_stream(stream, headers))

    def say(self, data: bytes, stream: int = 3, *, is_last: bool = False) -> None:
        """Send something on a stream."""
        self.socket.send(self.spdy.data(stream, data, is_last=is_last))

    def read(self, *, until: bytes = b"", end: int = 0) -> None:
        """Listen until a text has come on a data stream, or a stream has ended."""
        while not (end and end in self._ended) and not (until and until in self.said.get(3, b"")):
            message = self.socket.receive()
            assert message is not None, "the tunnel has ended"
            for frame in self.spdy.feed(message):
                self.said[frame.stream] = self.said.get(frame.stream, b"") + frame.data
                self.others += [(frame.type, frame.stream)] if frame.type else []
                self._ended |= {frame.stream} if frame.is_last else set()

    def __enter__(self) -> Tunnel:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.socket.close()


@pytest.fixture
def tunnel(caller: Caller, cluster: Cluster) -> Any:
    """A tunnel to a pod that echoes at port 80."""
    cluster.image("shop/echo", Echo)
    spec = {"containers": [{"name": "main", "image": "shop/echo"}]}
    cluster.client.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec})
    cluster.run("10s")
    with Tunnel(caller) as made:
        yield made


def test_a_request_is_answered_by_the_container(tunnel: Tunnel) -> None:
    """Source: k8s.io/kubelet/pkg/cri/streaming/portforward/httpstream.go."""
    tunnel.open()

    tunnel.say(b"POST /a?b=c HTTP/1.1\r\nHost: localhost:8080\r\nContent-Length: 3\r\n\r\nx\xc3")
    tunnel.say(b"\xa9")
    tunnel.read(until="xé".encode())

    head, _, body = tunnel.said[3].partition(b"\r\n\r\n")
    assert head.splitlines() == [b"HTTP/1.1 201 Created", b"Content-Type: text/odd", b"Content-Length: 28"]
    assert body.decode() == "POST /a?b=c localhost 80 xé"
    assert tunnel.others == [(2, 1), (2, 3)]


def test_a_connection_is_kept_and_closed_as_its_client_wants(tunnel: Tunnel) -> None:
    tunnel.open()
    tunnel.say(GET)
    tunnel.read(until=b"GET / localhost 80")

    tunnel.say(b"HEAD /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    tunnel.read(end=3)

    assert tunnel.said[3].count(b"HTTP/1.1 201 Created") == 2
    assert tunnel.said[3].endswith(b"\r\n\r\n") and tunnel.said[1] == b""


def test_the_end_of_a_client_is_the_end_of_its_connection(tunnel: Tunnel) -> None:
    tunnel.open()

    tunnel.say(b"", is_last=True)
    tunnel.read(end=3)

    assert tunnel.said == {1: b"", 3: b""}


def test_where_nobody_listens_the_error_says_so(tunnel: Tunnel) -> None:
    """Source: containerd, sandbox_portforward_linux.go."""
    tunnel.open(81)

    tunnel.read(end=1)

    assert tunnel.said[1].startswith(b"error forwarding port 81 to pod ")
    assert b"dial tcp4 127.0.0.1:81: connect: connection refused" in tunnel.said[1]


@pytest.mark.parametrize(
    ("said", "heard", "problem"),
    [
        (b"GET /crash HTTP/1.1\r\nHost: x\r\n\r\n", b"", b""),
        (b"GET /odd HTTP/1.1\r\nHost: x\r\n\r\n", b"", b"Illegal header value b'a\\nb'"),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"HTTP/1.1 400 Bad Request", b""),
    ],
)
def test_a_connection_breaks_where_nothing_can_be_answered(
    tunnel: Tunnel, said: bytes, heard: bytes, problem: bytes
) -> None:
    tunnel.open()

    tunnel.say(said)
    tunnel.read(end=3)

    assert (tunnel.said[3].splitlines()[:1] or [b""], tunnel.said[1]) == ([heard], problem)


def test_connections_do_not_disturb_each_other(tunnel: Tunnel) -> None:
    tunnel.open(81, "0", (5, 7))
    tunnel.open(80, "1")

    tunnel.say(GET)
    tunnel.read(until=b"GET / localhost 80")

    assert tunnel.said[5].startswith(b"error forwarding") and tunnel.said[1] == b""


@pytest.mark.parametrize(
    "headers",
    [
        {"streamtype": "odd", "port": "80", "requestid": "0"},
        {"streamtype": "data", "port": "0", "requestid": "0"},
        {"streamtype": "data", "port": "x", "requestid": "0"},
        {},
    ],
)
def test_a_stream_that_makes_no_sense_is_refused(tunnel: Tunnel, headers: dict[str, str]) -> None:
    tunnel.socket.send(tunnel.spdy.syn_stream(1, headers) + tunnel.spdy.ping(1))
    message = (tunnel.socket.receive() or b"") + (tunnel.socket.receive() or b"")

    assert [(frame.type, frame.stream) for frame in tunnel.spdy.feed(message)] == [(3, 1), (6, 1)]


def test_what_is_no_spdy_ends_the_tunnel(tunnel: Tunnel) -> None:
    tunnel.socket.send(b"GET / HTTP/1.1\r\n\r\n")

    assert tunnel.socket.receive() is None


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [("none", 404, 'pods "none" not found'), ("waiting", 400, "pod waiting does not have a host assigned")],
)
def test_what_cannot_be_forwarded_to(caller: Caller, cluster: Cluster, name: str, code: int, text: str) -> None:
    containers = [{"name": "main", "image": "nginx:1.27"}]
    spec = {"containers": containers, "nodeSelector": {"no": "such"}}
    cluster.client.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "waiting"}, "spec": spec})

    with Socket(caller, f"{PODS}/{name}/portforward", (TUNNEL,)) as socket:
        assert (socket.code, socket.refusal["message"]) == (code, text)


@pytest.fixture
def echo(cluster: Cluster) -> None:
    """A pod that echoes at port 80."""
    cluster.image("shop/echo", Echo)
    spec = {"containers": [{"name": "main", "image": "shop/echo"}]}
    cluster.client.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec})
    cluster.run("10s")


@pytest.mark.usefixtures("echo")
@pytest.mark.parametrize(("offered", "chosen"), [(("v5.channel.k8s.io", CHANNELS), CHANNELS), ((), "")])
def test_older_clients_number_their_channels(caller: Caller, offered: tuple[str, ...], chosen: str) -> None:
    """Source: k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go: two channels for a port, its number first."""
    with Socket(caller, f"{PODS}/web/portforward?ports=81,80", offered) as socket:
        begin = [socket.receive() for _ in range(4)]
        refused = socket.receive() or b""
        socket.send(b"\x02" + GET)
        answer = socket.receive() or b""

    assert (socket.protocol, begin) == (chosen, [b"\x00Q\x00", b"\x01Q\x00", b"\x02P\x00", b"\x03P\x00"])
    assert refused.startswith(b"\x01error forwarding port 81 to pod ")
    assert answer.startswith(b"\x02HTTP/1.1 201 Created") and answer.endswith(b"GET / localhost 80 ")


@pytest.mark.usefixtures("echo")
def test_channels_end_with_the_last_of_their_connections(caller: Caller) -> None:
    with Socket(caller, f"{PODS}/web/portforward?ports=80&ports=443&ports=80", (CHANNELS,)) as socket:
        begin = [socket.receive() for _ in range(7)]
        for message in (b"", b"\x01no", b"\x02no", b"\x09no", b"\x00" + GET, b"\x04x\r\n\r\n"):
            socket.send(message)
        socket.send(b"\x00GET /crash HTTP/1.1\r\nHost: x\r\n\r\n")
        said = [socket.receive() for _ in range(3)]

    assert [message[:2] for message in begin if message][-1] == b"\x03e"
    assert [message and message[:13] for message in said] == [b"\x00HTTP/1.1 201", b"\x04HTTP/1.1 400", None]


@pytest.mark.usefixtures("echo")
@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", 'query parameter "port" is required'),
        ("?ports=", 'query parameter "port" cannot be empty'),
        ("?ports=80,x", 'unable to parse "x" as a port'),
        ("?ports=65536", 'unable to parse "65536" as a port'),
    ],
)
def test_channels_want_ports(caller: Caller, query: str, text: str) -> None:
    """Source: k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go, NewV4Options."""
    with Socket(caller, f"{PODS}/web/portforward{query}", (CHANNELS,)) as socket:
        assert (socket.code, socket.refusal["message"]) == (400, text)
