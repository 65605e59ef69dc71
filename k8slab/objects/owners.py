"""Who owns whom."""

from __future__ import annotations

from typing import Any

__all__ = ["controller_of", "owned_by", "owner_reference"]

Obj = dict[str, Any]


def owner_reference(owner: Obj) -> Obj:
    """A controlling reference."""
    m = owner["metadata"]
    return {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": m["name"], "uid": m["uid"],
            "controller": True, "blockOwnerDeletion": True}


def controller_of(obj: Obj) -> Obj | None:
    """The controlling reference."""
    for ref in obj["metadata"].get("ownerReferences") or ():
        if ref.get("controller"):
            return ref
    return None


def owned_by(obj: Obj, owner: Obj) -> bool:
    """Is it."""
    ref = controller_of(obj)
    return ref is not None and ref["uid"] == owner["metadata"]["uid"]
