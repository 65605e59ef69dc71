"""A connection from outside to a port of a pod, answered by whoever listens there.

Source    pkg/kubelet/kubelet_pods.go (GetPortForward); containerd's pkg/cri/server/sandbox_portforward_linux.go (texts)
Left out  protocols other than HTTP: a connection is a request and its reply
"""

from __future__ import annotations

import hashlib
from typing import Any

from k8slab.wire import Response
from k8slab.world import Container, HttpRequest, Reply, Sandbox

__all__ = [
    "ask_container",
    "forward_port",
]

Obj = dict[str, Any]


def forward_port(sandbox: Sandbox, options: Obj) -> Response:
    """The reply to a `request` at a `port`, nothing where the connection breaks; without a request, who listens."""
    port = int(options.get("port") or 0)
    if not port:
        return Response(200, {})
    container = next((one for one in sandbox.containers.values() if port in one.listening), None)
    if container is None:
        return Response(500, {}, text=_refused(sandbox, port))
    asked = options.get("request")
    reply = ask_container(container, port, asked, "127.0.0.1") if asked else None
    if reply is None:
        return Response(200, {})
    return Response(200, {"status": reply.status, "headers": dict(reply.headers), "body": reply.body})


def ask_container(container: Container, port: int, asked: Obj, client: str) -> Reply | None:
    """The reply to what came in from the address `client`; None when the connection breaks.

    `asked` is a `method`, a `path`, `headers` and a `body`, in which each character is a byte.
    """
    headers = dict(asked.get("headers") or {})
    body = str(asked.get("body") or "").encode("latin-1").decode("utf-8", "surrogateescape")
    host = headers.get("Host", "").partition(":")[0]
    return container.ask(HttpRequest(asked["path"], asked["method"], host, port, headers, body, client))


def _refused(sandbox: Sandbox, port: int) -> str:
    number = hashlib.sha256(f"{sandbox.uid}/{sandbox.attempt}".encode()).hexdigest()
    namespace = f'namespace "/var/run/netns/cni-{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}"'
    problem = f"IPv4: dial tcp4 127.0.0.1:{port}: connect: connection refused "
    problem += f"IPv6 dial tcp6 [::1]:{port}: connect: connection refused "
    where = f"failed to execute portforward in network {namespace}: failed to connect to localhost:{port}"
    return f"error forwarding port {port} to pod {number}, uid : {where} inside {namespace}, {problem}"
