"""Volumes, claims and classes in any state."""

from __future__ import annotations

from typing import Any

from bench import Bench

Obj = dict[str, Any]

RWO = ["ReadWriteOnce"]


def volume(name: str, size: str = "1Gi", modes: list[str] | None = None, **spec: Any) -> Obj:
    """A volume on a machine; `labels`, `annotations` and `phase` are taken out of the spec."""
    metadata = {part: spec.pop(part) for part in ("labels", "annotations") if part in spec}
    status = {"phase": spec.pop("phase", "Available")}
    wanted = {"capacity": {"storage": size}, "accessModes": modes or RWO, **spec}
    if "csi" not in wanted:
        wanted.setdefault("hostPath", {"path": f"/srv/{name}"})
    head = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name, **metadata}}
    return {**head, "spec": wanted, "status": status}


def claim(name: str = "data", size: str = "1Gi", modes: list[str] | None = None, **spec: Any) -> Obj:
    """A claim without a class, unless it says one."""
    metadata = {part: spec.pop(part) for part in ("labels", "annotations") if part in spec}
    status = {"status": {"phase": spec.pop("phase")}} if "phase" in spec else {}
    wanted = {"accessModes": modes or RWO, "resources": {"requests": {"storage": size}}, **spec}
    head = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    return {**head, "metadata": {"name": name, "namespace": "default", **metadata}, "spec": wanted, **status}


def storage_class(name: str, provisioner: str = "disk.example", **fields: Any) -> Obj:
    """A class that binds at once unless it says otherwise."""
    annotations = fields.pop("annotations", {})
    metadata = {"name": name, "annotations": annotations}
    head = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": metadata}
    return {**head, "provisioner": provisioner, **fields}


def pod_with(name: str, claim_name: str, node: str = "") -> Obj:
    """A Pod that mounts a claim."""
    mount = {"name": "data", "mountPath": "/data"}
    source = {"name": "data", "persistentVolumeClaim": {"claimName": claim_name}}
    spec: Obj = {"containers": [{"name": "main", "image": "nginx", "volumeMounts": [mount]}], "volumes": [source]}
    if node:
        spec["nodeName"] = node
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def bound_pair(bench: Bench, **spec: Any) -> tuple[Obj, Obj]:
    """A volume and a claim that are bound to each other."""
    mark = {"pv.kubernetes.io/bind-completed": "yes"}
    made = bench.given(claim(annotations=mark, volumeName="pv", phase="Bound"))
    ref = {"namespace": "default", "name": "data", "uid": made["metadata"]["uid"]}
    return bench.given(volume("pv", claimRef=ref, phase="Bound", **spec)), made
