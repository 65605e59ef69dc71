"""An Ingress controller that runs as a container: reads Ingresses, forwards requests to endpoints, says where it is.

Watches   Ingresses and IngressClasses, Services and EndpointSlices.
Compares  an Ingress' status with the addresses of the controller's own Service.
Writes    the status of the Ingresses of its class, and an event for each that it takes on.
Source    kubernetes/ingress-nginx (internal/ingress/controller, internal/ingress/status; --publish-service;
          proxy-next-upstream "error timeout", 3 tries; its pages for 404, 502, 503 and 504)
Left out  TLS (a request on port 443 is refused), annotations, its ConfigMap, its admission webhook, leader election
          (each replica writes the same status), weights and sticky sessions
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from k8slab.client import Client, Informers, Recorder
from k8slab.objects import Key, key_of
from k8slab.proxy.endpoints import Backend, endpoints_of, usable
from k8slab.proxy.ingress_rules import Target, is_of_class, route
from k8slab.proxy.request import Requests
from k8slab.proxy.rules import SERVICE_NAME
from k8slab.wire import ApiError
from k8slab.world import Behaviour, Container, HttpRequest, PassedOn, Reply

__all__ = [
    "CONTROLLER",
    "IngressController",
    "ingress_nginx",
]

Obj = dict[str, Any]

CONTROLLER = "k8s.io/ingress-nginx"
SERVICE = "ingress-nginx-controller"
HEALTH_PORT = 10254
TRIES = 3
STATUS_S = 1.0
PAGE = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
REASONS = {404: "Not Found", 502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}


def ingress_nginx(connect: Callable[[Container], Client], requests: Requests) -> type[Behaviour]:
    """What a container of the controller's image does; `connect` gives it the client of its service account."""

    class IngressNginx(Behaviour):
        """ingress-nginx."""

        ports: ClassVar[tuple[int, ...]] = (80, HEALTH_PORT)
        size_bytes: ClassVar[int] = 110 * 1024 * 1024
        memory_bytes: ClassVar[int] = 90 * 1024 * 1024
        controller: IngressController

        def start(self) -> None:
            """Begin to watch, and listen."""
            self.controller = IngressController(connect(self.container), self.container, requests)
            super().start()

        def on_request(self, request: HttpRequest) -> Reply:
            """Forward a request; the port of the probes is answered at once."""
            if request.port == HEALTH_PORT:
                return Reply(200, "ok")
            return self.controller.answer(request)

        def passes_on(self, request: HttpRequest) -> PassedOn | None:
            """Where a flow goes from here."""
            return None if request.port == HEALTH_PORT else self.controller.next_of(request)

        def ended(self) -> None:
            """Let go of the watches."""
            self.controller.stop()

    return IngressNginx


