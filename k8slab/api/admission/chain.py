"""The chain of plugins: those that change an object, then, once it is valid, those that only judge it.

The order is upstream's. What a pod becomes depends on its spec, its namespace and the objects in DECIDING, so pods
of one template go on sharing one admitted spec until one of those changes.

Source    pkg/kubeapiserver/options/plugins.go (AllOrderedPlugins, DefaultOffAdmissionPlugins)
Left out  the plugins that are not in this folder
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.admission.attempt import Attempt, Cluster, Objects
from k8slab.api.admission.default_tolerations import with_default_tolerations
from k8slab.api.admission.namespace_lifecycle import check_namespace, check_namespace_deletion
from k8slab.api.admission.priority import check_priority_class, with_priority
from k8slab.api.admission.service_account import check_mirror_pod, is_mirror, with_service_account
from k8slab.api.defaults import DEFAULTS
from k8slab.api.kinds import Kind
from k8slab.etcd import Store

__all__ = ["Admission"]

Obj = dict[str, Any]
Check = Callable[[Cluster, Attempt, Obj, Obj | None], None]

SPECS_KEPT = 200
DECIDING = ("limitranges", "priorityclasses", "serviceaccounts")
CHECKS: dict[str, tuple[Check, ...]] = {
    "PriorityClass": (check_priority_class,),
}


class Admission:
    """All plugins together, over what they can see of the cluster."""

    def __init__(self, objects_of: Callable[[Kind], Objects], store: Store) -> None:
        self._cluster = Cluster(objects_of)
        self._specs: dict[tuple[int, str, bool], tuple[Obj, Obj]] = {}
        for plural in DECIDING:
            store.watch(f"/registry/{plural}/", lambda events: self._specs.clear())

    def created(self, attempt: Attempt, obj: Obj) -> Obj:
        """A new object with its defaults, as the plugins leave it."""
        if attempt.kind.is_namespaced:
            check_namespace(self._cluster, attempt)
        return self._pod(attempt, obj) if attempt.kind.kind == "Pod" else _defaulted(attempt.kind, obj)

    def updated(self, attempt: Attempt, new: Obj, old: Obj) -> Obj:
        """A changed object with its defaults, as the plugins leave it."""
        new = _defaulted(attempt.kind, new)
        if attempt.kind.kind == "Pod":
            kept = {name: old["spec"][name] for name in ("priority", "preemptionPolicy") if name in old["spec"]}
            spec = new["spec"] if all(new["spec"].get(name) is not None for name in kept) else {**kept, **new["spec"]}
            return {**new, "spec": with_default_tolerations(spec)}
        return new

    def check(self, attempt: Attempt, new: Obj, old: Obj | None) -> None:
        """Raises Forbidden when a plugin is against it."""
        if attempt.subresource:
            return
        for check in CHECKS.get(attempt.kind.kind, ()):
            check(self._cluster, attempt, new, old)

    def deleted(self, attempt: Attempt) -> None:
        """Raises Forbidden when the object must stay."""
        check_namespace_deletion(attempt)

    def _pod(self, attempt: Attempt, pod: Obj) -> Obj:
        given = pod.get("spec") or {}
        key = (id(given), attempt.namespace, is_mirror(pod))
        known = self._specs.get(key)
        if known is None:
            if len(self._specs) >= SPECS_KEPT:
                self._specs.clear()
            known = self._specs[key] = (given, self._pod_spec(attempt, pod))
        return {**pod, "spec": known[1]}

    def _pod_spec(self, attempt: Attempt, pod: Obj) -> Obj:
        spec: Obj = _defaulted(attempt.kind, pod).get("spec") or {}
        if is_mirror(pod):
            check_mirror_pod(attempt, spec)
        else:
            spec = with_service_account(self._cluster, attempt, spec)
        return with_default_tolerations(with_priority(self._cluster, attempt, spec))


def _defaulted(kind: Kind, obj: Obj) -> Obj:
    default = DEFAULTS.get((kind.api_version, kind.kind))
    return default(obj) if default else obj
