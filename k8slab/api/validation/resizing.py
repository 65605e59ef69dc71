"""The rules for resizing a pod in place: cpu and memory of its containers may change, within its class of service.

Source    pkg/apis/core/validation/validation.go (ValidatePodResize)
Left out  resources of the pod as a whole; what init containers beside sidecars may (a gate that is off by default)
"""

from __future__ import annotations

from typing import Any

from k8slab.api.validation.meta import Errors, forbidden, invalid
from k8slab.api.validation.pods import MIRROR, pod
from k8slab.api.validation.rules import Rules, rules
from k8slab.objects import is_dns1123_subdomain, parse_quantity, qos_class

__all__ = [
    "resizable",
]

Obj = dict[str, Any]

PARTS = ("containers", "initContainers")
RESIZED = ("cpu", "memory")
ONLY_TEXT = "only cpu and memory resources are mutable"
SIDECARS_TEXT = "only cpu and memory resources for sidecar containers are mutable"


def resizable(of_pods: Rules) -> Rules:
    """The rules of pods, and those of their subresource resize."""
    update = rules(is_dns1123_subdomain, change=_pod_resize).update
    return of_pods._replace(parts={**of_pods.parts, "resize": update})


def _pod_resize(new: Obj, old: Obj) -> Errors:
    if MIRROR in (old["metadata"].get("annotations") or {}):
        yield forbidden("", "static pods cannot be resized")
        return
    yield from pod(new)
    before, after = qos_class(old["spec"]), qos_class(new["spec"])
    if before != after:
        yield invalid("spec", before, "Pod QOS Class may not change as a result of resizing")
    order = list(_order(new["spec"], old["spec"]))
    yield from order
    if not order:
        for part in reversed(PARTS):
            pairs = zip(new["spec"].get(part) or (), old["spec"].get(part) or (), strict=True)
            for i, (container, known) in enumerate(pairs):
                yield from _container(container, known, f"spec.{part}[{i}]", part)


def _order(new: Obj, old: Obj) -> Errors:
    for part in PARTS:
        after, before = ([each["name"] for each in spec.get(part) or ()] for spec in (new, old))
        if len(after) != len(before):
            yield forbidden(f"spec.{part}", f"{part} may not be added or removed on resize")
            continue
        for i, (name, known) in enumerate(zip(after, before, strict=True)):
            if name != known:
                yield forbidden(f"spec.{part}[{i}].name", f"{part} may not be renamed or reordered on resize")


def _container(new: Obj, old: Obj, place: str, part: str) -> Errors:
    after, before = (one.get("resources") or {} for one in (new, old))
    for field in ("requests", "limits"):
        if (before.get(field) or {}).keys() - (after.get(field) or {}).keys():
            yield forbidden(f"{place}.resources.{field}", f"resource {field} cannot be removed")
    is_changed = _amounts(after) != _amounts(before)
    is_sidecar = part == "initContainers" and old.get("restartPolicy") == "Always"
    if part == "initContainers" and is_changed and not is_sidecar:
        yield forbidden(place, SIDECARS_TEXT)
    if _others(after) != _others(before) or new.get("resizePolicy") != old.get("resizePolicy"):
        yield forbidden("spec" if part == "containers" else place, ONLY_TEXT if part == "containers" else SIDECARS_TEXT)


def _amounts(resources: Obj) -> dict[tuple[str, str], Any]:
    return {
        (field, name): parse_quantity(quantity)
        for field in ("requests", "limits")
        for name, quantity in (resources.get(field) or {}).items()
    }


def _others(resources: Obj) -> dict[tuple[str, str], Any]:
    return {place: amount for place, amount in _amounts(resources).items() if place[1] not in RESIZED}
