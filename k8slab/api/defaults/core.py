"""The fields of Namespaces, Nodes, Secrets, Endpoints and PodTemplates that the server fills in.

Source    pkg/apis/core/v1/defaults.go; pkg/registry/core/{namespace,node,secret}
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from k8slab.api.defaults.filling import each, filled, replaced
from k8slab.api.defaults.pods import default_pod_spec

__all__ = ["DEFAULTS"]

Obj = dict[str, Any]

NAME_LABEL = "kubernetes.io/metadata.name"


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


def _endpoints(obj: Obj) -> Obj:
    return replaced(obj, "subsets", each(obj["subsets"], _subset)) if obj.get("subsets") else obj


def _subset(subset: Obj) -> Obj:
    if not subset.get("ports"):
        return subset
    return replaced(subset, "ports", each(subset["ports"], lambda port: filled(port, {"protocol": "TCP"})))


def _pod_template(obj: Obj) -> Obj:
    template = filled(obj.get("template") or {}, {"metadata": {}})
    return replaced(obj, "template", replaced(template, "spec", default_pod_spec(template.get("spec") or {})))


DEFAULTS: dict[tuple[str, str], Callable[[Obj], Obj]] = {
    ("v1", "Endpoints"): _endpoints,
    ("v1", "Namespace"): _namespace,
    ("v1", "Node"): _node,
    ("v1", "PodTemplate"): _pod_template,
    ("v1", "Secret"): _secret,
}
