"""Empty a Namespace that is being deleted, then let it go.

Watches   Namespaces.
Compares  what is still in a leaving namespace with nothing.
Writes    deletes everything in it; the conditions that say what is left; takes its finalizer away through finalize.
Source    pkg/controller/namespace/deletion/{namespaced_resources_deleter,status_condition_utils}.go
Left out  the conditions for failures of discovery and of deletion never become True
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from k8slab.client import After, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.objects import Key, is_leaving, rfc3339, with_condition

__all__ = [
    "NamespaceController",
]

Obj = dict[str, Any]

FINALIZER = "kubernetes"
FINE = (
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    ("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    ("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    ("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
)


class NamespaceController(Controller):
    """The last one out turns off the light."""

    name = "namespace-controller"
    watches = {"Namespace": own_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.namespaces = self.informer("Namespace")

    def reconcile(self, key: Key) -> After | None:
        """Delete what is there; come back until nothing is."""
        namespace = self.namespaces.get(key)
        if namespace is None or not is_leaving(namespace):
            return None
        left = self._empty(key.name)
        namespace = self._report(namespace, left)
        if left:
            metadata = [obj["metadata"] for objs in left.values() for obj in objs]
            remaining_s = max(each.get("deletionGracePeriodSeconds") or 0 for each in metadata)
            return After(remaining_s / 2 + 1, background=not remaining_s)  # nobody knows when a finalizer goes
        finalizers = [name for name in namespace["spec"].get("finalizers") or () if name != FINALIZER]
        self.client.update(
            {**namespace, "spec": {**namespace["spec"], "finalizers": finalizers}}, subresource="finalize"
        )
        return None

    def _empty(self, name: str) -> dict[str, list[Obj]]:
        """Delete everything in the namespace; what is left all the same, by resource and group."""
        left: dict[str, list[Obj]] = {}
        self.client.mapper.refresh()
        for resource in self.client.resources():
            if not resource.is_namespaced or "deletecollection" not in resource.verbs:
                continue
            if self.client.list(resource.full_name, name):
                self.client.delete_collection(resource.full_name, name)
            if remaining := self.client.list(resource.full_name, name):
                left[f"{resource.plural}.{resource.group}"] = remaining
        return left

    def _report(self, namespace: Obj, left: dict[str, list[Obj]]) -> Obj:
        """Write what keeps the namespace into its conditions, if they say something else."""
        before = (namespace.get("status") or {}).get("conditions") or []
        conditions = before
        for condition in deletion_conditions(left):
            conditions = with_condition(conditions, condition, rfc3339(self.loop.now))
        return namespace if conditions == before else self.client.patch_status(namespace, {"conditions": conditions})


def deletion_conditions(left: dict[str, list[Obj]]) -> list[Obj]:
    """The conditions of a leaving namespace in which this is left."""
    finalizers = Counter(f for objs in left.values() for obj in objs for f in obj["metadata"].get("finalizers") or ())
    resources = ", ".join(f"{name} has {len(objs)} resource instances" for name, objs in sorted(left.items()))
    holding = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(finalizers.items()))
    wrong = {}
    if resources:
        wrong["NamespaceContentRemaining"] = ("SomeResourcesRemain", f"Some resources are remaining: {resources}")
    if holding:
        text = f"Some content in the namespace has finalizers remaining: {holding}"
        wrong["NamespaceFinalizersRemaining"] = ("SomeFinalizersRemain", text)
    conditions = []
    for type_, *fine in FINE:
        reason, message = wrong.get(type_, fine)
        status = "True" if type_ in wrong else "False"
        conditions.append({"type": type_, "status": status, "reason": reason, "message": message})
    return conditions
