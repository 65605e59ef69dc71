"""Passing a request on to a container behind a Service, to a Pod, or to a Node's kubelet.

What HTTP brings travels in the body of the request: `method`, `path` (with its query; "" is the very place of the
proxy, without a slash), `headers`, `body` (a character for each byte). The answer has the status, headers and text of
who was asked.

Source    pkg/registry/core/service/storage/storage.go and pkg/registry/core/pod/strategy.go (ResourceLocation);
          apimachinery/pkg/util/net/port_split.go, pkg/util/proxy/{upgradeaware,transport}.go
Left out  websockets, and OPTIONS; links in pages and redirects are not rewritten, X-Forwarded-For is not set; of a
          kubelet only /healthz and /stats/summary
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from k8slab.api.kinds import Kind
from k8slab.api.queries import Queries
from k8slab.api.streams import Dial, address_of
from k8slab.clock import Loop
from k8slab.wire import BadRequest, InternalError, Request, Response, ServiceUnavailable

__all__ = ["Proxy"]

Obj = dict[str, Any]

SERVICE_NAME = "kubernetes.io/service-name"
METHODS = {"create": "POST", "delete": "DELETE", "get": "GET", "patch": "PATCH", "update": "PUT"}
PORTS = {"": "80", "http": "80", "https": "443"}


class Proxy:
    """The proxy of one API server; `dial` reaches who listens at an address."""

    def __init__(self, queries: Queries, kinds: Mapping[str, Kind], loop: Loop, dial: Dial | None) -> None:
        self._queries = queries
        self._kinds = kinds
        self._loop = loop
        self._dial = dial

    def answer(self, kind: Kind, request: Request) -> Response:
        """What was answered there. Raises BadRequest, InternalError, NotFound, ServiceUnavailable."""
        scheme, name, port = _parts(kind, request.name)
        where = {"Node": self._node, "Pod": self._pod, "Service": self._service}[kind.kind]
        host = where(request._replace(name=name), port)
        host += "" if ":" in host else f":{PORTS[scheme]}"
        asked = {"method": METHODS.get(request.verb, ""), "path": "/", "headers": {}, **(request.body or {})}
        own = f"{_place(kind, request)}/{request.name}/proxy"
        path, mark, query = asked["path"].partition("?")
        if not path and asked["method"] in ("GET", "HEAD"):
            return Response(301, {}, text="", headers={"Location": f"{own}/{mark}{query}"})
        headers = {**asked["headers"], "X-Forwarded-Uri": own + path}
        asked |= {"scheme": scheme or "http", "headers": headers, "path": f"{path or '/'}{mark}{query}"}
        return self._passed_on(host, Request("get", path=path) if kind.kind == "Node" else request._replace(body=asked))

    def _passed_on(self, host: str, call: Request) -> Response:
        if self._dial is None:
            raise InternalError(f"Internal error occurred: there is no way from this server to {host}")
        try:
            return self._dial(host, call)
        except ConnectionError as error:
            raise ServiceUnavailable(f"error trying to reach service: {error}") from None

    def _service(self, request: Request, port: str) -> str:
        """The address of one of those behind a Service who are ready, and its port of this number or name."""
        service = self._queries.newest(self._kinds["Service"], request)
        if port.isdecimal():
            ports = service["spec"].get("ports") or ()
            names = [each.get("name", "") for each in ports if each["port"] == int(port)]
            if not names:
                raise ServiceUnavailable(f'no service port {int(port)} found for service "{request.name}"')
            port = names[0]
        found = list(self._endpoints(request, port))
        if not found:
            raise ServiceUnavailable(f'no endpoints available for service "{request.name}"')
        return found[self._loop.random.randrange(len(found))]

    def _endpoints(self, request: Request, port: str) -> Iterator[str]:
        selector = {"labelSelector": f"{SERVICE_NAME}={request.name}"}
        wanted = Request("list", namespace=request.namespace, params=selector)
        for slice_ in self._queries.list(self._kinds["EndpointSlice"], wanted).body["items"]:
            numbers = [each["port"] for each in slice_.get("ports") or () if each.get("name", "") == port]
            for endpoint in slice_.get("endpoints") or ():
                if numbers and (endpoint.get("conditions") or {}).get("ready", True):
                    yield f"{endpoint['addresses'][0]}:{numbers[0]}"

    def _pod(self, request: Request, port: str) -> str:
        pod = self._queries.newest(self._kinds["Pod"], request)
        address = (pod.get("status") or {}).get("podIP", "")
        if not address:
            raise BadRequest("address not allowed")
        offered = [each["containerPort"] for one in pod["spec"]["containers"] for each in one.get("ports") or ()]
        number = port or (str(offered[0]) if offered else "")
        return f"{address}:{number}" if number else str(address)

    def _node(self, request: Request, port: str) -> str:
        return address_of(self._queries.newest(self._kinds["Node"], request))


def _parts(kind: Kind, text: str) -> tuple[str, str, str]:
    """Scheme, name and port of `[SCHEME:]NAME[:PORT]`. Raises BadRequest."""
    parts = text.split(":")
    scheme, name, port = parts if len(parts) == 3 else ("", *parts, "")[:3]
    if len(parts) > 3 or scheme not in PORTS or not name:
        raise BadRequest(f'invalid {kind.singular} request "{text}"')
    return scheme, name, port


def _place(kind: Kind, request: Request) -> str:
    where = f"namespaces/{request.namespace}/" if kind.is_namespaced else ""
    return f"/api/{kind.version}/{where}{kind.plural}"
