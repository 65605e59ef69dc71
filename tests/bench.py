"""A workbench for one controller: a real API server, the controller on it, and a list of what it wrote."""

from __future__ import annotations

from typing import Any

from k8slab.api import Api
from k8slab.client import Client, Controller, Informers, InProcess
from k8slab.clock import Loop
from k8slab.etcd import DictStore
from k8slab.objects import Key, owner_reference
from k8slab.wire import Request, Response

Obj = dict[str, Any]

QUIET = {"events"}  # what is said about a step is not a step


class Bench:
    """`given` puts objects there, `reconcile` takes one step, `writes` tells what the step wrote."""

    def __init__(self, controller: type[Controller] | None = None) -> None:
        self.loop = Loop(seed=1)
        self.store = DictStore(self.loop)
        self.api = Api(self.store, self.loop)
        self.client = Client(InProcess(self.api.handle, lambda: self.loop.now, "test", isolated=True))
        self.writes: list[str] = []
        for name in ("default", "kube-system", "kube-node-lease"):
            self.given({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        if controller is not None:
            client = Client(InProcess(self._noted, lambda: self.loop.now, controller.name))
            self.informers = Informers(client, self.loop)
            self.controller = controller(client, self.informers, self.loop)

    def given(self, *objs: Obj) -> Any:
        """Create objects with the status they carry; answers the last one as it is stored."""
        created = None
        for obj in objs:
            created = self.client.create(obj)
            if obj.get("status"):
                created = self.client.update_status({**created, "status": obj["status"]})
        return created

    def reconcile(self, key: str) -> Any:
        """Bring the caches up to date and take one step for `namespace/name`."""
        namespace, _, name = key.rpartition("/")
        for informer in self.informers._shared.values():
            informer.start()
            informer.reflector.drain()
        self.writes.clear()
        return self.controller.reconcile(Key(namespace, name))

    def events(self) -> list[str]:
        """`Reason: message` of every Event, oldest first."""
        return [f"{event['reason']}: {event['message']}" for event in self.client.list("Event")]

    def _noted(self, request: Request) -> Response:
        response = self.api.handle(request)
        if request.verb not in ("get", "list", "watch") and not request.path and request.resource not in QUIET:
            self.writes.append(_text(request, response))
        return response


def _text(request: Request, response: Response) -> str:
    kind = {"pods": "Pod", "replicasets": "ReplicaSet", "deployments": "Deployment", "nodes": "Node"}
    kind |= {"endpointslices": "EndpointSlice", "namespaces": "Namespace", "services": "Service"}
    kind |= {"statefulsets": "StatefulSet", "persistentvolumeclaims": "PersistentVolumeClaim"}
    kind |= {"daemonsets": "DaemonSet", "controllerrevisions": "ControllerRevision"}
    kind |= {"jobs": "Job", "cronjobs": "CronJob"}
    text = f"{request.verb} {kind.get(request.resource, request.resource)}"
    if request.name:
        text += f"/{request.name}"
    if request.subresource:
        text += f"/{request.subresource}"
    return text if response.code < 400 else f"{text} -> {response.code}"


def replicaset(name: str, replicas: int = 1, **spec: Any) -> Obj:
    """A ReplicaSet of nginx."""
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template(name), **spec},
    }


def deployment(name: str, replicas: int = 1, **spec: Any) -> Obj:
    """A Deployment of nginx."""
    return {**replicaset(name, replicas, **spec), "kind": "Deployment"}


def template(app: str, image: str = "nginx") -> Obj:
    """A pod template with one container."""
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": "main", "image": image}]}}


def pod(name: str, *, owner: Obj | None = None, ready: bool = True, node: str = "", **labels: str) -> Obj:
    """A running Pod."""
    metadata: Obj = {"name": name, "namespace": "default", "labels": labels}
    if owner is not None:
        metadata["ownerReferences"] = [owner_reference(owner)]
        metadata["labels"] = {**owner["spec"]["selector"]["matchLabels"], **labels}
    spec: Obj = template("x")["spec"]
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {**spec, **({"nodeName": node} if node else {})},
        "status": {"phase": "Running", "conditions": [condition]},
    }


def pods_of(owner: Obj, count: int, **kwargs: Any) -> list[Obj]:
    """`count` running Pods of one owner."""
    return [pod(f"{owner['metadata']['name']}-{i}", owner=owner, **kwargs) for i in range(count)]


def node(name: str, *, ready: str = "True", **spec: Any) -> Obj:
    """A Node with one condition."""
    condition = {
        "type": "Ready",
        "status": ready,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
        "reason": "KubeletReady",
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name},
        "spec": spec,
        "status": {"conditions": [condition]},
    }
