"""The fields of IngressClasses and NetworkPolicies that the server fills in.

Source    pkg/apis/networking/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.defaults.filling import each, filled, replaced

__all__ = ["DEFAULTS"]

Obj = dict[str, Any]


def _ingress_class(obj: Obj) -> Obj:
    spec = obj.get("spec") or {}
    if spec.get("parameters") is None:
        return obj
    return replaced(obj, "spec", replaced(spec, "parameters", filled(spec["parameters"], {"scope": "Cluster"})))


def _network_policy(obj: Obj) -> Obj:
    spec = obj.get("spec") or {}
    for direction in ("ingress", "egress"):
        if spec.get(direction):
            spec = replaced(spec, direction, each(spec[direction], _rule))
    if not spec.get("policyTypes"):
        spec = {**spec, "policyTypes": ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]}
    return replaced(obj, "spec", spec)


def _rule(rule: Obj) -> Obj:
    if not rule.get("ports"):
        return rule
    return replaced(rule, "ports", each(rule["ports"], lambda port: filled(port, {"protocol": "TCP"})))


DEFAULTS: dict[tuple[str, str], Callable[[Obj], Obj]] = {
    ("networking.k8s.io/v1", "IngressClass"): _ingress_class,
    ("networking.k8s.io/v1", "NetworkPolicy"): _network_policy,
}
