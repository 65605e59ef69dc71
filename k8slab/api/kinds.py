"""Every kind the API server serves, under its names, with what may be done to it.

Source    the aggregated discovery of a v1.37 server; pkg/registry/*/rest/storage_*.go
Left out  every kind beyond these: they are not served, and the answer is 404
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = [
    "KINDS",
    "Kind",
    "find_kind",
]

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
OWN_GROUP = "slab.k8slab.dev"  # what only a slab has: its audit record


class Kind(NamedTuple):
    """One resource. `etcd_prefix` is where its objects lie, as a real API server lays them out."""

    group: str
    version: str
    kind: str
    plural: str
    etcd_prefix: str
    is_namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    has_generation: bool = False
    selectable: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS

    @property
    def api_version(self) -> str:
        """Group and version as manifests write them."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def full_name(self) -> str:
        """The name in error texts: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        """The name in the singular, as discovery gives it."""
        return self.kind.lower()

    def key(self, namespace: str, name: str) -> str:
        """The etcd key of one object."""
        return f"{self.etcd_prefix}{namespace}/{name}" if self.is_namespaced else f"{self.etcd_prefix}{name}"

    def prefix(self, namespace: str) -> str:
        """The etcd prefix of the objects of one namespace, or of all ("")."""
        return f"{self.etcd_prefix}{namespace}/" if self.is_namespaced and namespace else self.etcd_prefix


POD_FIELDS = (
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
)
EVENT_FIELDS = (
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
)

KINDS: tuple[Kind, ...] = (
    Kind("", "v1", "ConfigMap", "configmaps", "/registry/configmaps/", True, ("cm",)),
    Kind("", "v1", "Event", "events", "/registry/events/", True, ("ev",), selectable=EVENT_FIELDS),
    Kind(
        "", "v1", "Namespace", "namespaces", "/registry/namespaces/", False, ("ns",),
        subresources=("finalize", "status"), selectable=("status.phase",),
        verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
    ),
    Kind(
        "", "v1", "Node", "nodes", "/registry/minions/", False, ("no",),
        subresources=("status",), selectable=("spec.unschedulable",),
    ),
    Kind(
        "", "v1", "Pod", "pods", "/registry/pods/", True, ("po",), ("all",),
        subresources=("binding", "eviction", "status"), has_generation=True, selectable=POD_FIELDS,
    ),
    Kind("", "v1", "Secret", "secrets", "/registry/secrets/", True, selectable=("type",)),
    Kind(
        "", "v1", "Service", "services", "/registry/services/specs/", True, ("svc",), ("all",),
        subresources=("status",), selectable=("spec.clusterIP", "spec.type"),
    ),
    Kind(
        "apps", "v1", "Deployment", "deployments", "/registry/deployments/", True, ("deploy",), ("all",),
        subresources=("scale", "status"), has_generation=True,
    ),
    Kind(
        "apps", "v1", "ReplicaSet", "replicasets", "/registry/replicasets/", True, ("rs",), ("all",),
        subresources=("scale", "status"), has_generation=True, selectable=("status.replicas",),
    ),
    Kind("coordination.k8s.io", "v1", "Lease", "leases", "/registry/leases/"),
    Kind(
        "discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", "/registry/endpointslices/",
        has_generation=True,
    ),
    Kind(OWN_GROUP, "v1", "AuditRecord", "auditrecords", "", False, verbs=("list",)),
)  # fmt: skip

_BY_RESOURCE = {(kind.group, kind.version, kind.plural): kind for kind in KINDS}


def find_kind(group: str, version: str, plural: str) -> Kind | None:
    """The kind served at this place, or None."""
    return _BY_RESOURCE.get((group, version, plural))


def groups() -> Iterable[str]:
    """The API groups in the order of discovery, the core group "" first."""
    return dict.fromkeys(kind.group for kind in KINDS)
