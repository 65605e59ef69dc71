"""Delete what has lost all its owners; hold owners back, or set their dependents free, when asked to.

Watches   every kind the server lets it watch and delete, those of CustomResourceDefinitions as they come.
Compares  ownerReferences with the owners that are there, by uid.
Writes    deletes dependents; takes the finalizers foregroundDeletion and orphan away; removes owner references.
Source    pkg/controller/garbagecollector/{garbagecollector,graph_builder}.go
Left out  the Event OwnerRefInvalidNamespace
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Controller, Informers, Resource
from k8slab.clock import Scheduling
from k8slab.objects import Key, is_leaving
from k8slab.wire import NotFound

__all__ = [
    "GarbageCollector",
]

Obj = dict[str, Any]

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
DISCOVERY = Key("", "")  # look again at what the server serves
IGNORED = {"Event", "Lease"}  # upstream ignores events; leases are renewed all the time and own nothing


class GarbageCollector(Controller):
    """Keeps the family tree of the cluster; its keys are uids."""

    name = "generic-garbage-collector"

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self._objects: dict[str, Obj] = {}
        self._dependents: dict[str, dict[str, None]] = {}
        self._followed: set[str] = set()
        self._follow(client.resources())
        self.informer("CustomResourceDefinition").on_change(lambda old, new: self.queue.add(DISCOVERY))

    def reconcile(self, key: Key) -> After | None:
        """Decide about one object: is it leaving with wishes, or has it lost its owners?"""
        if key == DISCOVERY:
            self.client.mapper.refresh()
            self._follow(self.client.resources())
            return None
        obj = self._objects.get(key.name)
        if obj is None:
            return None
        finalizers = obj["metadata"].get("finalizers") or []
        if is_leaving(obj) and ORPHAN in finalizers:
            self._set_free(obj)
        elif is_leaving(obj) and FOREGROUND in finalizers:
            self._take_along(obj)
        elif not is_leaving(obj):
            self._delete_if_abandoned(obj)
        return None

    def _follow(self, resources: list[Resource]) -> None:
        """Keep the objects of these kinds in the tree."""
        for resource in resources:
            is_first = self.client.mapper.named(resource.kind) == resource
            name = resource.kind if is_first else resource.full_name
            if (
                {"delete", "watch"} <= set(resource.verbs)
                and resource.kind not in IGNORED
                and name not in self._followed
            ):
                self._followed.add(name)
                self.informer(name).on_change(self._changed)

    def _changed(self, old: Obj | None, new: Obj | None) -> None:
        """Redraw the family tree around one object and look again at those it concerns."""
        uid = (new or old or {})["metadata"]["uid"]
        before, after = _owner_uids(old), _owner_uids(new)
        for owner in before - after:
            self._dependents.get(owner, {}).pop(uid, None)
        for owner in _owner_uids_in_order(new):
            self._dependents.setdefault(owner, {})[uid] = None
        if new is not None:
            self._objects[uid] = new
            if (after and before != after) or is_leaving(new):
                self.queue.add(Key("", uid))
            if old is not None and old["metadata"].get("ownerReferences") != new["metadata"].get("ownerReferences"):
                for owner in _owner_uids_in_order(old):
                    self.queue.add(Key("", owner))  # it may have waited for this one
            return
        self._objects.pop(uid, None)
        for dependent in self._dependents.pop(uid, {}):
            self.queue.add(Key("", dependent))
        for owner in _owner_uids_in_order(old):
            self.queue.add(Key("", owner))  # it may wait for its last dependent

    def _delete_if_abandoned(self, obj: Obj) -> None:
        references = obj["metadata"].get("ownerReferences") or []
        there = [reference for reference in references if self._is_there(reference, obj)]
        solid = [reference for reference in there if not self._waits(reference)]
        if len(solid) == len(references):
            return
        if solid:
            self._patch(obj, {"ownerReferences": solid})
        elif there and self._dependents.get(obj["metadata"]["uid"]):
            self._delete(obj, "Foreground")
        else:
            self._delete(obj, "Background")

    def _is_there(self, reference: Obj, dependent: Obj) -> bool:
        """The owner exists, under that uid and where the dependent is: by the cache, and else by asking the server.

        An owner of which nothing can be known (a kind that is not served, no namespace to look in) is left in peace.
        """
        namespace, known = dependent["metadata"].get("namespace", ""), self._objects.get(reference["uid"])
        if known is not None and known["metadata"].get("namespace", "") in ("", namespace):
            return True
        try:
            resource = self.client.mapper.of(reference["apiVersion"], reference["kind"])
        except NotFound:
            return True
        if resource.is_namespaced and not namespace:
            return True
        try:
            owner = self.client.get(resource.full_name, reference["name"], namespace)
        except NotFound:
            return False
        same: bool = owner["metadata"]["uid"] == reference["uid"]
        return same

    def _waits(self, reference: Obj) -> bool:
        """The owner is being deleted in the foreground: it leaves after its dependents."""
        owner = self._objects.get(reference["uid"])
        return owner is not None and is_leaving(owner) and FOREGROUND in (owner["metadata"].get("finalizers") or ())

    def _take_along(self, owner: Obj) -> None:
        uid = owner["metadata"]["uid"]
        dependents = [self._objects[d] for d in self._dependents.get(uid, {}) if d in self._objects]
        blocking = [dependent for dependent in dependents if _blocks(dependent, uid)]
        if not blocking:
            self._drop_finalizer(owner, FOREGROUND)
        for dependent in dependents:
            if not is_leaving(dependent):
                self.queue.add(Key("", dependent["metadata"]["uid"]))

    def _set_free(self, owner: Obj) -> None:
        uid = owner["metadata"]["uid"]
        for dependent_uid in list(self._dependents.get(uid, {})):
            dependent = self._objects.get(dependent_uid)
            if dependent is not None:
                references = dependent["metadata"].get("ownerReferences") or []
                kept = [reference for reference in references if reference["uid"] != uid]
                self._patch(dependent, {"ownerReferences": kept or None})
        self._drop_finalizer(owner, ORPHAN)

    def _drop_finalizer(self, obj: Obj, name: str) -> None:
        kept = [finalizer for finalizer in obj["metadata"]["finalizers"] if finalizer != name]
        self._patch(obj, {"finalizers": kept or None})

    def _patch(self, obj: Obj, metadata: Obj) -> None:
        place = obj["metadata"]["name"], obj["metadata"].get("namespace", "")
        patch = {"metadata": {**metadata, "uid": obj["metadata"]["uid"]}}
        self.client.patch(self._resource(obj), *place, patch, type="merge")

    def _delete(self, obj: Obj, propagation: str) -> None:
        metadata = obj["metadata"]
        if propagation == "Background":
            wishes = metadata.get("finalizers") or ()
            propagation = "Orphan" if ORPHAN in wishes else "Foreground" if FOREGROUND in wishes else "Background"
        place = metadata["name"], metadata.get("namespace", "")
        self.client.delete(self._resource(obj), *place, propagation=propagation, uid=metadata["uid"])

    def _resource(self, obj: Obj) -> str:
        return self.client.mapper.of(obj["apiVersion"], obj["kind"]).full_name


def _owner_uids_in_order(obj: Obj | None) -> list[str]:
    return [reference["uid"] for reference in ((obj or {}).get("metadata") or {}).get("ownerReferences") or ()]


def _owner_uids(obj: Obj | None) -> set[str]:
    return set(_owner_uids_in_order(obj))


def _blocks(dependent: Obj, owner_uid: str) -> bool:
    references = dependent["metadata"].get("ownerReferences") or ()
    return any(r["uid"] == owner_uid and r.get("blockOwnerDeletion") for r in references)
