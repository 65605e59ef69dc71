"""Give every Namespace the account in whose name its Pods run unless they say otherwise.

Watches   Namespaces, ServiceAccounts.
Compares  the accounts of an active namespace with the one called default.
Writes    creates that ServiceAccount.
Source    pkg/controller/serviceaccount/serviceaccounts_controller.go
Left out  Secrets with tokens that never end (by themselves nobody makes them since v1.24); the ConfigMap
          kube-root-ca.crt, for there are no certificates
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.client import After, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.objects import Key

__all__ = ["ServiceAccountController"]

Obj = dict[str, Any]

NAME = "default"


def _namespace_key(account: Obj) -> Iterable[Key]:
    metadata = account["metadata"]
    return (Key("", metadata["namespace"]),) if metadata["name"] == NAME else ()


class ServiceAccountController(Controller):
    """Its keys are namespaces."""

    name = "service-account-controller"
    watches = {"Namespace": own_key, "ServiceAccount": _namespace_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.namespaces = self.informer("Namespace")
        self.accounts = self.informer("ServiceAccount")

    def reconcile(self, key: Key) -> After | None:
        """Make the account that an active namespace lacks."""
        namespace = self.namespaces.get(key)
        if namespace is None or (namespace.get("status") or {}).get("phase") != "Active":
            return None
        if self.accounts.get(Key(key.name, NAME)) is None:
            metadata = {"name": NAME, "namespace": key.name}
            self.client.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
        return None
