"""The metadata of an object that is created or replaced: names, identity, what only the system sets; its empty spec.

Source    staging/src/k8s.io/apiserver/pkg/registry/rest/{create,update,meta}.go; pkg/storage/names/generate.go
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from k8slab.api.kinds import Kind
from k8slab.objects import rfc3339
from k8slab.schema import type_of
from k8slab.wire import AlreadyExists, ApiError, BadRequest, Conflict, FieldError, Response, invalid

__all__ = [
    "STALE",
    "already_exists",
    "conflict",
    "created_metadata",
    "specified",
    "until_named",
    "updated_metadata",
]

Obj = dict[str, Any]

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # apimachinery/pkg/util/rand: no vowels, no bad words
LONGEST_BASE = 58
NAMES_TRIED = 8
SYSTEM_FIELDS = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")
NEVER_EMPTY = ("labels", "annotations", "finalizers", "ownerReferences")
UPDATED_BY_VERSION_ONLY = {"CustomResourceDefinition", "Lease"}
STALE = "the object has been modified; please apply your changes to the latest version and try again"


def created_metadata(kind: Kind, given: Obj, namespace: str, now: float, chance: random.Random) -> Obj:
    """The metadata of a new object: its name (made from generateName if need be), uid and time of birth.

    Raises BadRequest when the object names another namespace than the request, Invalid without a name, and
    an ApiError without a reason (code 500, as the server answers) when it names a version.
    """
    if given.get("resourceVersion", "0") not in ("", "0"):
        raise ApiError("resourceVersion should not be set on objects to be created")
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


def until_named(body: Any, create: Callable[[], Response]) -> Response:
    """Create what `body` says; when only the beginning of its name is given, again while the name made of it is taken.

    Raises ApiError. Source: apiserver/pkg/registry/generic/registry/store.go, createWithGenerateNameRetry
    """
    given = body.get("metadata") if isinstance(body, dict) else None
    is_named_here = isinstance(given, dict) and given.get("generateName") and not given.get("name")
    for _ in range(NAMES_TRIED - 1 if is_named_here else 0):
        with suppress(AlreadyExists):
            return create()
    return create()


def already_exists(kind: Kind, metadata: Obj, known: Obj | None) -> AlreadyExists:
    """The 409 for a create under the name of a `known` object (None: one of which nothing is known).

    Source: apiserver/pkg/registry/generic/registry/store.go (create), rest/create.go (CheckGeneratedNameError)
    """
    details = kind.details(metadata["name"])
    text = f'{kind.full_name} "{metadata["name"]}" already exists'
    if metadata.get("generateName"):
        details["retryAfterSeconds"] = 1
        text += ", the server was not able to generate a unique name for the object"
    if known is not None and known["metadata"].get("deletionTimestamp"):
        text = f"object is being deleted: {text}"
    return AlreadyExists(text, details)


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
    if metadata.get("uid") and metadata["uid"] != old["uid"]:
        raise conflict(kind, name, _another_object(kind.key(namespace, name), metadata["uid"], old["uid"]))
    version = metadata.pop("resourceVersion", "")
    if not version and (kind.custom or kind.kind in UPDATED_BY_VERSION_ONLY):
        error = FieldError("FieldValueInvalid", "metadata.resourceVersion", "must be specified for an update", 0)
        raise invalid(kind.plural, kind.group, name, [error])
    if version and version != old["resourceVersion"]:
        raise conflict(kind, name, STALE)
    for field in SYSTEM_FIELDS:
        if field in old:
            metadata[field] = old[field]
        else:
            metadata.pop(field, None)
    return metadata


def _another_object(key: str, wanted: str, found: str) -> str:
    """What the store says when the object at a key is not the one that was meant."""
    where = f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0"
    uids = f"UID in precondition: {wanted}, UID in object meta: {found}"
    return f"{where}, AdditionalErrorMsg: Precondition failed: {uids}"


def _place(kind: Kind, metadata: Obj, namespace: str) -> None:
    """Put the object into the request's namespace. Raises BadRequest when it says it lives elsewhere."""
    for name in NEVER_EMPTY:
        if name in metadata and not metadata[name]:
            del metadata[name]
    if not kind.is_namespaced:
        metadata.pop("namespace", None)
    elif metadata.setdefault("namespace", namespace) != namespace:
        raise BadRequest("the namespace of the provided object does not match the namespace sent on the request")


def conflict(kind: Kind, name: str, text: str) -> Conflict:
    """The 409 for a write that was based on something else."""
    return Conflict(f'Operation cannot be fulfilled on {kind.full_name} "{name}": {text}', kind.details(name))


def specified(kind: Kind, obj: Obj) -> Obj:
    """The object with a spec, which in Go is there even when it is empty."""
    if "spec" in obj or kind.custom:
        return obj
    type_ = type_of(kind.api_version, kind.kind)
    return {**obj, "spec": {}} if type_ and type_.field("spec") else obj
