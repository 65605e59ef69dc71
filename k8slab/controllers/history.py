"""ControllerRevisions: what a template once was, under a name that is made of its content.

StatefulSets and DaemonSets write one for every template they meet; a template that comes back gets its old revision,
with a new number.

Source    pkg/controller/history/controller_history.go; statefulset/stateful_set_control.go, getStatefulSetRevisions,
          truncateHistory; daemon/update.go, constructHistory, cleanupHistory
Left out  equal revisions are not merged into one; the hash is upstream's only where both write the same JSON
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from k8slab.client import Client, Informer
from k8slab.controllers.claims import Claims
from k8slab.objects import Key, owned_by, owner_reference
from k8slab.wire import AlreadyExists

__all__ = [
    "POD_REVISION",
    "History",
    "restored",
]

Obj = dict[str, Any]

POD_REVISION = "controller-revision-hash"  # the label by which a Pod tells of which revision it is
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
MOST_PREFIX = 223


class History:
    """The revisions of the owners of one kind; `hash_label` is where a revision carries its hash."""

    def __init__(
        self, client: Client, owners: Informer, revisions: Informer, enqueue: Callable[[Key], None], hash_label: str
    ) -> None:
        self._client = client
        self._claims = Claims(client, owners, revisions, enqueue)
        self._hash_label = hash_label

    def of(self, owner: Obj) -> list[Obj]:
        """The owner's revisions, the oldest first."""
        return sorted(self._claims.of(owner), key=_age)

    def newest(self, owner: Obj, known: list[Obj]) -> tuple[Obj, int]:
        """The revision of the template as it is now, made or renumbered where needed; and how many names collided."""
        collisions = (owner.get("status") or {}).get("collisionCount", 0)
        number = known[-1]["revision"] + 1 if known else 1
        equal = next((revision for revision in reversed(known) if revision["data"] == _snapshot(owner)), None)
        if equal is None:
            return self._create(owner, number, collisions)
        if equal is known[-1]:
            return equal, collisions
        metadata = equal["metadata"]
        patch = {"revision": number}
        return self._client.patch("ControllerRevision", metadata["name"], metadata["namespace"], patch), collisions

    def forget(self, idle: list[Obj], surplus: int) -> None:
        """Delete so many of the revisions that nothing uses any more, the oldest first."""
        for revision in idle[: max(surplus, 0)]:
            self._client.delete("ControllerRevision", revision["metadata"]["name"], revision["metadata"]["namespace"])

    def _create(self, owner: Obj, number: int, collisions: int) -> tuple[Obj, int]:
        while True:
            revision = self._new(owner, number, collisions)
            try:
                return self._client.create(revision), collisions
            except AlreadyExists:
                metadata = revision["metadata"]
                there = self._client.get("ControllerRevision", metadata["name"], metadata["namespace"])
                if there["data"] == revision["data"] and owned_by(there, owner):
                    return there, collisions
                collisions += 1

    def _new(self, owner: Obj, number: int, collisions: int) -> Obj:
        metadata, data = owner["metadata"], _snapshot(owner)
        hash_ = _hash(data, collisions)
        given = owner["spec"]["template"].get("metadata") or {}
        made: Obj = {
            "name": f"{metadata['name'][:MOST_PREFIX]}-{hash_}",
            "namespace": metadata["namespace"],
            "labels": {**(given.get("labels") or {}), self._hash_label: hash_},
            "ownerReferences": [owner_reference(owner)],
        }
        if metadata.get("annotations"):
            made["annotations"] = metadata["annotations"]
        kind = {"apiVersion": "apps/v1", "kind": "ControllerRevision"}
        return {**kind, "metadata": made, "data": data, "revision": number}


def restored(revision: Obj) -> Obj:
    """The template that a revision remembers."""
    template = revision["data"]["spec"]["template"]
    return {name: value for name, value in template.items() if name != "$patch"}


def _snapshot(owner: Obj) -> Obj:
    """The patch that brings today's template back."""
    return {"spec": {"template": {**owner["spec"]["template"], "$patch": "replace"}}}


def _age(revision: Obj) -> tuple[int, str, str]:
    metadata = revision["metadata"]
    return revision["revision"], metadata["creationTimestamp"], metadata["name"]


def _hash(data: Obj, collisions: int) -> str:
    """FNV-1 (32 bits) of the JSON and of the number of collisions, spelled in letters that make no words."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    value = 0x811C9DC5
    for byte in f"{text}{collisions}".encode():
        value = (value * 0x01000193 & 0xFFFFFFFF) ^ byte
    return "".join(ALPHABET[ord(digit) % len(ALPHABET)] for digit in str(value))
