"""The paths that are about no resource: discovery, OpenAPI, version, health, metrics, and the list of them all.

Source    staging/src/k8s.io/apiserver/pkg/server/{routes,handler.go (director)};
          .../apiserver/pkg/util/notfoundhandler; staging/src/k8s.io/apimachinery/pkg/version/types.go
Left out  /logs, /debug, /flagz, /statusz and /metrics/slis; /.well-known/openid-configuration and /openid/v1/jwks: the
          tokens of a slab are signed with a secret that nobody else can check; what a version says of its build
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from k8slab.api.discovery import discovery
from k8slab.api.health import HEALTH_PATHS, Check, health
from k8slab.api.kinds import KINDS, Kind
from k8slab.api.openapi import openapi
from k8slab.api.prometheus import Metric, RequestCounts, exposition
from k8slab.api.store_errors import STORE_ERRORS
from k8slab.api.watch_cache import WatchCache
from k8slab.etcd import Store
from k8slab.wire import ApiError, MethodNotAllowed, NotFound, Request, Response

__all__ = [
    "VERSION",
    "Paths",
    "nowhere",
]

Obj = dict[str, Any]

VERSION = {
    "major": "1",
    "minor": "37",
    "emulationMajor": "1",
    "emulationMinor": "37",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "36",
    "gitVersion": "v1.37.0",
    "gitCommit": "",
    "gitTreeState": "",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "python",
    "platform": "k8slab/python",
}
SLICE = next(kind for kind in KINDS if kind.kind == "EndpointSlice")
GROUPS = {kind.group for kind in KINDS}
OPENAPI = ("/openapi/v2", "/openapi/v3", "/openapi/v3/")


class Paths:
    """Answers what is asked about the server itself.

    `custom` tells the custom kinds, `measured` those of custom and external metrics. `readiness` holds what `/readyz`
    asks for beside what every health path does. `version` is that of the release that the server is of; whatever it
    is, the API is that of the newest.
    """

    def __init__(
        self,
        store: Store,
        start_s: float,
        custom: Callable[[], Iterable[Kind]],
        cache_of: Callable[[Kind], WatchCache],
        measured: Callable[[], Iterable[Kind]] = tuple,
    ) -> None:
        self.counts = RequestCounts()
        self.readiness: dict[str, Check] = {}
        self.version = VERSION["gitVersion"]
        self._store, self._start_s, self._custom, self._cache_of = store, start_s, custom, cache_of
        self._measured = measured

    def answer(self, request: Request) -> Response:
        """Answer a request that has only a path. Raises MethodNotAllowed."""
        path = request.path.rstrip("/")
        if path == "/metrics":
            return Response(200, {}, text=exposition(self._metrics()))
        if f"/{path[1:].partition('/')[0]}" in HEALTH_PATHS:
            answer = health(path, request.params, self._checks(path))
        else:
            body = self._body(path, request.accept)
            answer = None if body is None else Response(200, body)
        if answer is not None and request.verb != "get":
            raise MethodNotAllowed("the server does not allow this method on the requested resource")
        return nowhere(path) if answer is None else answer

    def _body(self, path: str, accept: str) -> Obj | None:
        if not path:
            return {"paths": sorted(self._known())}
        if path == "/version":
            return self._version()
        if path.startswith("/openapi/"):
            return openapi(path, self._custom())
        return discovery(path, self._kinds(), accept, self._address())

    def _version(self) -> Obj:
        minor = self.version.split(".")[1]
        before = str(int(minor) - 1)
        own = {"minor": minor, "emulationMinor": minor, "minCompatibilityMinor": before, "gitVersion": self.version}
        return {**VERSION, **own}

    def _address(self) -> str:
        """Where the server says it is; "" when it has said nothing."""
        own = self._cache_of(SLICE).objects.get(SLICE.key("default", "kubernetes")) or {}
        hosts = [host for endpoint in own.get("endpoints") or () for host in endpoint["addresses"]]
        ports = [port.get("port") for port in own.get("ports") or ()]
        return f"{hosts[0]}:{ports[0]}" if hosts and ports else ""

    def _kinds(self) -> list[Kind]:
        return [*KINDS, *self._custom(), *self._measured()]

    def _checks(self, path: str) -> dict[str, Check]:
        checks: dict[str, Check] = {"ping": lambda: "", "etcd": self._reach_etcd}
        return {**checks, **self.readiness} if path.startswith("/readyz") else checks

    def _reach_etcd(self) -> str:
        try:
            self._store.catch_up()
            self._store.range("/registry/health", limit=1)
        except (ApiError, OSError, *STORE_ERRORS) as error:
            return f"error getting data from etcd: {error}"
        return ""

    def _known(self) -> Iterator[str]:
        yield from ("/api", "/apis", "/apis/", "/metrics", "/version", *OPENAPI)
        for root in HEALTH_PATHS:
            yield from (root, *(f"{root}/{name}" for name in self._checks(root)))
        for kind in {(kind.group, kind.version): kind for kind in self._kinds()}.values():
            yield f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
        yield from {f"/apis/{kind.group}" for kind in self._kinds() if kind.group}

    def _metrics(self) -> Iterator[Metric]:
        told = "Requests by verb, dry run value, group, version, resource, scope, component and HTTP response code."
        yield "apiserver_request_total", "counter", told, self.counts.samples()
        told = "Objects in the store by resource."
        yield "apiserver_storage_objects", "gauge", told, self._objects()
        version = self._version()
        build = [({"git_version": self.version, "major": version["major"], "minor": version["minor"]}, 1.0)]
        yield "kubernetes_build_info", "gauge", "Always 1; the labels tell the version.", build
        told = "When the server started, in seconds since 1970."
        yield "process_start_time_seconds", "gauge", told, [({}, self._start_s)]

    def _objects(self) -> Iterator[tuple[dict[str, str], float]]:
        stored = {kind.full_name: kind.etcd_prefix for kind in self._kinds() if kind.etcd_prefix}
        for name in sorted(stored):
            yield {"resource": name}, len(self._store.range(stored[name]).kvs)


def nowhere(path: str) -> Response:
    """The 404 for a path: a Status where the built-in groups are, plain text where nothing is."""
    _, root, *parts = f"{path}/".split("/")
    is_api = root in ("api", "version") or (root == "apis" and parts[0] in GROUPS - {""})
    status = NotFound("the server could not find the requested resource").status
    return Response(404, status, text=None if is_api else "404 page not found\n")
