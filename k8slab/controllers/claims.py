"""Whose an object is: a controller adopts the orphans that its selector means, and lets go of what it no longer means.

Source    pkg/controller/controller_ref_manager.go (ClaimObject, AdoptPod, ReleasePod);
          controller_utils.go (RecheckDeletionTimestamp)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from k8slab.client import Client, Informer
from k8slab.objects import Key, controller_of, is_leaving, key_of, matches, owner_reference
from k8slab.wire import NotFound

__all__ = [
    "Claims",
]

Obj = dict[str, Any]


class Claims:
    """The objects of one kind, shared out among the owners of another: each takes what it may have.

    `enqueue` is called with the key of every owner that an orphan could belong to; what is taken bears `finalizer`.
    """

    def __init__(
        self, client: Client, owners: Informer, things: Informer, enqueue: Callable[[Key], None], finalizer: str = ""
    ) -> None:
        self._client = client
        self._finalizer = finalizer
        self._owners = owners
        self._things = things
        self._enqueue = enqueue
        things.add_index("owner", _owner_uid)
        things.add_index("orphans", _orphan_place)
        things.on_change(self._orphan_changed)

    def of(self, owner: Obj, accepts: Callable[[Obj], bool] | None = None) -> list[Obj]:
        """What belongs to the owner now: what it controls and still means, and the orphans it could adopt.

        It means an object by its selector and, if given, by `accepts`. A leaving owner neither takes nor lets go.
        """
        selector, is_busy = _selector(owner), not is_leaving(owner)

        def means(obj: Obj) -> bool:
            labels = obj["metadata"].get("labels") or {}
            return matches(selector, labels) and (accepts is None or accepts(obj))

        kept = []
        for obj in self._things.by_index("owner", owner["metadata"]["uid"]):
            if means(obj):
                kept.append(obj)
            elif is_busy:
                self._release(obj, owner)
        orphans = self._things.by_index("orphans", owner["metadata"]["namespace"]) if is_busy else []
        wanted = [obj for obj in orphans if means(obj) and not is_leaving(obj)]
        return [*kept, *self._adopted(wanted, owner)] if wanted else kept

    def is_settled(self, owner: Obj, labels: Iterable[Obj]) -> bool:
        """There is nothing to adopt, and nothing to let go if these are the labels of all that the owner controls."""
        selector = _selector(owner)
        orphans = self._things.by_index("orphans", owner["metadata"]["namespace"])
        return all(matches(selector, one) for one in labels) and not any(
            matches(selector, _labels(orphan)) for orphan in orphans
        )

    def _adopted(self, orphans: list[Obj], owner: Obj) -> list[Obj]:
        """The orphans that now are the owner's; none, if the owner in truth is leaving already."""
        try:
            fresh = self._client.get(owner["kind"], owner["metadata"]["name"], owner["metadata"]["namespace"])
        except NotFound:
            return []
        if fresh["metadata"]["uid"] != owner["metadata"]["uid"] or is_leaving(fresh):
            return []
        held = {"finalizers": [self._finalizer]} if self._finalizer else {}
        adopted = (self._patch(orphan, owner_reference(owner), held) for orphan in orphans)
        return [obj for obj in adopted if obj is not None]

    def _release(self, obj: Obj, owner: Obj) -> None:
        let_go = {"$deleteFromPrimitiveList/finalizers": [self._finalizer]} if self._finalizer else {}
        self._patch(obj, {"$patch": "delete", "uid": owner["metadata"]["uid"]}, let_go)

    def _patch(self, obj: Obj, reference: Obj, more: Obj) -> Obj | None:
        """The object with a changed owner, None when it is gone."""
        metadata = obj["metadata"]
        patch = {"metadata": {"ownerReferences": [reference], "uid": metadata["uid"], **more}}
        try:
            return self._client.patch(self._things.kind, metadata["name"], metadata["namespace"], patch)
        except NotFound:
            return None

    def _orphan_changed(self, old: Obj | None, new: Obj | None) -> None:
        """Somebody may want an orphan that is new, or that has new labels."""
        if new is None or controller_of(new) is not None:
            return
        if old is not None and controller_of(old) is None and _labels(old) == _labels(new):
            return
        for owner in self._owners.list(new["metadata"].get("namespace", "")):
            if matches(_selector(owner), _labels(new)):
                self._enqueue(key_of(owner))


def _selector(owner: Obj) -> Obj:
    """What the owner means by its selector, which a ReplicationController has as a plain map of labels."""
    given: Obj = owner["spec"].get("selector") or {}
    return {"matchLabels": given} if owner["kind"] == "ReplicationController" else given


def _labels(obj: Obj) -> Obj:
    return obj["metadata"].get("labels") or {}


def _owner_uid(obj: Obj) -> tuple[str, ...]:
    owner = controller_of(obj)
    return (owner["uid"],) if owner else ()


def _orphan_place(obj: Obj) -> tuple[str, ...]:
    return () if controller_of(obj) else (obj["metadata"].get("namespace", ""),)
