"""The rules for Namespaces, Nodes, ConfigMaps, Secrets, ServiceAccounts, Endpoints, PodTemplates, Events and Leases.

Source    pkg/apis/core/validation/validation.go; pkg/apis/coordination/validation/validation.go
"""

from __future__ import annotations

from functools import partial
from typing import Any

from k8slab.api.validation.containers import PROTOCOLS, port_or_name
from k8slab.api.validation.meta import (
    Errors,
    config_key,
    forbidden,
    immutable,
    invalid,
    labels,
    not_negative,
    not_supported,
    required,
)
from k8slab.api.validation.pods import pod_spec, taint_effect
from k8slab.api.validation.rules import Rules, nothing, rules
from k8slab.api.validation.values import address, unspecial
from k8slab.objects import is_dns1123_label, is_dns1123_subdomain, is_label_value, is_qualified_name
from k8slab.wire import FieldError

__all__ = ["RULES"]

Obj = dict[str, Any]

MOST_DATA_BYTES = 1024 * 1024
NEEDED_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
ACCOUNT_TOKEN, ACCOUNT_NAME = "kubernetes.io/service-account-token", "kubernetes.io/service-account.name"
BASIC_AUTH, BASIC_KEYS = "kubernetes.io/basic-auth", ("username", "password")
SET_TEXT = "field is immutable when `immutable` is set"


def _node(obj: Obj) -> Errors:
    seen: set[tuple[str, str]] = set()
    for i, taint in enumerate(obj["spec"].get("taints") or ()):
        place, key, value = f"metadata.taints[{i}]", taint.get("key", ""), taint.get("value", "")
        effect = taint.get("effect", "")
        for problem in is_qualified_name(key):
            yield invalid(f"{place}.key", key, problem)
        if problems := is_label_value(value):
            yield invalid(f"{place}.value", value, ";".join(problems))
        yield from taint_effect(effect, f"{place}.effect")
        if (key, effect) in seen:
            shown = {"Key": key, "Value": value, "Effect": effect, "TimeAdded": taint.get("timeAdded")}
            yield FieldError("FieldValueDuplicate", place, "taints must be unique by key and effect pair", shown)
        seen.add((key, effect))


def _node_update(new: Obj, old: Obj) -> Errors:
    before, after = old["spec"], new["spec"]
    for field, name in (("podCIDRs", "podCIDR"), ("providerID", "providerID")):
        if before.get(field) and before[field] != after.get(field):
            yield forbidden(f"spec.{field}", f'node updates may not change {name} except from "" to valid')


def _config_map(obj: Obj) -> Errors:
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    for key in data:
        yield from config_key(key, f"data[{key}]")
        if key in binary:
            yield invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    for key in binary:
        yield from config_key(key, f"binaryData[{key}]")
    size_bytes = sum(len(text.encode()) for text in data.values()) + sum(map(_decoded_bytes, binary.values()))
    if size_bytes > MOST_DATA_BYTES:
        yield FieldError("FieldValueTooLong", "[]", f"may not be more than {MOST_DATA_BYTES} bytes")


def _secret(obj: Obj) -> Errors:
    data, kind = obj.get("data") or {}, obj.get("type", "")
    for key in data:
        yield from config_key(key, f"data[{key}]")
    if sum(map(_decoded_bytes, data.values())) > MOST_DATA_BYTES:
        yield FieldError("FieldValueTooLong", "data", f"may not be more than {MOST_DATA_BYTES} bytes")
    if kind == ACCOUNT_TOKEN and not (obj["metadata"].get("annotations") or {}).get(ACCOUNT_NAME):
        yield required(f"metadata.annotations[{ACCOUNT_NAME}]")
    missing = [key for key in NEEDED_KEYS.get(kind, ()) if key not in data]
    if kind == BASIC_AUTH and not any(key in data for key in BASIC_KEYS):
        missing = [*BASIC_KEYS]
    for key in missing:
        yield required(f"data[{key}]")


def _decoded_bytes(text: str | None) -> int:
    """How many bytes a base64 text stands for; none when it is null."""
    text = text or ""
    return len(text) // 4 * 3 - text[-2:].count("=")


def _data_update(new: Obj, old: Obj) -> Errors:
    if new["kind"] == "Secret":
        yield from immutable("type", new.get("type"), old.get("type"))
    if not old.get("immutable"):
        return
    if not new.get("immutable"):
        yield forbidden("immutable", SET_TEXT)
    for field in ("data", "binaryData"):
        if (new.get(field) or {}) != (old.get(field) or {}):
            yield forbidden(field, SET_TEXT)


def _lease(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    if spec.get("leaseDurationSeconds", 1) <= 0:
        yield invalid("spec.leaseDurationSeconds", spec["leaseDurationSeconds"], "must be greater than 0")
    yield from not_negative(spec.get("leaseTransitions", 0), "spec.leaseTransitions")


def _event(obj: Obj) -> Errors:
    about = (obj.get("involvedObject") or {}).get("namespace", "")
    if (about or "default") != obj["metadata"]["namespace"]:
        yield invalid("involvedObject.namespace", about, "does not match event.namespace")


def _endpoints(obj: Obj) -> Errors:
    for i, subset in enumerate(obj.get("subsets") or ()):
        place = f"subsets[{i}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            yield required(place, "must specify `addresses` or `notReadyAddresses`")
        for group in ("addresses", "notReadyAddresses"):
            for j, endpoint in enumerate(subset.get(group) or ()):
                yield from address(endpoint.get("ip", ""), f"{place}.{group}[{j}].ip")
                yield from unspecial(endpoint.get("ip", ""), f"{place}.{group}[{j}].ip")
        ports = subset.get("ports") or []
        for j, port in enumerate(ports):
            yield from _endpoint_port(port, f"{place}.ports[{j}]", is_only=len(ports) == 1)


def _endpoint_port(port: Obj, place: str, *, is_only: bool) -> Errors:
    name, protocol = port.get("name", ""), port.get("protocol", "")
    if not name and not is_only:
        yield required(f"{place}.name")
    for problem in is_dns1123_label(name) if name else ():
        yield invalid(f"{place}.name", name, problem)
    yield from port_or_name(port.get("port", 0), f"{place}.port")
    if not protocol:
        yield required(f"{place}.protocol")
    elif protocol not in PROTOCOLS:
        yield not_supported(f"{place}.protocol", protocol, PROTOCOLS)


def _pod_template(obj: Obj) -> Errors:
    template = obj.get("template") or {}
    yield from labels((template.get("metadata") or {}).get("labels") or {}, "template.labels")
    yield from pod_spec(template.get("spec"), "template.spec")


RULES: dict[tuple[str, str], Rules] = {
    ("v1", "ConfigMap"): rules(is_dns1123_subdomain, _config_map, _data_update),
    ("v1", "Endpoints"): rules(is_dns1123_subdomain, _endpoints),
    ("v1", "Event"): rules(partial(lambda name: ()), _event),
    ("v1", "Namespace"): rules(is_dns1123_label),
    ("v1", "Node"): rules(is_dns1123_subdomain, _node, _node_update),
    ("v1", "PodTemplate"): rules(is_dns1123_subdomain, _pod_template),
    ("v1", "Secret"): rules(is_dns1123_subdomain, _secret, _data_update),
    ("v1", "ServiceAccount"): rules(is_dns1123_subdomain),
    ("coordination.k8s.io/v1", "Lease"): rules(is_dns1123_subdomain, _lease, finalizers=nothing),
}
