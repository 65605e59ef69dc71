"""The life of an object in the store: created, changed, deleted; every write the API makes goes through here.

A write is one transaction that holds only if the object is still the version it was based on. Deletion
comes in steps: an object with finalizers, and a pod that is still running, first get a deletionTimestamp.

Source    staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go, pkg/registry/rest/delete.go
Left out  writing again after losing a race on another server's store (the answer is then Conflict); creating
          a Lease, Event or Service by an update; the mark that a pod gets in a write of its own when it is
          deleted without grace
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.admission import Attempt
from k8slab.api.custom import leaving
from k8slab.api.field_managers import is_only_noted
from k8slab.api.kinds import Kind
from k8slab.api.metadata import STALE, already_exists, conflict
from k8slab.api.validation import VALIDATE, Rules
from k8slab.api.watch_cache import WatchCache
from k8slab.clock import Loop
from k8slab.etcd import Compare, Delete, KeyValue, Put, Store, TxnResult
from k8slab.objects import parse_rfc3339, rfc3339
from k8slab.wire import Response, invalid

__all__ = [
    "Registry",
]

Obj = dict[str, Any]
Admit = Callable[[Attempt, Obj, Obj | None], None]

EVENT_TTL_S = 3600.0
EVENT_LEASE_SHARED_S = 60.0
FINALIZER_OF = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}


class Registry:
    """Writes objects that have been admitted."""

    def __init__(self, store: Store, loop: Loop, cache_of: Callable[[Kind], WatchCache]) -> None:
        self._store = store
        self._loop = loop
        self._cache_of = cache_of
        self._event_lease = (0, float("-inf"))

    def create(self, kind: Kind, obj: Obj, admit: Admit, attempt: Attempt) -> Response:
        """Store a new object when it is valid and `admit` has nothing against it. Raises AlreadyExists, Invalid."""
        metadata = obj["metadata"]
        rules = _rules(kind)
        if rules is not None and (errors := rules.create(obj)):
            raise invalid(kind.kind, kind.group, metadata["name"], errors)
        admit(attempt, obj, None)
        key = kind.key(metadata.get("namespace", ""), metadata["name"])
        if (known := self._cache_of(kind).objects.get(key)) is not None:
            raise already_exists(kind, metadata, known)
        if attempt.is_dry_run:
            return Response(201, obj)
        lease = self._lease_for_events() if kind.kind == "Event" else 0
        result = self._store.txn([Compare(key, "CREATE", "=", 0)], [Put(key, _stored(kind, obj), lease)])
        if not result.succeeded:
            raise already_exists(kind, metadata, None)
        return self._written(kind, key, result, 201)

    def update(self, kind: Kind, new: Obj, old: Obj, admit: Admit, attempt: Attempt) -> Response:
        """Store a changed object, or nothing when it is as it was. Raises Invalid, Conflict."""
        name = new["metadata"]["name"]
        rules = _rules(kind)
        if rules is not None:
            whole = rules.update if attempt.subresource in ("", "scale") else rules.status
            if errors := rules.parts.get(attempt.subresource, whole)(new, old):
                raise invalid(kind.kind, kind.group, name, errors)
        admit(attempt, new, old)
        if _same(new, old):
            return Response(200, old)
        if attempt.is_dry_run:
            return Response(200, _unwritten(new, old))
        key = kind.key(new["metadata"].get("namespace", ""), name)
        if _is_done(new):  # who updates expects an object, also when it was the last to hold it
            return Response(200, _unwritten(new, old), None, self._changed(kind, old, Delete(key)).revision)
        lease = self._lease_for_events() if kind.kind == "Event" else 0
        return self._written(kind, key, self._changed(kind, old, Put(key, _stored(kind, new), lease)), 200)

    def delete(self, kind: Kind, old: Obj, options: Obj, *, dry_run: bool) -> Response:
        """Delete an object, or mark it as being deleted. Raises Conflict when a precondition does not hold."""
        _check_preconditions(kind, old, options.get("preconditions") or {})
        if kind.kind == "CustomResourceDefinition":
            old = leaving(old, self._loop.now)
        metadata = old["metadata"]
        finalizers = _finalizers_after(metadata.get("finalizers") or [], options)
        grace_s = _grace_s(kind, old, options)
        key = kind.key(metadata.get("namespace", ""), metadata["name"])
        if dry_run:
            return Response(200, old)
        if not finalizers and not grace_s and not _namespace_holds(kind, old):
            return self._remove(kind, key, old)
        since = self._loop.now
        if metadata.get("deletionTimestamp"):
            granted_s = metadata.get("deletionGracePeriodSeconds", 0)
            since = parse_rfc3339(metadata["deletionTimestamp"]) - granted_s
            grace_s = min(grace_s, granted_s)
        marked_at = rfc3339(since + grace_s)
        marks: Obj = {"deletionTimestamp": marked_at, "deletionGracePeriodSeconds": grace_s}
        kept = {name: value for name, value in metadata.items() if name not in ("resourceVersion", "finalizers")}
        if kind.has_generation and not metadata.get("deletionTimestamp"):
            kept["generation"] = metadata.get("generation", 1) + 1
        if finalizers:
            marks["finalizers"] = finalizers
        new = {**old, "metadata": {**kept, **marks}}
        if kind.kind == "Namespace":
            new["status"] = {**(old.get("status") or {}), "phase": "Terminating"}
        if _same(new, old):
            return Response(200, old)
        return self._written(kind, key, self._changed(kind, old, Put(key, _stored(kind, new))), 200)

    def _remove(self, kind: Kind, key: str, old: Obj) -> Response:
        result = self._changed(kind, old, Delete(key))
        metadata = {**old["metadata"], "resourceVersion": str(result.revision)}
        gone = {**old, "metadata": metadata}
        if kind.kind in ("Pod", "Service", "Namespace") and not metadata.get("deletionTimestamp"):
            marks = {"deletionTimestamp": rfc3339(self._loop.now), "deletionGracePeriodSeconds": 0}
            gone = {**gone, "metadata": {**metadata, **marks}} if kind.kind == "Pod" else gone
        answer = gone if kind.is_shown_when_deleted else _deleted(kind, metadata)
        return Response(200, answer, None, result.revision)

    def _changed(self, kind: Kind, old: Obj, op: Put | Delete) -> TxnResult:
        """Replace or remove what is stored if it is still this. Raises Conflict."""
        result = self._store.txn([Compare(op.key, "MOD", "=", int(_version(old)))], [op])
        if not result.succeeded:
            raise conflict(kind, old["metadata"]["name"], STALE)
        return result

    def _written(self, kind: Kind, key: str, result: TxnResult, code: int) -> Response:
        obj = self._cache_of(kind).objects.get(key)
        if obj is None or obj["metadata"]["resourceVersion"] != str(result.revision):
            response = result.responses[0]
            assert isinstance(response, KeyValue)
            obj = self._cache_of(kind).served(response)
        return Response(code, obj, None, result.revision)

    def _lease_for_events(self) -> int:
        """Events live an hour; those of one minute share a lease."""
        lease, since = self._event_lease
        if self._loop.now - since > EVENT_LEASE_SHARED_S:
            lease = self._store.lease_grant(EVENT_TTL_S + EVENT_LEASE_SHARED_S)
            self._event_lease = (lease, self._loop.now)
        return lease


def _rules(kind: Kind) -> Rules | None:
    return kind.custom.rules if kind.custom else VALIDATE.get((kind.api_version, kind.kind))


def _stored(kind: Kind, obj: Obj) -> Obj:
    """The object in the version in which its kind is stored."""
    return kind.form.stored(obj) if kind.form else obj


def _version(obj: Obj) -> str:
    version: str = obj["metadata"]["resourceVersion"]
    return version


def _unwritten(new: Obj, old: Obj) -> Obj:
    """An object as it would be, at the version that is stored."""
    return {**new, "metadata": {**new["metadata"], "resourceVersion": _version(old)}}


def _same(new: Obj, old: Obj) -> bool:
    """Nothing differs but, perhaps, the resourceVersion that the stored form does not carry."""
    if {**new, "metadata": None} != {**old, "metadata": None}:
        return False
    ours, theirs = (
        {name: value for name, value in obj["metadata"].items() if name not in ("resourceVersion", "managedFields")}
        for obj in (new, old)
    )
    return ours == theirs and is_only_noted(new["metadata"].get("managedFields"), old["metadata"].get("managedFields"))


def _is_done(obj: Obj) -> bool:
    """The object is being deleted and nothing holds it any more."""
    metadata = obj["metadata"]
    if not metadata.get("deletionTimestamp") or metadata.get("finalizers"):
        return False
    if obj["kind"] == "Namespace":
        return not (obj.get("spec") or {}).get("finalizers")
    return not metadata.get("deletionGracePeriodSeconds")


def _namespace_holds(kind: Kind, obj: Obj) -> bool:
    """A namespace stays until its controller has emptied it and taken its finalizer away."""
    return kind.kind == "Namespace" and bool((obj.get("spec") or {}).get("finalizers"))


def _grace_s(kind: Kind, obj: Obj, options: Obj) -> int:
    """How long a pod may take to stop; nothing else is given time."""
    if kind.kind != "Pod":
        return 0
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    if not spec.get("nodeName") or status.get("phase") in ("Succeeded", "Failed"):
        return 0
    asked = options.get("gracePeriodSeconds")
    grace_s: int = spec.get("terminationGracePeriodSeconds", 30) if asked is None else asked
    return max(grace_s, 1) if grace_s < 0 else grace_s


def _finalizers_after(finalizers: list[str], options: Obj) -> list[str]:
    """The finalizers once the wished-for propagation has had its say."""
    policy = options.get("propagationPolicy")
    if "orphanDependents" in options:
        policy = "Orphan" if options["orphanDependents"] else "Background"
    if not policy:
        return finalizers
    others = [name for name in finalizers if name not in FINALIZER_OF.values()]
    return [*others, FINALIZER_OF[policy]] if policy in FINALIZER_OF else others


def _check_preconditions(kind: Kind, obj: Obj, wanted: Obj) -> None:
    """Raises Conflict, in which the kind stands where the resource ought to, as with the real server."""
    metadata, named = obj["metadata"], kind._replace(plural=kind.kind)
    for field, title, guess in (
        ("uid", "UID", "deleted and then recreated"),
        ("resourceVersion", "ResourceVersion", "modified"),
    ):
        if field in wanted and wanted[field] != metadata[field]:
            text = f"the {title} in the precondition ({wanted[field]}) does not match the {title} in record "
            text += f"({metadata[field]}). The object might have been {guess}"
            raise conflict(named, metadata["name"], text)


def _deleted(kind: Kind, metadata: Obj) -> Obj:
    details = {**kind.details(metadata["name"]), "uid": metadata["uid"]}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
