"""The calls that the API server makes itself: to kubelets, and to the containers behind its proxy.

Source    pkg/kubelet/client/kubelet_client.go; Go's texts for what goes wrong (net/http/transport.go)
Left out  the time that an answer takes
"""

from __future__ import annotations

from k8slab.kubelet import Kubelet, ask_container, serve
from k8slab.wire import Request, Response
from k8slab.world import Vm, World

__all__ = ["dial"]


def dial(world: World, home: Vm | None, host: str, request: Request) -> Response:
    """The answer of who listens at an address, for a server on the machine `home`. Raises ConnectionError."""
    if request.subresource == "proxy":
        return _container(world, home, host, request)
    vm = world.network.vm_at(host.partition(":")[0])
    if vm is None or not world.network.reachable(home, vm):
        raise ConnectionError(f"dial tcp {host}: connect: no route to host")
    kubelet = vm.running.get("kubelet")
    if not isinstance(kubelet, Kubelet):
        raise ConnectionError(f"dial tcp {host}: connect: connection refused")
    return serve(kubelet, request)


def _container(world: World, home: Vm | None, host: str, request: Request) -> Response:
    address, _, port = host.partition(":")
    if not port.isdecimal():
        raise ConnectionError(f"dial tcp: lookup tcp/{port}: unknown port")
    connection = world.network.dial(home, address, int(port))
    if connection.container is None:
        problem = "connect: connection refused" if connection.outcome == "refused" else "i/o timeout"
        raise ConnectionError(f"dial tcp {host}: {problem}")
    if request.body["scheme"] == "https":
        raise ConnectionError("http: server gave HTTP response to HTTPS client")  # containers speak nothing else here
    reply = ask_container(connection.container, int(port), request.body, home.address if home else "")
    if reply is None:
        raise ConnectionError("EOF")
    headers = {str(name): str(text) for name, text in reply.headers.items()}
    if not 200 <= reply.status <= 999 or any(not text.isprintable() for pair in headers.items() for text in pair):
        raise ConnectionError("net/http: HTTP/1.x transport connection broken: malformed HTTP response")
    return Response(reply.status, {}, text=reply.body, headers=headers)
