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

from k8slab.api.defaults.pods import default_pod_spec, default_pods_own, each, filled, replaced

__all__ = ["DEFAULTS"]

Obj = dict[str, Any]

ROLLING = {"maxUnavailable": "25%", "maxSurge": "25%"}
STICKY_S = 10800
NAME_LABEL = "kubernetes.io/metadata.name"


def _pod(obj: Obj) -> Obj:
    return replaced(obj, "spec", default_pods_own(default_pod_spec(obj.get("spec") or {})))


def _template(spec: Obj) -> Obj:
    template = filled(spec.get("template") or {}, {"metadata": {}})
    return replaced(spec, "template", replaced(template, "spec", default_pod_spec(template.get("spec") or {})))


def _replicaset(obj: Obj) -> Obj:
    return replaced(obj, "spec", _template(filled(obj.get("spec") or {}, {"replicas": 1})))


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
    if spec["sessionAffinity"] == "None" and "sessionAffinityConfig" in spec:
        spec = {name: value for name, value in spec.items() if name != "sessionAffinityConfig"}
    if spec["sessionAffinity"] == "ClientIP":
        config = spec.get("sessionAffinityConfig") or {}
        client_ip = filled(config.get("clientIP") or {}, {"timeoutSeconds": STICKY_S})
        spec = replaced(spec, "sessionAffinityConfig", replaced(config, "clientIP", client_ip))
    if spec.get("ports"):
        spec = replaced(spec, "ports", each(spec["ports"], _service_port))
    return replaced(obj, "spec", spec)


def _service_port(port: Obj) -> Obj:
    port = filled(port, {"protocol": "TCP"})
    return port if port.get("targetPort") or "port" not in port else {**port, "targetPort": port["port"]}


def _namespace(obj: Obj) -> Obj:
    metadata = obj["metadata"]
    labels = metadata.get("labels") or {}
    if labels.get(NAME_LABEL) != metadata["name"]:
        return {**obj, "metadata": {**metadata, "labels": {**labels, NAME_LABEL: metadata["name"]}}}
    return obj


def _node(obj: Obj) -> Obj:
    obj = replaced(obj, "spec", _pod_ranges(obj.get("spec") or {}))
    status = obj.get("status") or {}
    if status.get("capacity") and not status.get("allocatable"):
        return {**obj, "status": {**status, "allocatable": status["capacity"]}}
    return obj


def _pod_ranges(spec: Obj) -> Obj:
    """One range of pod addresses, or a list of them: the same, told twice."""
    one, several = spec.get("podCIDR"), spec.get("podCIDRs") or []
    if one and several[:1] != [one]:
        return {**spec, "podCIDRs": [one]}
    return {**spec, "podCIDR": several[0]} if several and not one else spec


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
