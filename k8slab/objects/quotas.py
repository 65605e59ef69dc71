"""What an object costs its namespace, and which quotas count it: the same for the API server and the controller.

Source    pkg/quota/v1/evaluator/core/{pods,services,persistent_volume_claims,registry}.go;
          staging/src/k8s.io/apiserver/pkg/quota/v1/generic/evaluator.go
Left out  the scopes CrossNamespacePodAffinity and VolumeAttributesClass (they match nothing); ResourceClaims
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from k8slab.objects.amounts import pod_resources
from k8slab.objects.selectors import matches_requirement
from k8slab.objects.times import parse_rfc3339

__all__ = [
    "is_in_scope",
    "quota_names",
    "quota_usage",
]

Obj = dict[str, Any]

COMPUTE = ("cpu", "memory", "ephemeral-storage")
PREFIXES = ("requests.", "limits.")
ALIASES = {"configmaps", "replicationcontrollers", "resourcequotas", "secrets"}
OF_CLASS = ".storageclass.storage.k8s.io/"
CLAIMS = ("persistentvolumeclaims", "requests.storage")
SERVICES = ("services", "services.loadbalancers", "services.nodeports")


def quota_names(resource: str, hard: Iterable[str]) -> list[str]:
    """The entries of a quota that are about a resource such as `pods` or `deployments.apps`, sorted."""
    return sorted(name for name in hard if name == f"count/{resource}" or _is_about(resource, name))


def _is_about(resource: str, name: str) -> bool:
    if resource == "pods":
        return name == "pods" or name in COMPUTE or _is_of_pods(name)
    if resource == "services":
        return name in SERVICES
    if resource == "persistentvolumeclaims":
        return name in CLAIMS or OF_CLASS in name
    return name == resource and name in ALIASES


def _is_of_pods(name: str) -> bool:
    prefix, _, rest = name.partition(".")
    if f"{prefix}." not in PREFIXES or OF_CLASS in name or rest == "storage":
        return name.startswith("hugepages-")
    return rest in COMPUTE or prefix == "requests"


def quota_usage(resource: str, obj: Obj, now: float = 0.0) -> dict[str, str]:
    """What the object uses, under the names that quotas have for it."""
    used = {f"count/{resource}": "1"}
    if resource == "pods":
        return used | _pod_usage(obj) if _is_counted(obj, now) else used
    if resource == "services":
        return used | _service_usage(obj.get("spec") or {})
    if resource == "persistentvolumeclaims":
        return used | _claim_usage(obj.get("spec") or {})
    return used | {resource: "1"} if resource in ALIASES else used


def _is_counted(pod: Obj, now: float) -> bool:
    """The pod has not ended, and if it leaves, its time is not over."""
    metadata = pod["metadata"]
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return False
    if not metadata.get("deletionTimestamp"):
        return True
    grace_s: int = metadata.get("deletionGracePeriodSeconds", 0)
    return now <= parse_rfc3339(metadata["deletionTimestamp"]) + grace_s


def _pod_usage(pod: Obj) -> dict[str, str]:
    used = {"pods": "1"}
    for field in ("requests", "limits"):
        for name, quantity in pod_resources(pod["spec"], field).items():
            if name in COMPUTE or name.startswith("hugepages-") or field == "requests":
                used[f"{field}.{name}"] = quantity
            if field == "requests" and (name in COMPUTE or name.startswith("hugepages-")):
                used[name] = quantity
    return used


def _service_usage(spec: Obj) -> dict[str, str]:
    type_, ports = spec.get("type", "ClusterIP"), len(spec.get("ports") or ())
    balances = type_ == "LoadBalancer"
    opens = type_ == "NodePort" or (balances and spec.get("allocateLoadBalancerNodePorts", True))
    return {
        "services": "1",
        "services.loadbalancers": "1" if balances else "0",
        "services.nodeports": str(ports) if opens else "0",
    }


def _claim_usage(spec: Obj) -> dict[str, str]:
    storage = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    used = {"persistentvolumeclaims": "1", **({"requests.storage": str(storage)} if storage else {})}
    name = spec.get("storageClassName")
    return used | {f"{name}{OF_CLASS}{key}": value for key, value in used.items()} if name else used


def is_in_scope(quota: Obj, resource: str, obj: Obj) -> bool:
    """The quota has no scopes, or the object is a pod that is in all of them."""
    spec = quota.get("spec") or {}
    wanted: list[Obj] = [{"scopeName": name, "operator": "Exists"} for name in spec.get("scopes") or ()]
    wanted += (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    return all(resource == "pods" and _has_scope(each, obj) for each in wanted)


def _has_scope(wanted: Mapping[str, Any], pod: Obj) -> bool:
    name, spec = wanted["scopeName"], pod["spec"]
    if name == "PriorityClass":
        class_name = spec.get("priorityClassName")
        labels = {name: class_name} if class_name else {}
        return matches_requirement({**wanted, "key": name}, labels)
    ends = spec.get("activeDeadlineSeconds") is not None
    needs_nothing = (pod.get("status") or {}).get("qosClass", "BestEffort") == "BestEffort"
    answers: dict[str, bool] = {"Terminating": ends, "NotTerminating": not ends}
    answers |= {"BestEffort": needs_nothing, "NotBestEffort": not needs_nothing}
    return answers.get(name, False)
