"""metrics.k8s.io: what Nodes and Pods use, asked of the kubelets at the moment of the call.

A kubelet answers `/stats/summary` through `dial` with a Summary, in the real one's form: node and pods, with
usageNanoCores and workingSetBytes. Who does not answer, or has nothing to tell, is missing here.

Source    github.com/kubernetes-sigs/metrics-server, pkg/api/{install,node,pod,table}.go;
          staging/src/k8s.io/kubelet/pkg/apis/stats/v1alpha1/types.go
Left out  the installation (the group is always there); samples every 15 s: what is told is the use of this moment
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from k8slab.api.kinds import METRICS_GROUP, Kind
from k8slab.api.queries import Queries
from k8slab.api.streams import Dial, address_of
from k8slab.objects import canonical_quantity, rfc3339
from k8slab.wire import ApiError, NotFound, Request, Response, ServiceUnavailable

__all__ = [
    "Metrics",
]

Obj = dict[str, Any]

SUMMARY = "/stats/summary"
WINDOW = "15s"
PARTS = ((10**9, ""), (10**6, "m"), (10**3, "u"), (1, "n"))  # of a core, in billionths


class Metrics:
    """Answers get and list of NodeMetrics and PodMetrics."""

    def __init__(self, queries: Queries, kind_of: dict[str, Kind], now: Callable[[], float], dial: Dial | None) -> None:
        self._queries, self._now, self._dial = queries, now, dial
        self._node, self._pod = kind_of["Node"], kind_of["Pod"]

    def answer(self, kind: Kind, request: Request) -> Response:
        """Raises NotFound, ServiceUnavailable when nobody can be asked, BadRequest for bad selectors."""
        if self._dial is None:
            text = f"the server is currently unable to handle the request (get {kind.full_name})"
            raise ServiceUnavailable(text)
        if request.verb == "get":
            return self._get(kind, request)
        listed = self._queries.list(self._about(kind), request)
        body = {"kind": kind.list_kind, "apiVersion": kind.api_version, "metadata": {}}
        return Response(200, {**body, "items": self._measured(kind, listed.body["items"])})

    def _get(self, kind: Kind, request: Request) -> Response:
        measured = self._measured(kind, [self._queries.newest(self._about(kind), request)])
        if not measured:
            name = f"{request.namespace}/{request.name}" if kind.is_namespaced else request.name
            resource = kind.kind.lower()  # so it is called here, and nowhere else
            details = {"name": name, "group": METRICS_GROUP, "kind": resource}
            raise NotFound(f'{resource}.{METRICS_GROUP} "{name}" not found', details)
        return Response(200, measured[0])

    def _about(self, kind: Kind) -> Kind:
        return self._pod if kind.is_namespaced else self._node

    def _measured(self, kind: Kind, objs: list[Obj]) -> list[Obj]:
        """The metrics of these Nodes or Pods, as far as somebody has measured them."""
        if not kind.is_namespaced:
            found = [
                (node, {"usage": _usage(self._summary(node["metadata"]["name"]).get("node") or {})}) for node in objs
            ]
            return [self._told(kind, node, more) for node, more in found if more["usage"]]
        used = self._containers({pod["spec"].get("nodeName", "") for pod in objs} - {""})
        told = ((pod, _rows(used.get(_key(pod["metadata"]), ()))) for pod in objs)
        return [self._told(kind, pod, {"containers": rows}) for pod, rows in told if rows]

    def _containers(self, nodes: Iterable[str]) -> dict[tuple[str, str], list[Obj]]:
        """What kubelets tell of the containers of every pod on these nodes."""
        pods = (pod for name in sorted(nodes) for pod in self._summary(name).get("pods") or ())
        return {_key(pod["podRef"]): pod.get("containers") or [] for pod in pods}

    def _summary(self, node_name: str) -> Obj:
        """The Summary of a node's kubelet; empty when it does not answer."""
        assert self._dial is not None
        try:
            node = self._queries.newest(self._node, Request("get", "nodes", name=node_name))
            answer = self._dial(address_of(node), Request("get", path=SUMMARY))
        except (ApiError, ConnectionError):
            return {}
        return answer.body if answer.code == 200 and isinstance(answer.body, dict) else {}

    def _told(self, kind: Kind, obj: Obj, more: Obj) -> Obj:
        moment = rfc3339(self._now())
        metadata = {name: obj["metadata"][name] for name in ("name", "namespace", "labels") if name in obj["metadata"]}
        return {
            "kind": kind.kind,
            "apiVersion": kind.api_version,
            "metadata": {**metadata, "creationTimestamp": moment},
            "timestamp": moment,
            "window": WINDOW,
            **more,
        }


def _key(reference: Obj) -> tuple[str, str]:
    return reference["namespace"], reference["name"]


def _rows(containers: Iterable[Obj]) -> list[Obj]:
    rows = [{"name": each["name"], "usage": _usage(each)} for each in containers]
    return [row for row in rows if row["usage"]]


def _usage(stats: Obj) -> Obj:
    """CPU and memory as quantities; nothing while one of them is unknown."""
    cpu_n = (stats.get("cpu") or {}).get("usageNanoCores")
    memory_bytes = (stats.get("memory") or {}).get("workingSetBytes")
    if cpu_n is None or memory_bytes is None:
        return {}
    return {
        "cpu": _cores(cpu_n),
        "memory": canonical_quantity(memory_bytes, is_binary=True),
    }


def _cores(cpu_n: int) -> str:
    """CPU in billionths of a core as a quantity."""
    return next(f"{cpu_n // part}{suffix}" for part, suffix in PARTS if cpu_n % part == 0)
