"""Empty a Namespace that is being deleted, then let it go.

Watches   Namespaces.
Compares  what is still in a leaving namespace with nothing.
Writes    deletes everything in it; takes its finalizer away through the finalize subresource.
Source    pkg/controller/namespace/deletion/namespaced_resources_deleter.go
Left out  the conditions that say why a namespace does not empty
"""

from __future__ import annotations

from k8slab.client import After, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.objects import Key, is_leaving

__all__ = [
    "NamespaceController",
]

FINALIZER = "kubernetes"


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
        remaining_s = self._empty(key.name)
        if remaining_s is not None:
            return After(remaining_s / 2 + 1, background=not remaining_s)  # nobody knows when a finalizer goes
        finalizers = [name for name in namespace["spec"].get("finalizers") or () if name != FINALIZER]
        self.client.update(
            {**namespace, "spec": {**namespace["spec"], "finalizers": finalizers}}, subresource="finalize"
        )
        return None

    def _empty(self, name: str) -> float | None:
        """Delete everything in the namespace; for how long the slowest of it may stay, or None when it is empty."""
        remaining_s: float | None = None
        for resource in self.client.resources():
            if not resource.is_namespaced or "deletecollection" not in resource.verbs:
                continue
            if self.client.list(resource.full_name, name):
                self.client.delete_collection(resource.full_name, name)
            for left in self.client.list(resource.full_name, name):
                grace_s = left["metadata"].get("deletionGracePeriodSeconds") or 0
                remaining_s = max(remaining_s or 0.0, float(grace_s))
        return remaining_s
