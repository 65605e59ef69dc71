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
from k8slab.api.admission.claim_resize import check_resize
from k8slab.api.admission.default_ingress_class import with_default_ingress_class
from k8slab.api.admission.default_storage_class import with_default_class
from k8slab.api.admission.default_tolerations import with_default_tolerations
from k8slab.api.admission.limit_ranger import check_claim_limits, check_pod_limits, with_default_limits
from k8slab.api.admission.namespace_lifecycle import check_namespace, check_namespace_deletion
from k8slab.api.admission.node_restriction import KUBELET, check_node
from k8slab.api.admission.pod_security import check_namespace_label, check_pod_security, warn_of_template
from k8slab.api.admission.priority import check_priority_class, with_priority
from k8slab.api.admission.resource_quota import charge_quotas, warn_of_requests
from k8slab.api.admission.service_account import check_mirror_pod, is_mirror, with_service_account
from k8slab.api.admission.storage_protection import with_protection
from k8slab.api.admission.webhooks import Webhooks
from k8slab.api.defaults import DEFAULTS
from k8slab.api.kinds import Kind
from k8slab.etcd import Store

__all__ = ["Admission"]

Obj = dict[str, Any]
Check = Callable[[Cluster, Attempt, Obj, Obj | None], None]
Write = Callable[[Obj, Obj], object]

SPECS_KEPT = 200
DECIDING = ("limitranges", "priorityclasses", "serviceaccounts")
TEMPLATED = ("CronJob", "DaemonSet", "Deployment", "Job", "PodTemplate", "ReplicaSet", "ReplicationController",
             "StatefulSet")  # fmt: skip
CHECKS: dict[str, tuple[Check, ...]] = {
    "Namespace": (check_namespace_label,),
    "PersistentVolumeClaim": (check_claim_limits, check_resize),
    "Pod": (check_pod_limits, check_pod_security),
    "PriorityClass": (check_priority_class,),
    "ResourceQuota": (warn_of_requests,),
    **dict.fromkeys(TEMPLATED, (warn_of_template,)),
}


class Admission:
    """All plugins together, over what they can see of the cluster; `write_status` stores a quota's new usage."""

    def __init__(self, objects_of: Callable[[Kind], Objects], store: Store, write_status: Write) -> None:
        self.webhooks = Webhooks()
        self.cluster = Cluster(objects_of)
        self._write_status = write_status
        self._specs: dict[tuple[int, str, bool], tuple[Obj, Obj, dict[str, str]]] = {}
        for plural in DECIDING:
            store.watch(f"/registry/{plural}/", lambda events: self._specs.clear())

    def created(self, attempt: Attempt, obj: Obj) -> Obj:
        """A new object with its defaults, as the plugins leave it."""
        kind = attempt.kind
        if kind.is_namespaced:
            check_namespace(self.cluster, attempt)
        obj = self._pod(attempt, obj) if kind.kind == "Pod" else _defaulted(kind, obj)
        if kind.kind == "PersistentVolumeClaim":
            obj = with_default_class(self.cluster, obj)
        elif kind.kind == "Ingress":
            obj = with_default_ingress_class(self.cluster, obj)
        obj = with_protection(kind.kind, obj)
        return self._changed_by_webhooks(attempt, obj, None) if self.webhooks else obj

    def updated(self, attempt: Attempt, new: Obj, old: Obj) -> Obj:
        """A changed object with its defaults, as the plugins leave it."""
        new = _defaulted(attempt.kind, new)
        if attempt.kind.kind == "Pod":
            kept = {name: old["spec"][name] for name in ("priority", "preemptionPolicy") if name in old["spec"]}
            spec = new["spec"] if all(new["spec"].get(name) is not None for name in kept) else {**kept, **new["spec"]}
            new = {**new, "spec": with_default_tolerations(spec)}
        return self._changed_by_webhooks(attempt, new, old) if self.webhooks else new

    def check(self, attempt: Attempt, new: Obj, old: Obj | None) -> None:
        """Raises Forbidden when a plugin is against it; the quotas come last, for they are charged."""
        if attempt.user.startswith(KUBELET):
            check_node(self.cluster, attempt, new, old)
        if attempt.subresource == "ephemeralcontainers":
            check_pod_security(self.cluster, attempt, new, old)
        if attempt.subresource == "resize":
            check_pod_limits(self.cluster, attempt, new, old)
            charge_quotas(self.cluster, attempt, new, old, self._write_status)
        if attempt.subresource:
            return
        for check in CHECKS.get(attempt.kind.kind, ()):
            check(self.cluster, attempt, new, old)
        if self.webhooks:
            self.webhooks.check(attempt, new, old)
        if attempt.kind.is_namespaced and self.cluster.has("ResourceQuota"):
            charge_quotas(self.cluster, attempt, new, old, self._write_status)

    def deleted(self, attempt: Attempt, old: Obj) -> None:
        """Raises Forbidden when the object must stay."""
        check_namespace_deletion(attempt)
        if attempt.user.startswith(KUBELET):
            check_node(self.cluster, attempt, None, old)
        if self.webhooks:
            self.webhooks.check(attempt, None, old)

    def _changed_by_webhooks(self, attempt: Attempt, new: Obj, old: Obj | None) -> Obj:
        changed = self.webhooks.mutated(attempt, new, old) if not attempt.subresource else new
        return new if changed is new else _defaulted(attempt.kind, changed)

    def _pod(self, attempt: Attempt, pod: Obj) -> Obj:
        given = pod.get("spec") or {}
        key = (id(given), attempt.namespace, is_mirror(pod))
        known = self._specs.get(key)
        if known is None:
            if len(self._specs) >= SPECS_KEPT:
                self._specs.clear()
            known = self._specs[key] = (given, *self._pod_spec(attempt, pod))
        _, spec, annotations = known
        if not annotations:
            return {**pod, "spec": spec}
        metadata = pod["metadata"]
        annotations = {**(metadata.get("annotations") or {}), **annotations}
        return {**pod, "metadata": {**metadata, "annotations": annotations}, "spec": spec}

    def _pod_spec(self, attempt: Attempt, pod: Obj) -> tuple[Obj, dict[str, str]]:
        """The spec as the plugins leave it, and the annotations that tell of it."""
        spec: Obj = _defaulted(attempt.kind, pod).get("spec") or {}
        spec, annotations = with_default_limits(self.cluster, attempt, spec)
        if is_mirror(pod):
            check_mirror_pod(attempt, spec)
        else:
            spec = with_service_account(self.cluster, attempt, spec)
        return with_default_tolerations(with_priority(self.cluster, attempt, spec)), annotations


def _defaulted(kind: Kind, obj: Obj) -> Obj:
    default = DEFAULTS.get((kind.api_version, kind.kind))
    return default(obj) if default else obj
