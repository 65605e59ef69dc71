"""Resizing a pod in place: what its subresource resize lets through.

Source    pkg/registry/core/pod/strategy.go (podResizeStrategy, dropNonResizeUpdates)
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "only_resources",
]

Obj = dict[str, Any]

PARTS, FIELDS = ("containers", "initContainers"), ("resources", "resizePolicy")


def only_resources(new: Obj, old: Obj) -> Obj:
    """The spec with nothing changed but what its containers take; other containers are left to be refused."""
    spec = dict(old)
    for part in PARTS:
        found = new.get(part)
        if not isinstance(found, list) or not found:
            continue
        known = {container["name"]: container for container in old.get(part) or ()}
        spec[part] = [_resized(known.get(each.get("name"), {}), each) for each in found]
    return spec


def _resized(known: Obj, wanted: Obj) -> Obj:
    changed = {name: wanted[name] for name in FIELDS if name in wanted}
    kept = {name: value for name, value in (known or wanted).items() if name not in FIELDS}
    return known if changed == {name: known[name] for name in FIELDS if name in known} else {**kept, **changed}
