"""Every kind the API server serves, under its names, with what may be done to it.

Source    the aggregated discovery of a v1.37 server; pkg/registry/*/rest/storage_*.go
Left out  every kind beyond these: they are not served, and the answer is 404
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from k8slab.api.conversions import CONVERSIONS, Conversion

if TYPE_CHECKING:
    from k8slab.api.custom.version import Version

__all__ = [
    "KINDS",
    "Kind",
    "find_kind",
]

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
METRICS_GROUP = "metrics.k8s.io"
MEASURED_GROUPS = ("custom.metrics.k8s.io", "external.metrics.k8s.io")
OWN_GROUP = "slab.k8slab.dev"  # what only a slab has: its audit record

ETCD_NAMES = {"ingresses": "ingress"}  # where the path in etcd is not the plural
SHOWN_WHEN_DELETED = {  # where a deletion answers the object instead of a Status (ReturnDeletedObject in pkg/registry)
    "": {"PersistentVolume", "PersistentVolumeClaim", "Pod", "PodTemplate", "ResourceQuota", "Service",
         "ServiceAccount"},
    "storage.k8s.io": {"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"},
    "resource.k8s.io": {"DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"},
}  # fmt: skip


class Kind(NamedTuple):
    """One resource. `etcd_prefix` is where its objects lie, as a real API server lays them out ("": nowhere)."""

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
    names: tuple[str, str] = ("", "")  # in the singular and of a list, where they do not follow from the kind
    custom: Version | None = None  # what a CustomResourceDefinition says about it
    form: Conversion | Version | None = None  # between this version and the stored one, where they may differ

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
        return self.names[0] or self.kind.lower()

    @property
    def list_kind(self) -> str:
        """The kind of a list of these."""
        return self.names[1] or f"{self.kind}List"

    @property
    def is_shown_when_deleted(self) -> bool:
        """The answer to its deletion is the object, not a Status."""
        return self.kind in SHOWN_WHEN_DELETED.get(self.group, ())

    def details(self, name: str) -> dict[str, Any]:
        """The details of a Status about one object."""
        return {"name": name, **({"group": self.group} if self.group else {}), "kind": self.plural}

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


def _core(kind: str, plural: str, short_names: tuple[str, ...] = (), *, etcd_prefix: str = "", **more: Any) -> Kind:
    return Kind("", "v1", kind, plural, etcd_prefix or f"/registry/{plural}/", short_names=short_names, **more)


def _kinds(group: str, version: str, rows: Iterable[tuple[Any, ...]], *, is_namespaced: bool = True) -> Iterator[Kind]:
    """Rows of kind, plural, short names, categories, subresources, has_generation, selectable."""
    for kind, plural, *rest in rows:
        prefix = f"/registry/{ETCD_NAMES.get(plural, plural)}/"
        form = CONVERSIONS.get((f"{group}/{version}", kind))
        yield Kind(group, version, kind, plural, prefix, is_namespaced, *rest)._replace(form=form)


def _question(kind: str) -> tuple[Any, ...]:
    """A row of what is answered at once and never stored."""
    return kind, f"{kind.lower()}s", (), (), (), False, (), ("create",)


AUTOSCALER = ("HorizontalPodAutoscaler", "horizontalpodautoscalers", ("hpa",), ("all",), ("status",))
NEW_EVENT_FIELDS = (
    *(field.replace("involvedObject", "regarding") for field in EVENT_FIELDS if field.startswith("involvedObject")),
    "reason",
    "reportingController",
    "type",
)
KINDS: tuple[Kind, ...] = (  # of a kind in several versions the stored one stands first
    _core("ConfigMap", "configmaps", ("cm",)),
    _core("Endpoints", "endpoints", ("ep",), etcd_prefix="/registry/services/endpoints/"),
    _core("Event", "events", ("ev",), selectable=EVENT_FIELDS),
    _core("LimitRange", "limitranges", ("limits",)),
    _core(
        "Namespace", "namespaces", ("ns",), is_namespaced=False, subresources=("finalize", "status"),
        selectable=("status.phase",), verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
    ),
    _core(
        "Node", "nodes", ("no",), is_namespaced=False, etcd_prefix="/registry/minions/",
        subresources=("proxy", "status"), selectable=("spec.unschedulable",),
    ),
    _core("PersistentVolume", "persistentvolumes", ("pv",), is_namespaced=False, subresources=("status",)),
    _core("PersistentVolumeClaim", "persistentvolumeclaims", ("pvc",), subresources=("status",)),
    _core(
        "Pod", "pods", ("po",), categories=("all",),
        subresources=("attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "portforward", "proxy",
                      "resize", "status"),
        has_generation=True, selectable=POD_FIELDS,
    ),
    _core("PodTemplate", "podtemplates", has_generation=True),
    _core(
        "ReplicationController", "replicationcontrollers", ("rc",), categories=("all",),
        etcd_prefix="/registry/controllers/", subresources=("scale", "status"), has_generation=True,
        selectable=("status.replicas",),
    ),
    _core("ResourceQuota", "resourcequotas", ("quota",), subresources=("status",)),
    _core("Secret", "secrets", selectable=("type",)),
    _core(
        "Service", "services", ("svc",), categories=("all",), etcd_prefix="/registry/services/specs/",
        subresources=("proxy", "status"), selectable=("spec.clusterIP", "spec.type"),
    ),
    _core("ServiceAccount", "serviceaccounts", ("sa",), subresources=("token",)),
    *_kinds("apps", "v1", (
        ("ControllerRevision", "controllerrevisions"),
        ("DaemonSet", "daemonsets", ("ds",), ("all",), ("status",), True),
        ("Deployment", "deployments", ("deploy",), ("all",), ("scale", "status"), True),
        ("ReplicaSet", "replicasets", ("rs",), ("all",), ("scale", "status"), True, ("status.replicas",)),
        ("StatefulSet", "statefulsets", ("sts",), ("all",), ("scale", "status"), True),
    )),
    *_kinds("batch", "v1", (
        ("CronJob", "cronjobs", ("cj",), ("all",), ("status",), True),
        ("Job", "jobs", (), ("all",), ("status",), True, ("status.successful",)),
    )),
    *_kinds("autoscaling", "v2", (AUTOSCALER,)),
    *_kinds("autoscaling", "v1", (AUTOSCALER,)),
    *_kinds("coordination.k8s.io", "v1", (("Lease", "leases"),)),
    *_kinds("discovery.k8s.io", "v1", (("EndpointSlice", "endpointslices", (), (), (), True),)),
    *_kinds("events.k8s.io", "v1", (("Event", "events", ("ev",), (), (), False, NEW_EVENT_FIELDS),)),
    *_kinds("networking.k8s.io", "v1", (
        ("Ingress", "ingresses", ("ing",), (), ("status",), True),
        ("NetworkPolicy", "networkpolicies", ("netpol",), (), (), True),
    )),
    *_kinds("networking.k8s.io", "v1", (
        ("IngressClass", "ingressclasses", (), (), (), True),
        ("IPAddress", "ipaddresses", ("ip",)),
        ("ServiceCIDR", "servicecidrs", (), (), ("status",)),
    ), is_namespaced=False),
    *_kinds("policy", "v1", (("PodDisruptionBudget", "poddisruptionbudgets", ("pdb",), (), ("status",), True),)),
    *_kinds("authentication.k8s.io", "v1", (_question("SelfSubjectReview"),), is_namespaced=False),
    Kind("authentication.k8s.io", "v1", "TokenReview", "tokenreviews", "", False, verbs=("create",)),
    *_kinds("authorization.k8s.io", "v1", (_question("LocalSubjectAccessReview"),)),
    *_kinds("authorization.k8s.io", "v1", (
        _question("SelfSubjectAccessReview"), _question("SelfSubjectRulesReview"), _question("SubjectAccessReview"),
    ), is_namespaced=False),
    *_kinds("rbac.authorization.k8s.io", "v1", (("Role", "roles"), ("RoleBinding", "rolebindings"))),
    *_kinds("rbac.authorization.k8s.io", "v1", (
        ("ClusterRole", "clusterroles"), ("ClusterRoleBinding", "clusterrolebindings"),
    ), is_namespaced=False),
    *_kinds("scheduling.k8s.io", "v1", (("PriorityClass", "priorityclasses", ("pc",), (), (), True),),
            is_namespaced=False),
    *_kinds("storage.k8s.io", "v1", (
        ("CSIDriver", "csidrivers", (), (), (), True),
        ("CSINode", "csinodes"),
        ("StorageClass", "storageclasses", ("sc",)),
        ("VolumeAttachment", "volumeattachments", (), (), ("status",)),
        ("VolumeAttributesClass", "volumeattributesclasses", ("vac",)),
    ), is_namespaced=False),
    *_kinds("storage.k8s.io", "v1", (("CSIStorageCapacity", "csistoragecapacities"),)),
    *_kinds("node.k8s.io", "v1", (("RuntimeClass", "runtimeclasses"),), is_namespaced=False),
    Kind(
        "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions",
        "/registry/apiextensions.k8s.io/customresourcedefinitions/", False, ("crd", "crds"),
        ("api-extensions",), ("status",), True,
    ),
    Kind(METRICS_GROUP, "v1beta1", "NodeMetrics", "nodes", "", False, verbs=("get", "list")),
    Kind(METRICS_GROUP, "v1beta1", "PodMetrics", "pods", "", verbs=("get", "list")),
    Kind(
        OWN_GROUP, "v1", "AuditRecord", "auditrecords", "", False, verbs=("get", "list"),
        selectable=("spec.code", "spec.name", "spec.namespace", "spec.resource", "spec.user", "spec.verb"),
    ),
    Kind(
        OWN_GROUP, "v1", "SchedulingAttempt", "schedulingattempts", "", verbs=("get", "list"),
        selectable=("spec.podName", "spec.podUID", "spec.schedulerName", "status.nodeName", "status.result"),
    ),
)  # fmt: skip

_BY_RESOURCE = {(kind.group, kind.version, kind.plural): kind for kind in KINDS}


def find_kind(group: str, version: str, plural: str) -> Kind | None:
    """The kind served at this place, or None."""
    return _BY_RESOURCE.get((group, version, plural))


def groups(kinds: Iterable[Kind] = KINDS) -> Iterable[str]:
    """The API groups in the order of discovery, the core group "" first."""
    return dict.fromkeys(kind.group for kind in kinds)
