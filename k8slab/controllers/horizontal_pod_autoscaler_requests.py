"""What Pods request, as an autoscaler counts it: the measure of a use in per cent.

Source    pkg/controller/podautoscaler/replica_calculator.go (calculateRequests)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.controllers.horizontal_pod_autoscaler_metrics import milli
from k8slab.objects import pod_resources

__all__ = [
    "Uncountable",
    "requests_of",
]

Obj = dict[str, Any]


class Uncountable(Exception):
    """The replicas cannot be worked out; the text says why."""


def requests_of(pods: Iterable[Obj], resource: str, container: str = "") -> dict[str, int]:
    """What each Pod requests of a resource, or one container of it. Raises Uncountable."""
    return {pod["metadata"]["name"]: _request(pod, resource, container) for pod in pods}


def _request(pod: Obj, resource: str, container: str) -> int:
    spec, name = pod["spec"], pod["metadata"]["name"]
    own = (spec.get("resources") or {}).get("requests")
    if own and not container:
        if (found := {**pod_resources(spec, "requests"), **own}.get(resource)) is None:
            raise Uncountable(f"missing pod-level request for {resource} in Pod {name}")
        return milli(found)
    sidecars = [one for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always"]
    wanted = [one for one in (*spec["containers"], *sidecars) if container in ("", one["name"])]
    if not wanted:
        raise Uncountable(f"container {container} not found in Pod {name}")
    return sum(_container_request(one, resource, name) for one in wanted)


def _container_request(container: Obj, resource: str, pod: str) -> int:
    request = ((container.get("resources") or {}).get("requests") or {}).get(resource)
    if request is None:
        raise Uncountable(f"missing request for {resource} in container {container['name']} of Pod {pod}")
    return milli(request)
