"""The default policy as objects, written in one go by a server whose store has none yet.

admin, edit and view are written with the rules that are gathered into them, so that they hold from the first moment
and without a controller. Their uids follow from their names: no dice are thrown for what is always the same.

Source    pkg/registry/rbac/rest/storage_rbac.go (bootstrap-roles)
Left out  reconciling a policy that somebody has changed (the annotation autoupdate does nothing)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from k8slab.api.authorization.controller_policy import CONTROLLERS, NAMESPACE_BINDINGS, NAMESPACE_ROLES
from k8slab.api.authorization.identity import AUTHENTICATED, MASTERS, UNAUTHENTICATED
from k8slab.api.authorization.policy import AGGREGATED, CLUSTER_ROLES, rules_of
from k8slab.api.kinds import KINDS
from k8slab.etcd import Put, Store
from k8slab.objects import rfc3339

__all__ = [
    "default_policy",
    "store_policy",
]

Obj = dict[str, Any]

GROUP = "rbac.authorization.k8s.io"
MARKS = {
    "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
    "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
}
USERS = {
    "system:kube-controller-manager": "system:kube-controller-manager",
    "system:kube-scheduler": "system:kube-scheduler",
    "system:node-proxier": "system:kube-proxy",
    "system:volume-scheduler": "system:kube-scheduler",
}
GROUPS = {
    "cluster-admin": (MASTERS,),
    "system:basic-user": (AUTHENTICATED,),
    "system:discovery": (AUTHENTICATED,),
    "system:node": (),
    "system:public-info-viewer": (AUTHENTICATED, UNAUTHENTICATED),
    "system:service-account-issuer-discovery": ("system:serviceaccounts",),
}
KIND_OF = {kind.kind: kind for kind in KINDS if kind.group == GROUP}


def store_policy(store: Store, now: float, more: Sequence[Obj] = ()) -> None:
    """Write the default policy and `more` of its kind; nothing where there are cluster roles already.

    Those come last, in a transaction of their own: an etcd server takes 128 operations in one.
    """
    if not store.range(KIND_OF["ClusterRole"].etcd_prefix, limit=1).kvs:
        policy, born = (*default_policy(), *more), rfc3339(now)
        for are_roles in (False, True):
            store.txn([], [_put(obj, born) for obj in policy if (obj["kind"] == "ClusterRole") is are_roles])


@cache
def default_policy() -> tuple[Obj, ...]:
    """Every role and binding of a new server, the same objects each time: they are shared and never changed."""
    return tuple(_policy())


def _policy() -> Iterator[Obj]:
    for name, rows in CLUSTER_ROLES.items():
        yield _role("ClusterRole", name, rows, _label(name.removeprefix("system:aggregate-to-")))
    yield from _aggregated()
    for name, rows in CONTROLLERS.items():
        yield _role("ClusterRole", f"system:controller:{name}", rows)
        yield _binding("ClusterRoleBinding", f"system:controller:{name}", [_account(name)])
    for name, groups in GROUPS.items():
        yield _binding("ClusterRoleBinding", name, [_subject("Group", group) for group in groups])
    for name, user in USERS.items():
        yield _binding("ClusterRoleBinding", name, [_subject("User", user)])
    yield _binding("ClusterRoleBinding", "system:kube-dns", [_account("kube-dns")])
    for (namespace, name), rows in NAMESPACE_ROLES.items():
        yield _role("Role", name, rows, namespace=namespace)
    for (namespace, name), subjects in NAMESPACE_BINDINGS.items():
        found = [_subject("User", each) if ":" in each else _account(each) for each in subjects]
        yield _binding("RoleBinding", name, found, namespace)


def _label(target: str) -> dict[str, str]:
    return {f"{GROUP}/aggregate-to-{target}": "true"} if target in AGGREGATED else {}


def _aggregated() -> Iterator[Obj]:
    """view is gathered into edit and edit into admin, in the order of the names of the roles that are gathered."""
    view, edit, admin = (rules_of(CLUSTER_ROLES[f"system:aggregate-to-{name}"]) for name in AGGREGATED)
    gathered = {"view": view, "edit": edit + view, "admin": edit + view + admin}
    for name, target in AGGREGATED.items():
        selector = {"matchLabels": {f"{GROUP}/aggregate-to-{name}": "true"}}
        role = _role("ClusterRole", name, (), _label(target))
        yield {**role, "aggregationRule": {"clusterRoleSelectors": [selector]}, "rules": gathered[name]}


def _role(kind: str, name: str, rows: Iterable[Any], labels: dict[str, str] | None = None, namespace: str = "") -> Obj:
    metadata = {**_metadata(name, namespace), "labels": {**MARKS["labels"], **(labels or {})}}
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": metadata, "rules": rules_of(rows)}


def _binding(kind: str, name: str, subjects: list[Obj], namespace: str = "") -> Obj:
    role = {"apiGroup": GROUP, "kind": kind.removesuffix("Binding"), "name": name}
    if name == "system::extension-apiserver-authentication-reader":
        role["name"] = name.removeprefix("system::")
    binding: Obj = {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": _metadata(name, namespace), "roleRef": role}
    return {**binding, "subjects": subjects} if subjects else binding


def _metadata(name: str, namespace: str) -> Obj:
    return {"name": name, **({"namespace": namespace} if namespace else {}), **MARKS}


def _subject(kind: str, name: str) -> Obj:
    return {"apiGroup": GROUP, "kind": kind, "name": name}


def _account(name: str) -> Obj:
    return {"kind": "ServiceAccount", "name": name, "namespace": "kube-system"}


def _put(obj: Obj, born: str) -> Put:
    metadata = obj["metadata"]
    key = KIND_OF[obj["kind"]].key(metadata.get("namespace", ""), metadata["name"])
    digits = hashlib.sha256(key.encode()).hexdigest()
    uid = f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-a{digits[15:18]}-{digits[18:30]}"
    return Put(key, {**obj, "metadata": {**metadata, "uid": uid, "creationTimestamp": born}})
