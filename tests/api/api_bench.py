"""An API server with nobody but the test on it, and one small object of every kind it serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from k8slab.api import KINDS, Api, Kind
from k8slab.client import Client, InProcess
from k8slab.clock import Loop
from k8slab.etcd import Compare, DictStore, Op, Put, TxnResult
from k8slab.objects import freeze, thaw
from k8slab.wire import ApiError, Request, Response, Stream

Obj = dict[str, Any]

REVIEWS = ("LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectReview", "SelfSubjectRulesReview",
           "SubjectAccessReview", "TokenReview")  # fmt: skip
# What is not written like the rest, or not by any name.
UNLIKE = ("AuditRecord", "CustomResourceDefinition", "NodeMetrics", "PodMetrics", "SchedulingAttempt", *REVIEWS)
SERVED: dict[str, Kind] = {kind.kind: kind for kind in reversed(KINDS) if kind.kind not in UNLIKE}
POD_SPEC: Obj = {"containers": [{"name": "main", "image": "nginx"}]}
TEMPLATE: Obj = {"metadata": {"labels": {"app": "web"}}, "spec": POD_SPEC}
WORKLOAD: Obj = {"spec": {"selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE}}
CLASS = {"provisioner": "example.com/disk"}
BINDING: Obj = {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}}
CLAIM: Obj = {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
JOB: Obj = {"spec": {"template": {"spec": {**POD_SPEC, "restartPolicy": "Never"}}}}
BODIES: dict[str, Obj] = {
    "CSIDriver": {"spec": {}},
    "CSINode": {"spec": {"drivers": []}},
    "CSIStorageCapacity": {"storageClassName": "fast"},
    "ClusterRole": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
    "ClusterRoleBinding": BINDING,
    "ConfigMap": {"data": {"color": "red"}},
    "ControllerRevision": {"data": {"spec": {}}, "revision": 1},
    "CronJob": {"spec": {"schedule": "*/5 * * * *", "jobTemplate": JOB}},
    "DaemonSet": WORKLOAD,
    "Deployment": WORKLOAD,
    "EndpointSlice": {"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}], "ports": [{"port": 80}]},
    "Endpoints": {"subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}]},
    "Event": {"involvedObject": {"kind": "Pod", "name": "web", "namespace": "default"}, "reason": "Pulled"},
    "HorizontalPodAutoscaler": {
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 3}
    },
    "IPAddress": {"spec": {"parentRef": {"resource": "services", "namespace": "default", "name": "web"}}},
    "Ingress": {"spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}},
    "IngressClass": {"spec": {"controller": "example.com/ingress"}},
    "Job": JOB,
    "Lease": {"spec": {"holderIdentity": "node-1", "leaseDurationSeconds": 40}},
    "LimitRange": {"spec": {"limits": [{"type": "Container", "default": {"cpu": "500m"}}]}},
    "Namespace": {},
    "NetworkPolicy": {"spec": {"podSelector": {}}},
    "Node": {"spec": {"podCIDR": "10.244.1.0/24"}},
    "PersistentVolume": {
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/srv/data"},
        }
    },
    "PersistentVolumeClaim": CLAIM,
    "Pod": {"spec": POD_SPEC},
    "PodDisruptionBudget": {"spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}},
    "PodTemplate": {"template": TEMPLATE},
    "PriorityClass": {"value": 1000},
    "ReplicaSet": WORKLOAD,
    "ReplicationController": {"spec": {"selector": {"app": "web"}, "template": TEMPLATE}},
    "ResourceQuota": {"spec": {"hard": {"pods": "10"}}},
    "Role": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
    "RoleBinding": BINDING,
    "RuntimeClass": {"handler": "runc"},
    "Secret": {"data": {"password": "aHVudGVyMg=="}},
    "Service": {"spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}},
    "ServiceAccount": {},
    "ServiceCIDR": {"spec": {"cidrs": ["10.97.0.0/16"]}},
    "StatefulSet": {"spec": {**WORKLOAD["spec"], "serviceName": "web"}},
    "StorageClass": CLASS,
    "VolumeAttachment": {
        "spec": {"attacher": "example.com", "nodeName": "node-1", "source": {"persistentVolumeName": "disk"}}
    },
    "VolumeAttributesClass": {"driverName": "example.com", "parameters": {"iops": "100"}},
}


def sample(kind: str, name: str = "web", *, labels: dict[str, str] | None = None, **changes: Any) -> Obj:
    """A small valid object of a kind, in the namespace default, as a manifest would have it."""
    served = SERVED[kind]
    metadata: Obj = {"name": name, **({"namespace": "default"} if served.is_namespaced else {})}
    if labels:
        metadata["labels"] = labels
    made: Obj = thaw({"apiVersion": served.api_version, "kind": kind, "metadata": metadata, **BODIES[kind], **changes})
    return made


def place_of(kind: str) -> str:
    """The namespace that samples of a kind live in."""
    return "default" if SERVED[kind].is_namespaced else ""


class FrozenStore(DictStore):
    """A store whose values refuse to be changed."""

    def txn(self, compare: Sequence[Compare], then: Sequence[Op], otherwise: Sequence[Op] = ()) -> TxnResult:
        """As in any store, but what is put is frozen."""
        frozen = [op._replace(value=freeze(op.value)) if isinstance(op, Put) else op for op in then]
        return super().txn(compare, frozen, otherwise)


class ApiBench:
    """The server with its loop and store; `client` speaks for a person, `send` puts a request on the wire."""

    def __init__(self, store: type[DictStore] = DictStore) -> None:
        self.loop = Loop(seed=1)
        self.store = store(self.loop)
        self.api = Api(self.store, self.loop)
        self.client = Client(InProcess(self.api.handle, lambda: self.loop.now, "alice", isolated=True))
        self.client.create(sample("Namespace", "default"))

    @property
    def revision(self) -> int:
        """The newest revision of the store."""
        return self.store.revision

    def given(self, *objs: Obj) -> Any:
        """Create objects; answers the last one as it is stored."""
        return [self.client.create(obj) for obj in objs][-1]

    def let_go(self, kind: str, *names: str) -> None:
        """Take away what keeps an object until a controller has looked: there is none here."""
        for name in names:
            if kind == "Namespace":
                self.patch(kind, name, {"spec": {"finalizers": None}}, subresource="finalize")
            elif kind in ("PersistentVolume", "PersistentVolumeClaim"):
                self.patch(kind, name, {"metadata": {"finalizers": None}})

    def send(self, verb: str, kind: str, name: str = "", **fields: Any) -> Response:
        """Send a request about a kind as it is, without a client's help."""
        served = SERVED[kind]
        fields = {"namespace": place_of(kind), "user": "alice", **fields}
        return self.api.handle(Request(verb, served.plural, served.group, served.version, name=name, **fields))

    def request(self, verb: str, resource: str, group: str = "", version: str = "v1", **fields: Any) -> Response:
        """Send a request about whatever it says."""
        return self.api.handle(Request(verb, resource, group, version, user="alice", **fields))

    def patch(self, kind: str, name: str, patch: Any, type: str = "merge", subresource: str = "") -> Obj:
        """Patch an object of the namespace default."""
        return self.client.patch(kind, name, place_of(kind), patch, type=type, subresource=subresource)


def refused(call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[int, str, str]:
    """Code, reason and message of the error that a call must end with."""
    try:
        call(*args, **kwargs)
    except ApiError as error:
        return error.code, error.reason, error.message
    raise AssertionError("the call went well")


def told(stream: Stream) -> list[str]:
    """What has arrived in a watch, as `ADDED web`."""
    return [f"{event.type} {event.object['metadata']['name']}" for event in stream.pull()]
