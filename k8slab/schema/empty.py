"""What an object has before anything is written into it: the structs and lists that Go writes even when empty.

A create is compared with this, so nobody owns `spec` itself, but everybody owns `spec.strategy.rollingUpdate`.

Source    staging/src/k8s.io/api/*/v1/types.go (which fields are no pointers, and have no omitempty)
Left out  empty texts and numbers
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from k8slab.schema.facts import Type

__all__ = ["empty_of"]

STRUCTS = {  # of the fields that the published schema calls optional
    "CustomResourceDefinitionStatus.acceptedNames",
    "DaemonSetSpec.updateStrategy",
    "DeploymentSpec.strategy",
    "Event.source",
    "IngressStatus.loadBalancer",
    "NetworkPolicySpec.podSelector",
    "NodeDaemonEndpoints.kubeletEndpoint",
    "NodeStatus.daemonEndpoints",
    "NodeStatus.nodeInfo",
    "PersistentVolumeClaimSpec.resources",
    "PodTemplate.template",
    "ServiceStatus.loadBalancer",
    "StatefulSetSpec.updateStrategy",
}
ALWAYS_STRUCTS = ("metadata", "spec", "status")
POINTERS = {"IPAddressSpec.parentRef", "DeploymentSpec.selector"}  # of the required fields


@lru_cache(maxsize=256)
def empty_of(of: Type) -> dict[str, Any]:
    """The object of a type that nothing has been written into."""
    empty: dict[str, Any] = {}
    for name, field in of.fields.items():
        full_name = f"{of.name}.{name}"
        is_there = field.required or name in ALWAYS_STRUCTS or full_name in STRUCTS
        if not is_there or full_name in POINTERS:
            continue
        if field.kind == "object" and field.type is not None:
            empty[name] = empty_of(field.type)
        elif field.kind in ("list", "map"):
            empty[name] = None
    return empty