class IngressController:
    """What one replica knows."""

    def __init__(self, client: Client, container: Container, requests: Requests) -> None:
        self._client = client
        self._container = container
        self._requests = requests
        self._loop = container.sandbox.vm.loop
        self._recorder = Recorder(client, self._loop, "nginx-ingress-controller")
        self._turns: dict[Target, int] = {}
        self._is_waiting = False
        self._informers = Informers(client, self._loop)
        self._classes = self._informers.of("IngressClass")
        self._ingresses = self._informers.of("Ingress")
        self._services = self._informers.of("Service")
        self._slices = self._informers.of("EndpointSlice")
        self._slices.add_index("service", lambda slice_: [_service_of(slice_)])
        self._ingresses.on_change(self._ingress_changed)
        self._slices.on_change(lambda old, new: container.sandbox.vm.network.changed())
        for informer in (self._services, self._classes):
            informer.on_change(lambda old, new: self._changed())
        self._informers.start()

    def stop(self) -> None:
        """Let go of the watches."""
        self._informers.stop()

    def answer(self, request: HttpRequest) -> Reply:
        """Forward a request to one of the endpoints behind the rule that fits."""
        target = route(self._own(), request.host, request.path)
        if target is None:
            return _page(404)
        backends = self._backends(target)
        if not backends:
            return _page(503)
        turn = self._turns[target] = self._turns.get(target, -1) + 1
        took_s, status = 0.0, 502
        for number in range(min(TRIES, len(backends))):
            backend = backends[(turn + number) % len(backends)]
            answer = self._ask(backend, request)
            took_s += answer.latency_s
            if answer.status not in (0, 504):
                return answer._replace(latency_s=took_s)
            status = answer.status or 502
        return _page(status)._replace(latency_s=took_s)

    def next_of(self, request: HttpRequest) -> PassedOn | None:
        """The endpoints that `answer` takes in turn; None when it has only a page of its own."""
        target = route(self._own(), request.host, request.path)
        backends = self._backends(target) if target is not None else []
        urls = tuple(f"http://{backend.address}:{backend.port}" for backend in backends)
        return PassedOn(urls, request.host, min(TRIES, len(urls))) if urls else None

    def _ask(self, backend: Backend, request: HttpRequest) -> Reply:
        """What an endpoint answers; status 0 when there is nobody, 504 when nothing comes back."""
        sandbox = self._container.sandbox
        forwarded = {"X-Real-IP": request.client, "X-Forwarded-For": request.client, "X-Forwarded-Host": request.host}
        url = f"http://{backend.address}:{backend.port}{request.path}"
        headers = {**request.headers, **forwarded}
        about = {"client": sandbox.ip, "sandbox": sandbox, "headers": headers, "host": request.host}
        got = self._requests.send(url, sandbox.vm, sandbox.namespace, request.method, **about)  # type: ignore[arg-type]
        status = got.status or (504 if got.error.startswith("curl: (28)") else 0)
        return Reply(status, got.body, got.took_s)

    def _backends(self, target: Target) -> list[Backend]:
        """The endpoints of a target, without a detour over the Service's address."""
        service = self._services.get(Key(target.namespace, target.service))
        for port in service["spec"].get("ports") or () if service is not None else ():
            if target.port in (port["port"], port.get("name") or None):
                slices = self._slices.by_index("service", f"{target.namespace}/{target.service}")
                return list(usable(endpoints_of(port, slices), "", "").cluster)
        return []

    def _own(self) -> list[Obj]:
        """The Ingresses of a class that this controller stands behind."""
        names = self._class_names()
        return [one for one in self._ingresses.list() if is_of_class(one, names)]

    def _class_names(self) -> list[str]:
        return [one["metadata"]["name"] for one in self._classes.list() if one["spec"].get("controller") == CONTROLLER]

    def _ingress_changed(self, old: Obj | None, new: Obj | None) -> None:
        self._changed()
        is_new = new is not None and (old is None or old.get("spec") != new.get("spec"))
        if is_new and new is not None and self._container.is_running and is_of_class(new, self._class_names()):
            self._recorder.event(new, "Normal", "Sync", "Scheduled for sync")

    def _changed(self) -> None:
        if not self._container.is_running:
            self.stop()  # its machine has lost its power
        elif not self._is_waiting:
            self._is_waiting = True
            self._loop.call_later(STATUS_S, self._write_status)

    def _write_status(self) -> None:
        self._is_waiting = False
        if not self._container.is_running:
            return
        wanted = list(self._addresses())
        for ingress in self._own():
            status = (ingress.get("status") or {}).get("loadBalancer") or {}
            if (status.get("ingress") or []) != wanted:
                self._patch(ingress, wanted)

    def _patch(self, ingress: Obj, wanted: list[Obj]) -> None:
        try:
            self._client.update_status({**ingress, "status": {"loadBalancer": {"ingress": wanted}}})
        except ApiError:
            self._changed()  # somebody else was faster; look again

    def _addresses(self) -> Iterator[Obj]:
        """Where the controller's own Service can be reached."""
        service = self._services.get(Key(self._container.sandbox.namespace, SERVICE))
        if service is None:
            return
        spec = service["spec"]
        external = [{"ip": address} for address in spec.get("externalIPs") or ()]
        if spec.get("type") == "LoadBalancer":
            yield from ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
            yield from external
        elif spec.get("type") == "NodePort" and external:
            yield from external
        elif spec.get("clusterIP") not in (None, "", "None"):
            yield {"ip": spec["clusterIP"]}


def _page(status: int) -> Reply:
    return Reply(status, PAGE.format(f"{status} {REASONS[status]}"))


def _service_of(slice_: Obj) -> str:
    name = (slice_["metadata"].get("labels") or {}).get(SERVICE_NAME, "")
    return str(Key(key_of(slice_).namespace, name))
