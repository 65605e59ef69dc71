"""The fields of Services and EndpointSlices that the server fills in.

Source    pkg/apis/core/v1/defaults.go (SetDefaults_Service); pkg/apis/discovery/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.defaults.filling import each, filled, replaced

__all__ = ["DEFAULTS"]

Obj = dict[str, Any]

STICKY_S = 10800


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


def _endpoint_slice(obj: Obj) -> Obj:
    ports = obj.get("ports")
    if not ports:
        return obj
    return replaced(obj, "ports", each(ports, lambda port: filled(port, {"name": "", "protocol": "TCP"})))


DEFAULTS: dict[tuple[str, str], Callable[[Obj], Obj]] = {
    ("v1", "Service"): _service,
    ("discovery.k8s.io/v1", "EndpointSlice"): _endpoint_slice,
}
