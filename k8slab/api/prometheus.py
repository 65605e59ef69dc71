"""What the server counts, in the text form of Prometheus.

Source    staging/src/k8s.io/apiserver/pkg/endpoints/metrics/metrics.go (apiserver_request_total, CleanScope,
          CleanVerb); pkg/storage/etcd3/metrics/metrics.go (apiserver_storage_objects);
          prometheus.io, "Exposition formats", "Text-based format"
Left out  every other metric of the real server, above all durations (virtual time has none to tell); requests
          that are about no resource; those for more than 10,000 different combinations of labels
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from k8slab.wire import Request, Response

__all__ = [
    "Metric",
    "RequestCounts",
    "exposition",
]

Labels = Mapping[str, str]
Metric = tuple[str, str, str, Iterable[tuple[Labels, float]]]  # name, type, help, samples

MOST = 10_000
VERBS = {"get": "GET", "list": "LIST", "watch": "WATCH", "create": "POST", "update": "PUT", "patch": "PATCH",
         "delete": "DELETE", "deletecollection": "DELETECOLLECTION"}  # fmt: skip
CONNECT = ("attach", "exec", "portforward", "proxy")
APPLY = ("application/apply-patch+yaml", "application/apply-patch+cbor")


class RequestCounts:
    """How many requests of each sort were answered with which code."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, ...], int] = {}

    def add(self, request: Request, response: Response) -> None:
        """Count one request."""
        key = (
            str(response.code), request.params.get("dryRun", ""), request.group, request.resource, _scope(request),
            request.subresource, _verb(request), request.version,
        )  # fmt: skip
        if key in self._counts or len(self._counts) < MOST:
            self._counts[key] = self._counts.get(key, 0) + 1

    def samples(self) -> Iterable[tuple[Labels, float]]:
        """The labels of each sort, in order, and how many there were."""
        names = ("code", "dry_run", "group", "resource", "scope", "subresource", "verb", "version")
        for key, count in sorted(self._counts.items()):
            labels = dict(zip(names, key, strict=True))
            yield {"code": labels.pop("code"), "component": "apiserver", **labels}, count


def _scope(request: Request) -> str:
    if request.name or request.verb == "create":
        return "resource"
    return "namespace" if request.namespace else "cluster"


def _verb(request: Request) -> str:
    if request.subresource in CONNECT:
        return "CONNECT"
    return "APPLY" if request.content_type in APPLY else VERBS.get(request.verb, "other")


def exposition(metrics: Iterable[Metric]) -> str:
    """The text of these metrics, each with its help and type."""
    lines = []
    for name, type_, told, samples in metrics:
        lines += [f"# HELP {name} {told}", f"# TYPE {name} {type_}"]
        lines += [f"{name}{_labels(labels)} {_number(value)}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items()) + "}" if labels else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
