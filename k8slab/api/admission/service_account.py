"""ServiceAccount: every pod runs in the name of an account of its namespace.

Source    plugin/pkg/admission/serviceaccount/admission.go
Left out  the volume with the account's token; waiting for the account `default` of a new namespace (the pod is let in)
"""

from __future__ import annotations

from typing import Any

from k8slab.api.admission.attempt import Attempt, Cluster

__all__ = [
    "check_mirror_pod",
    "is_mirror",
    "with_service_account",
]

Obj = dict[str, Any]

MIRROR = "kubernetes.io/config.mirror"
DEFAULT = "default"
SECRETS = {"secret", "secretKeyRef", "secretRef"}


def with_service_account(cluster: Cluster, attempt: Attempt, spec: Obj) -> Obj:
    """The pod spec with its account's name and pull secrets. Raises Forbidden when there is no such account."""
    name = spec.get("serviceAccountName") or spec.get("serviceAccount") or DEFAULT
    account = cluster.get("ServiceAccount", name, attempt.namespace)
    if account is None and name != DEFAULT:
        place = f"{attempt.namespace}/{name}"
        raise attempt.forbidden(f'error looking up service account {place}: serviceaccount "{name}" not found')
    spec = {**spec, "serviceAccountName": name, "serviceAccount": name}
    pulls = (account or {}).get("imagePullSecrets")
    return {**spec, "imagePullSecrets": pulls} if pulls and not spec.get("imagePullSecrets") else spec


def check_mirror_pod(attempt: Attempt, spec: Obj) -> None:
    """Raises Forbidden for a static pod's mirror that asks for an account or a secret of the cluster."""
    if spec.get("serviceAccountName"):
        raise attempt.forbidden("a mirror pod may not reference service accounts")
    parts = [spec.get(name) for name in ("containers", "initContainers", "volumes")]
    if spec.get("imagePullSecrets") or _names(parts, SECRETS):
        raise attempt.forbidden("a mirror pod may not reference secrets")
    if _names(parts, {"serviceAccountToken"}):
        raise attempt.forbidden("a mirror pod may not use ServiceAccountToken volume projections")


def _names(part: Any, fields: set[str]) -> bool:
    """One of these fields stands somewhere in it."""
    if isinstance(part, dict):
        return any((name in fields and value) or _names(value, fields) for name, value in part.items())
    return isinstance(part, list) and any(_names(each, fields) for each in part)


def is_mirror(pod: Obj) -> bool:
    """The pod stands for one that a kubelet runs from a file."""
    return MIRROR in (pod["metadata"].get("annotations") or {})
