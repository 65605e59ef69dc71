"""Defaulting: what the server writes into the fields that nobody filled in.

A default never changes what somebody wrote. An object that lacks nothing comes back as it is, so that
everything below it stays shared.

Source    pkg/apis/{core,apps,discovery}/v1/defaults.go
Left out  the kinds that have no defaults (ConfigMap, Lease, Event)
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from k8slab.api.defaults.pods import default_pod_spec, each, filled, replaced

__all__ = ["DEFAULTS"]

Obj = dict[str, Any]

ROLLING = {"maxUnavailable": "25%", "maxSurge": "25%"}
NAME_LABEL = "kubernetes.io/metadata.name"


def _pod(obj: Obj) -> Obj:
    spec = obj.get("spec")
    if not spec:
        return obj
    spec = filled(default_pod_spec(spec), {"enableServiceLinks": True})
    return replaced(obj, "spec", spec)


def _template(spec: Obj) -> Obj:
    template = spec.get("template")
    if not template or not template.get("spec"):
        return spec
    template = filled(template, {"metadata": {}})
    return replaced(spec, "template", replaced(template, "spec", default_pod_spec(template["spec"])))


def _replicaset(obj: Obj) -> Obj:
    spec = _template(filled(obj.get("spec") or {}, {"replicas": 1}))
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels and not obj["metadata"].get("labels"):
        obj = {**obj, "metadata": {**obj["metadata"], "labels": labels}}
    return replaced(obj, "spec", spec)


def _deployment(obj: Obj) -> Obj:
    spec = obj.get("spec") or {}
    strategy = filled(spec.get("strategy") or {}, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        rolling = filled(strategy.get("rollingUpdate") or {}, ROLLING)
        strategy = replaced(strategy, "rollingUpdate", rolling)
    spec = filled(spec, {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600})
    return replaced(obj, "spec", _template(replaced(spec, "strategy", strategy)))


def _service(obj: Obj) -> Obj:
    spec = filled(obj.get("spec") or {}, {"type": "ClusterIP", "sessionAffinity": "None"})
    kind = spec["type"]
    if kind in ("ClusterIP", "NodePort", "LoadBalancer"):
        spec = filled(spec, {"internalTrafficPolicy": "Cluster"})
    if kind in ("NodePort", "LoadBalancer"):
        spec = filled(spec, {"externalTrafficPolicy": "Cluster"})
    if kind == "LoadBalancer":
        spec = filled(spec, {"allocateLoadBalancerNodePorts": True})
    if spec["sessionAffinity"] == "ClientIP" and spec.get("sessionAffinityConfig") is None:
        spec = {**spec, "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}}
    if spec.get("ports"):
        spec = replaced(spec, "ports", each(spec["ports"], _service_port))
    return replaced(obj, "spec", spec)


def _service_port(port: Obj) -> Obj:
    return filled(port, {"protocol": "TCP", **({"targetPort": port["port"]} if "port" in port else {})})


def _namespace(obj: Obj) -> Obj:
    metadata = obj["metadata"]
    labels = metadata.get("labels") or {}
    if labels.get(NAME_LABEL) != metadata["name"]:
        return {**obj, "metadata": {**metadata, "labels": {**labels, NAME_LABEL: metadata["name"]}}}
    return obj


def _node(obj: Obj) -> Obj:
    obj = filled(obj, {"spec": {}})
    status = obj.get("status") or {}
    if status.get("capacity") and not status.get("allocatable"):
        return {**obj, "status": {**status, "allocatable": status["capacity"]}}
    return obj


def _secret(obj: Obj) -> Obj:
    if obj.get("stringData"):
        encoded = {name: base64.b64encode(text.encode()).decode() for name, text in obj["stringData"].items()}
        obj = {name: value for name, value in obj.items() if name != "stringData"}
        obj["data"] = {**(obj.get("data") or {}), **encoded}
    return filled(obj, {"type": "Opaque"})


def _endpoint_slice(obj: Obj) -> Obj:
    ports = obj.get("ports")
    if not ports:
        return obj
    return replaced(obj, "ports", each(ports, lambda port: filled(port, {"name": "", "protocol": "TCP"})))


DEFAULTS: dict[tuple[str, str], Callable[[Obj], Obj]] = {
    ("v1", "Namespace"): _namespace,
    ("v1", "Node"): _node,
    ("v1", "Pod"): _pod,
    ("v1", "Secret"): _secret,
    ("v1", "Service"): _service,
    ("apps/v1", "Deployment"): _deployment,
    ("apps/v1", "ReplicaSet"): _replicaset,
    ("discovery.k8s.io/v1", "EndpointSlice"): _endpoint_slice,
}
