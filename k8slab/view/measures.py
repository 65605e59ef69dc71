"""What is measured of a cluster at the moment of a picture: use of Nodes, requests that Pods answer.

Use comes from metrics.k8s.io, requests from custom.metrics.k8s.io where Pods have `http_requests_per_second` there.
Where nobody measures, the answer is empty, and a picture does without.

Left out  which of several Services a request came through: every Service of a Pod counts what the Pod answers
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from k8slab.client import Reader, Resource
from k8slab.objects import Key, parse_quantity
from k8slab.view.amounts import Amount, amount_of
from k8slab.wire import ApiError

__all__ = [
    "REQUESTS",
    "Flows",
    "flows_of",
    "use_of_nodes",
]

Flows = Mapping[Key, float]

REQUESTS = "http_requests_per_second"
GROUP = "/apis/custom.metrics.k8s.io/v1beta2"
PODS = Resource("custom.metrics.k8s.io", "v1beta2", "", "pods", "pods", is_namespaced=True)
ALL = "*"


def use_of_nodes(reader: Reader) -> dict[str, Amount]:
    """CPU and memory that each Node uses now; a Node that does not answer is missing."""
    try:
        measured = reader.list("NodeMetrics")
    except ApiError:
        return {}
    return {one["metadata"]["name"]: amount_of(one.get("usage") or {}) for one in measured}


def flows_of(reader: Reader, namespaces: Iterable[str]) -> dict[Key, float]:
    """Requests a second that each Pod answers, in the namespaces that are measured."""
    try:
        served = reader.raw(GROUP)
    except ApiError:
        return {}
    names = {resource.get("name") for resource in served.get("resources") or ()} if isinstance(served, dict) else ()
    if f"pods/{REQUESTS}" not in names:
        return {}
    found: dict[Key, float] = {}
    for namespace in namespaces:
        try:
            answer = reader.ask(PODS, namespace, ALL, REQUESTS)
        except ApiError:
            continue
        for item in answer.get("items") or ():
            found.update(_rate(item, namespace))
    return found


def _rate(item: dict[str, Any], namespace: str) -> dict[Key, float]:
    about = item.get("describedObject") or {}
    try:
        rate = float(parse_quantity(str(item.get("value", "0"))))
    except ValueError:
        return {}
    return {Key(about.get("namespace", namespace), about.get("name", "")): rate} if rate > 0 else {}
