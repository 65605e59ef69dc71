"""Who owns whom.

Source    staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/controller_ref.go
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "controller_of",
    "owned_by",
    "owner_reference",
]

Obj = dict[str, Any]


def owner_reference(owner: Obj) -> Obj:
    """The reference by which `owner` controls another object."""
    metadata = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def controller_of(obj: Obj) -> Obj | None:
    """The reference to the owner that controls the object, or None."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            found: Obj = reference
            return found
    return None


def owned_by(obj: Obj, owner: Obj) -> bool:
    """`owner` controls the object: the uid counts, not the name."""
    reference = controller_of(obj)
    return reference is not None and reference["uid"] == owner["metadata"]["uid"]
