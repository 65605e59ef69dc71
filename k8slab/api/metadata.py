"""The metadata of an object that is created or replaced: names, identity, and what only the system sets.

Source    staging/src/k8s.io/apiserver/pkg/registry/rest/{create,update,meta}.go; pkg/storage/names/generate.go
Left out  managedFields (they come with server-side apply)
"""

from __future__ import annotations

import random
from typing import Any

from k8slab.api.kinds import Kind
from k8slab.objects import rfc3339
from k8slab.wire import BadRequest, Conflict, FieldError, invalid

__all__ = [
    "conflict",
    "created_metadata",
    "updated_metadata",
]

Obj = dict[str, Any]

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # apimachinery/pkg/util/rand: no vowels, no bad words
LONGEST_BASE = 58
SYSTEM_FIELDS = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")


def created_metadata(kind: Kind, given: Obj, namespace: str, now: float, chance: random.Random) -> Obj:
    """The metadata of a new object: its name (made from generateName if need be), uid and time of birth.

    Raises BadRequest when the object names another namespace than the request, Invalid without a name.
    """
    metadata = {name: value for name, value in given.items() if name not in ("resourceVersion", "selfLink")}
    _place(kind, metadata, namespace)
    if not metadata.get("name"):
        base = metadata.get("generateName")
        if not base:
            error = FieldError("FieldValueRequired", "metadata.name", "name or generateName is required")
            raise invalid(kind.kind, kind.group, "", [error])
        metadata["name"] = base[:LONGEST_BASE] + "".join(chance.choices(ALPHABET, k=5))
    metadata["uid"] = _uid(chance)
    metadata["creationTimestamp"] = rfc3339(now)
    for name in ("generation", "deletionTimestamp", "deletionGracePeriodSeconds"):
        metadata.pop(name, None)
    return metadata


def _uid(chance: random.Random) -> str:
    """A random UUID (version 4, RFC 9562)."""
    digits = f"{chance.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def updated_metadata(kind: Kind, given: Obj, old: Obj, namespace: str, name: str) -> Obj:
    """The metadata of a replaced object, with the system's fields as they were.

    Raises BadRequest when it names another object, Conflict when it was made from another version or object.
    """
    metadata = dict(given)
    _place(kind, metadata, namespace)
    if metadata.setdefault("name", name) != name:
        raise BadRequest(f"the name of the object ({metadata['name']}) does not match the name on the URL ({name})")
    version = metadata.pop("resourceVersion", "")
    if version and version != old["resourceVersion"]:
        raise conflict(
            kind, name, "the object has been modified; please apply your changes to the latest version and try again"
        )
    if metadata.get("uid") and metadata["uid"] != old["uid"]:
        text = f"Precondition failed: UID in precondition: {metadata['uid']}, UID in object meta: {old['uid']}"
        raise conflict(kind, name, text)
    for field in SYSTEM_FIELDS:
        if field in old:
            metadata[field] = old[field]
        else:
            metadata.pop(field, None)
    return metadata


def _place(kind: Kind, metadata: Obj, namespace: str) -> None:
    """Put the object into the request's namespace. Raises BadRequest when it says it lives elsewhere."""
    if not kind.is_namespaced:
        metadata.pop("namespace", None)
    elif metadata.setdefault("namespace", namespace) != namespace:
        raise BadRequest("the namespace of the provided object does not match the namespace sent on the request")


def conflict(kind: Kind, name: str, text: str) -> Conflict:
    """The 409 for a write that was based on something else."""
    details: Obj = {"name": name, **({"group": kind.group} if kind.group else {}), "kind": kind.plural}
    return Conflict(f'Operation cannot be fulfilled on {kind.full_name} "{name}": {text}', details)
