"""Server-side apply: from a configuration to the object it asks for, and who owns which of its fields.

Source    apimachinery/pkg/util/managedfields/internal: structuredmerge.go, versioncheck.go, lastapplied*.go,
          skipnonapplied.go, conflict.go; apiserver/pkg/endpoints/handlers/patch.go (applyPatcher)
Left out  apply to the scale of an object
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from k8slab.api.field_managers import Record, changes_elsewhere, detached, managed_by, type_of_kind
from k8slab.api.kinds import Kind
from k8slab.objects import rfc3339
from k8slab.schema.empty import empty_of
from k8slab.schema.fieldsets import FieldSet, difference, paths
from k8slab.schema.managed import Conflicts, Managed, Manager, applied, updated
from k8slab.schema.typecheck import type_errors
from k8slab.schema.typed import Comparison, compare, fields_of
from k8slab.wire import ApiError, BadRequest, Conflict, Request

__all__ = ["apply_to"]

Obj = dict[str, Any]

BEFORE = "before-first-apply"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def apply_to(kind: Kind, live: Obj | None, request: Request, now: float) -> tuple[Obj, Record]:
    """The object (None: there is none yet) with a configuration applied to it, and its managedFields.

    Raises BadRequest, Conflict, and an ApiError without a reason (code 500) for what does not fit the type.
    """
    config = _checked(kind, request)
    of, name = type_of_kind(kind), request.params.get("fieldManager", "")
    manager = Manager(name, "Apply", "", request.subresource)
    bare, fields = detached(live) if live is not None else ({}, None)
    managed = managed_by(fields)
    if not managed and live is not None:
        empty = empty_of(of) if of and not kind.custom else {}
        managed = updated({}, empty, bare, of, Manager(BEFORE, "Update", kind.api_version), rfc3339(now))
    force = request.params.get("force") == "true"
    try:
        new, managed = _applied(kind, managed, bare, config, manager, rfc3339(now), force)
    except Conflicts as found:
        raise _conflict(found) from None
    except ValueError as error:
        raise ApiError(str(error)) from None
    if name == "kubectl" and _last_applied(new):
        new = _with_last_applied(new, config)
    return new, Record.of(managed)


def _checked(kind: Kind, request: Request) -> Obj:
    config = request.body
    if not isinstance(config, dict):
        raise BadRequest("error decoding YAML: the configuration is no object")
    version, name = config.get("apiVersion", ""), config.get("kind", "")
    if (version, name) != (kind.api_version, kind.kind):
        group_version = version if "/" in str(version) else f"/{version}"
        raise BadRequest(f"invalid object type: {group_version}, Kind={name}")
    metadata = config.get("metadata") or {}
    if isinstance(metadata, dict) and metadata.get("managedFields") is not None:
        raise BadRequest("metadata.managedFields must be nil")
    _check_name(request, metadata)
    if errors := type_errors(config, type_of_kind(kind)):
        text = errors[0] if len(errors) == 1 else "\n  ".join(["errors:", *errors])
        place = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
        group_version = version if "/" in version else f"/{version}"
        raise ApiError(f"failed to create typed patch object ({place}; {group_version}, Kind={name}): {text}")
    return config


def _check_name(request: Request, metadata: Any) -> None:
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not name:
        text = f"the name of the object ({request.name} based on URL) was undeterminable: name must be provided"
        raise BadRequest(text)
    if name != request.name:
        raise BadRequest(f"the name of the object ({name}) does not match the name on the URL ({request.name})")


def _applied(
    kind: Kind, managed: Managed, live: Obj, config: Obj, manager: Manager, time: str, force: bool
) -> tuple[Obj, Managed]:
    """Apply; what `kubectl apply` has written on the client's side is no conflict for kubectl on the server's side."""
    of, reset = type_of_kind(kind), _reset(kind, config, manager.subresource)

    def others(new: Obj) -> Callable[[str], Comparison | None] | None:
        return changes_elsewhere(kind, live, new)

    try:
        return applied(managed, live, config, of, manager, time, force=force, reset=reset, others=others)
    except Conflicts as error:
        allowed = _agreed(live, kind) if manager.name == "kubectl" else {}
        found = [(other, path) for other, path in error.found if path not in set(paths(allowed))]
        if found:
            raise Conflicts(found) from None
        return applied(managed, live, config, of, manager, time, force=True, reset=reset, others=others)


def _reset(kind: Kind, config: Obj, subresource: str) -> list[str]:
    """The fields that this door of an object leaves as they are."""
    if subresource == "status":
        return [name for name in config if name not in ("metadata", "status") or (kind.custom and name == "metadata")]
    return ["status"] if "status" in kind.subresources else []


def _agreed(live: Obj, kind: Kind) -> FieldSet:
    """What the last client-side apply has named and the object still has."""
    try:
        last = json.loads(_last_applied(live))
        of = type_of_kind(kind)
        if last.get("apiVersion") != kind.api_version:
            return {}
        added, modified, removed = compare(last, live, of)
        return difference(difference(difference(fields_of(last, of), modified), added), removed)
    except (ValueError, AttributeError):
        return {}


def _last_applied(obj: Obj) -> str:
    return str(((obj.get("metadata") or {}).get("annotations") or {}).get(LAST_APPLIED) or "")


def _with_last_applied(new: Obj, config: Obj) -> Obj:
    """The note of the client's side follows what kubectl applies on the server's side."""
    metadata = config.get("metadata") or {}
    annotations = {name: text for name, text in (metadata.get("annotations") or {}).items() if name != LAST_APPLIED}
    plain = {**config, "metadata": {**metadata, "annotations": annotations}}
    note = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"
    annotations = {**new["metadata"]["annotations"], LAST_APPLIED: note}
    return {**new, "metadata": {**new["metadata"], "annotations": annotations}}


def _conflict(found: Conflicts) -> Conflict:
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {manager}", "field": path}
        for manager, path in found.found
    ]
    return Conflict(found.message(), {"causes": causes})
