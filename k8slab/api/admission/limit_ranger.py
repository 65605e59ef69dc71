"""LimitRanger: what containers ask for when they ask for nothing, and how little or much they, pods and claims may.

Source    plugin/pkg/admission/limitranger/admission.go; kubernetes.io, "Limit Ranges"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from k8slab.api.admission.attempt import Attempt, Cluster
from k8slab.objects import parse_quantity, pod_resources

__all__ = [
    "check_claim_limits",
    "check_pod_limits",
    "with_default_limits",
]

Obj = dict[str, Any]
Resources = Mapping[str, Any]

ANNOTATION = "kubernetes.io/limit-ranger"


def with_default_limits(cluster: Cluster, attempt: Attempt, spec: Obj) -> tuple[Obj, dict[str, str]]:
    """The pod spec with the defaults of the namespace's LimitRanges, and the annotation that tells which were set."""
    annotations: dict[str, str] = {}
    for limit_range in cluster.list("LimitRange", attempt.namespace):
        requests, limits = _defaults(limit_range)
        told: list[str] = []
        for field, place in (("containers", "container"), ("initContainers", "init container")):
            if spec.get(field):
                spec = {**spec, field: [_filled(each, requests, limits, place, told) for each in spec[field]]}
        if told:
            annotations = {ANNOTATION: "LimitRanger plugin set: " + "; ".join(told)}
    return spec, annotations


def _defaults(limit_range: Obj) -> tuple[Resources, Resources]:
    requests: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    for item in _items(limit_range, "Container"):
        requests |= item.get("defaultRequest") or {}
        limits |= item.get("default") or {}
    return requests, limits


def _filled(container: Obj, requests: Resources, limits: Resources, place: str, told: list[str]) -> Obj:
    resources: Obj = container.get("resources") or {}
    changed = dict(resources)
    for field, word, defaults in (("requests", "request", requests), ("limits", "limit", limits)):
        missing = {name: value for name, value in defaults.items() if name not in (resources.get(field) or {})}
        if missing:
            changed[field] = {**(resources.get(field) or {}), **missing}
            told.append(f"{', '.join(sorted(missing))} {word} for {place} {container.get('name', '')}")
    return {**container, "resources": changed} if changed != resources else container


def _items(limit_range: Obj, type_: str) -> Iterator[Obj]:
    return (item for item in (limit_range.get("spec") or {}).get("limits") or () if item.get("type") == type_)


def check_pod_limits(cluster: Cluster, attempt: Attempt, new: Obj, old: Obj | None) -> None:
    """Raises Forbidden for a new or resized pod beyond a minimum, maximum or ratio, naming all of them."""
    if old is not None and attempt.subresource != "resize":
        return
    spec = new["spec"]
    for limit_range in cluster.list("LimitRange", attempt.namespace):
        problems: list[str] = []
        for item in _items(limit_range, "Container"):
            for container in (*spec["containers"], *(spec.get("initContainers") or ())):
                resources = container.get("resources") or {}
                problems += _problems(item, resources.get("requests") or {}, resources.get("limits") or {})
        for item in _items(limit_range, "Pod"):
            problems += _problems(item, pod_resources(spec, "requests"), pod_resources(spec, "limits"))
        _refuse(attempt, problems)


def check_claim_limits(cluster: Cluster, attempt: Attempt, new: Obj, old: Obj | None) -> None:
    """Raises Forbidden for a claim on too little or too much storage."""
    requests = (new["spec"].get("resources") or {}).get("requests") or {}
    for limit_range in cluster.list("LimitRange", attempt.namespace):
        problems: list[str] = []
        for item in _items(limit_range, "PersistentVolumeClaim"):
            problems += _too_little(item, requests, {})
            problems += _too_much_asked(item, requests)
        _refuse(attempt, problems)


def _refuse(attempt: Attempt, problems: list[str]) -> None:
    if problems:
        texts = list(dict.fromkeys(problems))
        raise attempt.forbidden(texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]")


def _problems(item: Obj, requests: Resources, limits: Resources) -> Iterator[str]:
    yield from _too_little(item, requests, limits)
    for name, most in (item.get("max") or {}).items():
        text = f"maximum {name} usage per {item['type']} is {most}"
        if name not in limits:
            yield f"{text}.  No limit is specified"
        elif parse_quantity(limits[name]) > parse_quantity(most):
            yield f"{text}, but limit is {limits[name]}"
        elif name in requests and parse_quantity(requests[name]) > parse_quantity(most):
            yield f"{text}, but request is {requests[name]}"
    for name, most in (item.get("maxLimitRequestRatio") or {}).items():
        text = f"{name} max limit to request ratio per {item['type']} is {most}"
        request, limit = parse_quantity(requests.get(name, 0)), parse_quantity(limits.get(name, 0))
        if not request:
            yield f"{text}, but no request is specified or request is 0"
        elif not limit:
            yield f"{text}, but no limit is specified or limit is 0"
        elif limit / request > parse_quantity(most):
            yield f"{text}, but provided ratio is {float(limit / request):f}"


def _too_much_asked(item: Obj, requests: Resources) -> Iterator[str]:
    for name, most in (item.get("max") or {}).items():
        text = f"maximum {name} usage per {item['type']} is {most}"
        if name not in requests:
            yield f"{text}.  No request is specified"
        elif parse_quantity(requests[name]) > parse_quantity(most):
            yield f"{text}, but request is {requests[name]}"


def _too_little(item: Obj, requests: Resources, limits: Resources) -> Iterator[str]:
    for name, least in (item.get("min") or {}).items():
        text = f"minimum {name} usage per {item['type']} is {least}"
        if name not in requests:
            yield f"{text}.  No request is specified"
        elif parse_quantity(requests[name]) < parse_quantity(least):
            yield f"{text}, but request is {requests[name]}"
        elif name in limits and parse_quantity(limits[name]) < parse_quantity(least):
            yield f"{text}, but limit is {limits[name]}"
