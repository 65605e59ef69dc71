"""Objects as an API server would serve them, with just the fields that pictures look at."""

from __future__ import annotations

from typing import Any

from fake_reader import FakeReader

Obj = dict[str, Any]

DEPLOYMENT_CONTROLLER = "system:serviceaccount:kube-system:deployment-controller"
REPLICASET_CONTROLLER = "system:serviceaccount:kube-system:replicaset-controller"
NODE_CONTROLLER = "system:serviceaccount:kube-system:node-controller"
SLICE_CONTROLLER = "system:serviceaccount:kube-system:endpointslice-controller"
SCHEDULER = "system:kube-scheduler"


def node(name: str, zone: str = "", *, is_ready: bool = True, is_master: bool = False, cpu: str = "4") -> Obj:
    """A node that is Ready, or has fallen silent."""
    labels = {"topology.kubernetes.io/zone": zone} if zone else {}
    if is_master:
        labels["node-role.kubernetes.io/control-plane"] = ""
    condition = {"type": "Ready", "status": "True" if is_ready else "Unknown"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {},
        "status": {"allocatable": {"cpu": cpu, "memory": "8Gi"}, "conditions": [condition]},
    }


def pod(name: str, node: str = "", phase: str = "Running", *, is_ready: bool | None = None, **more: Any) -> Obj:
    """A pod; `owner` is the name of its ReplicaSet, `image` and `namespace` as said, `restarts` its count."""
    namespace = more.get("namespace", "default")
    metadata: Obj = {"name": name, "namespace": namespace}
    if more.get("owner"):
        metadata["ownerReferences"] = [owner_of("ReplicaSet", more["owner"])]
    container: Obj = {
        "name": "app",
        "image": more.get("image", "nginx:1.27"),
        "resources": {"requests": {"cpu": "250m"}},
    }
    spec: Obj = {"containers": [container], **({"nodeName": node} if node else {})}
    ready = phase == "Running" if is_ready is None else is_ready
    state = {"waiting": {"reason": more["waiting"]}} if more.get("waiting") else {"running": {}}
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    status: Obj = {"phase": phase, "conditions": conditions}
    if (node and phase != "Pending") or more.get("waiting"):
        status["containerStatuses"] = [{"name": "app", "restartCount": more.get("restarts", 0), "state": state}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def owner_of(kind: str, name: str) -> Obj:
    """A controlling reference."""
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": f"uid-{name}", "controller": True}


def workload(kind: str, name: str, replicas: int, ready: int | None = None, **more: Any) -> Obj:
    """A Deployment or ReplicaSet; `owner` is the name of its Deployment."""
    metadata: Obj = {"name": name, "namespace": more.get("namespace", "default")}
    if more.get("owner"):
        metadata["ownerReferences"] = [owner_of("Deployment", more["owner"])]
    if more.get("revision"):
        metadata["annotations"] = {"deployment.kubernetes.io/revision": str(more["revision"])}
    template = {"spec": {"containers": [{"name": "app", "image": more.get("image", "nginx:1.27")}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": {"replicas": replicas, "template": template},
        "status": {"readyReplicas": replicas if ready is None else ready},
    }


def service(name: str, address: str = "10.96.1.20", port: int = 80, namespace: str = "default", **spec: Any) -> Obj:
    """A Service."""
    metadata = {"name": name, "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"type": "ClusterIP", "clusterIP": address, "ports": [{"port": port}], **spec},
    }


def endpoints(name: str, pods: dict[str, bool], namespace: str = "default") -> Obj:
    """The EndpointSlice of a Service: pod names, and whether each is ready."""
    found = [
        {
            "addresses": [f"10.244.1.{number + 5}"],
            "conditions": {"ready": is_up},
            "targetRef": {"kind": "Pod", "name": pod_name, "namespace": namespace},
        }
        for number, (pod_name, is_up) in enumerate(pods.items())
    ]
    metadata = {"name": f"{name}-abc", "namespace": namespace, "labels": {"kubernetes.io/service-name": name}}
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata, "endpoints": found}


def cluster(workers: int = 3, zones: int = 3, *, has_audit: bool = True) -> FakeReader:
    """A cluster as kubeadm leaves it: a control plane with its components, DNS, and workers in zones."""
    reader = FakeReader(has_audit=has_audit)
    reader.put(node("control-plane", "zone-a", is_master=True))
    for part in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        reader.put(pod(f"{part}-control-plane", "control-plane", namespace="kube-system"))
    for number in range(1, workers + 1):
        zone = f"zone-{'abcdef'[(number - 1) % zones]}" if zones else ""
        reader.put(node(f"node-{number}", zone))
    for number, suffix in enumerate(("x7k2p", "m4d9s")):
        home = f"node-{number + 1}" if workers > number else "control-plane"
        reader.put(pod(f"coredns-5d78c-{suffix}", home, namespace="kube-system", owner="coredns-5d78c"))
    reader.put(service("kubernetes", "10.96.0.1", 443))
    reader.put(service("kube-dns", "10.96.0.10", 53, "kube-system"))
    return reader


def deploy(
    reader: FakeReader, name: str, places: list[str], *, address: str = "10.96.1.20", image: str = "nginx:1.27"
) -> None:
    """A whole app: Deployment, ReplicaSet, a Ready pod per place, a Service with all of them behind it."""
    rs = f"{name}-7c5b8d9f4"
    reader.put(workload("Deployment", name, len(places), image=image))
    reader.put(workload("ReplicaSet", rs, len(places), owner=name, revision=1, image=image), DEPLOYMENT_CONTROLLER)
    pods = {}
    for number, place in enumerate(places):
        pod_name = f"{rs}-{'bcdfghjklmnpqrstvwxz'[number % 20]}{number}x{'2456789'[number % 7]}q"
        reader.put(pod(pod_name, place, owner=rs, image=image), REPLICASET_CONTROLLER)
        pods[pod_name] = True
    reader.put(service(name, address))
    reader.put(endpoints(name, pods), SLICE_CONTROLLER)
