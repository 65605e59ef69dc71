"""Validation: the rules that an object of each kind must keep, in the real server's words.

Types and unknown fields have been checked before (schema), so a rule finds every field absent or of its type.

Source    pkg/apis/{core,apps,discovery,coordination}/validation
Left out  see pods.py and services.py; the status of an object is taken as its writer gives it
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from k8slab.api.validation.meta import (
    Errors,
    forbidden,
    immutable,
    invalid,
    label_selector,
    metadata,
    metadata_update,
    not_supported,
    required,
)
from k8slab.api.validation.pods import TAINT_EFFECTS, pod_spec, pod_update
from k8slab.api.validation.services import endpoint_slice, endpoint_slice_update, service, service_update
from k8slab.objects import (
    is_dns1035_label,
    is_dns1123_label,
    is_dns1123_subdomain,
    is_qualified_name,
    matches,
)
from k8slab.wire import FieldError

__all__ = ["VALIDATE", "Rules"]

Obj = dict[str, Any]

CONFIG_KEY = r"[-._a-zA-Z0-9]+"
MOST_DATA_BYTES = 1024 * 1024
REQUIRED_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/basic-auth": (),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


class Rules(NamedTuple):
    """The three occasions on which an object is checked; each answers what is wrong."""

    create: Callable[[Obj], list[FieldError]]
    update: Callable[[Obj, Obj], list[FieldError]]
    status: Callable[[Obj, Obj], list[FieldError]]


def _nothing(*objs: Obj) -> Errors:
    return iter(())


def _rules(
    check_name: Callable[[str], Any],
    spec: Callable[[Obj], Iterator[FieldError]] = _nothing,
    change: Callable[[Obj, Obj], Iterator[FieldError]] = _nothing,
) -> Rules:
    def create(obj: Obj) -> list[FieldError]:
        return [*metadata(obj, check_name), *spec(obj)]

    def update(new: Obj, old: Obj) -> list[FieldError]:
        found = [] if new["metadata"] == old["metadata"] else [*metadata(new, check_name), *metadata_update(new, old)]
        return [*found, *spec(new), *change(new, old)]

    def status(new: Obj, old: Obj) -> list[FieldError]:
        return [*metadata_update(new, old)]

    return Rules(create, update, status)


def _pod(obj: Obj) -> Errors:
    yield from pod_spec(obj.get("spec"), "spec")


def _pod_update_spec(new: Obj, old: Obj) -> Errors:
    yield from pod_update(new, old)


def _workload(obj: Obj) -> Errors:
    spec = obj["spec"]
    if spec["replicas"] < 0:
        yield invalid("spec.replicas", spec["replicas"], "must be greater than or equal to 0")
    if spec.get("minReadySeconds", 0) < 0:
        yield invalid("spec.minReadySeconds", spec["minReadySeconds"], "must be greater than or equal to 0")
    yield from _selector_and_template(spec)
    if obj["kind"] == "Deployment":
        yield from _strategy(spec)


def _selector_and_template(spec: Obj) -> Errors:
    selector, template = spec.get("selector"), spec.get("template") or {}
    if selector is None:
        yield required("spec.selector")
    else:
        yield from label_selector(selector, "spec.selector")
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            yield invalid("spec.selector", selector, "empty selector is invalid for deployment")
    labels = (template.get("metadata") or {}).get("labels") or {}
    if selector is not None and not matches(selector, labels):
        text = "`selector` does not match template `labels`"
        yield invalid("spec.template.metadata.labels", labels, text)
    yield from pod_spec(template.get("spec"), "spec.template.spec")
    policy = (template.get("spec") or {}).get("restartPolicy", "Always")
    if policy != "Always":
        yield not_supported("spec.template.spec.restartPolicy", policy, ("Always",))
    if (template.get("spec") or {}).get("activeDeadlineSeconds") is not None:
        yield forbidden(
            "spec.template.spec.activeDeadlineSeconds", "activeDeadlineSeconds in ReplicaSet is not Supported"
        )


def _strategy(spec: Obj) -> Errors:
    strategy, place = spec["strategy"], "spec.strategy"
    rolling = strategy.get("rollingUpdate")
    if strategy["type"] not in ("Recreate", "RollingUpdate"):
        yield not_supported(f"{place}.type", strategy["type"], ("Recreate", "RollingUpdate"))
    if strategy["type"] == "Recreate" and rolling is not None:
        yield forbidden(f"{place}.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
    if strategy["type"] == "RollingUpdate":
        for name in ("maxUnavailable", "maxSurge"):
            yield from _share(rolling[name], f"{place}.rollingUpdate.{name}")
        if all(str(rolling[name]).strip("%") == "0" for name in ("maxUnavailable", "maxSurge")):
            text = "may not be 0 when `maxSurge` is 0"
            yield invalid(f"{place}.rollingUpdate.maxUnavailable", rolling["maxUnavailable"], text)
    if spec.get("revisionHistoryLimit", 0) < 0:
        yield invalid("spec.revisionHistoryLimit", spec["revisionHistoryLimit"], "must be greater than or equal to 0")
    deadline_s = spec.get("progressDeadlineSeconds", 600)
    if deadline_s <= spec.get("minReadySeconds", 0):
        yield invalid("spec.progressDeadlineSeconds", deadline_s, "must be greater than minReadySeconds")


def _share(value: Any, field: str) -> Errors:
    if isinstance(value, int):
        if value < 0:
            yield invalid(field, value, "must be greater than or equal to 0")
    elif not (value.endswith("%") and value[:-1].isdigit()):
        text = (
            "a valid percent string must be a numeric string followed by an ending '%' "
            "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
        )
        yield invalid(field, value, text)
    elif field.endswith("maxUnavailable") and int(value[:-1]) > 100:
        yield invalid(field, value, "must not be greater than 100%")


def _workload_update(new: Obj, old: Obj) -> Errors:
    yield from immutable("spec.selector", new["spec"].get("selector"), old["spec"].get("selector"))


def _node(obj: Obj) -> Errors:
    seen: set[tuple[str, str]] = set()
    for i, taint in enumerate(obj["spec"].get("taints") or ()):
        place = f"metadata.taints[{i}]"
        for problem in is_qualified_name(taint.get("key", "")):
            yield invalid(f"{place}.key", taint.get("key", ""), problem)
        if taint.get("effect") not in TAINT_EFFECTS:
            yield not_supported(f"{place}.effect", taint.get("effect", ""), TAINT_EFFECTS)
        identity = (taint.get("key", ""), taint.get("effect", ""))
        if identity in seen:
            yield FieldError("FieldValueDuplicate", place, "taints must be unique by key and effect pair", taint)
        seen.add(identity)


def _node_update(new: Obj, old: Obj) -> Errors:
    for name in ("podCIDR", "podCIDRs", "providerID"):
        before, after = old["spec"].get(name), new["spec"].get(name)
        if before and before != after:
            text = (
                'node updates may not change podCIDR except from "" to valid'
                if name != "providerID"
                else 'node updates may not change providerID except from "" to valid'
            )
            yield forbidden(f"spec.{name}", text)


def _data(obj: Obj) -> Errors:
    import re

    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    for field, group in (("data", data), ("binaryData", binary)):
        for key in group:
            if not re.fullmatch(CONFIG_KEY, key) or len(key) > 253 or key in (".", ".."):
                text = (
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
                    "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
                )
                yield invalid(f"{field}[{key}]", key, text)
    for key in binary:
        if key in data:
            yield invalid(f"binaryData[{key}]", key, "duplicate of key present in data")
    if sum(map(len, [*data.values(), *binary.values()])) > MOST_DATA_BYTES:
        yield FieldError("FieldValueTooLong", "", f"may not be more than {MOST_DATA_BYTES} bytes")
    if obj["kind"] == "Secret":
        for key in REQUIRED_KEYS.get(obj.get("type", ""), ()):
            if key not in data:
                yield required(f"data[{key}]")


def _data_update(new: Obj, old: Obj) -> Errors:
    if old.get("immutable"):
        if not new.get("immutable"):
            yield forbidden("immutable", "field is immutable when `immutable` is set")
        for field in ("data", "binaryData"):
            if (new.get(field) or {}) != (old.get(field) or {}):
                yield forbidden(field, "field is immutable when `immutable` is set")
    if new["kind"] == "Secret":
        yield from immutable("type", new.get("type"), old.get("type"))


def _lease(obj: Obj) -> Errors:
    for name, least in (("leaseDurationSeconds", 1), ("leaseTransitions", 0)):
        value = (obj.get("spec") or {}).get(name, least)
        if value < least:
            text = "must be greater than 0" if least else "must be greater than or equal to 0"
            yield invalid(f"spec.{name}", value, text)


def _event(obj: Obj) -> Errors:
    about = (obj.get("involvedObject") or {}).get("namespace") or "default"
    if about != obj["metadata"]["namespace"]:
        yield invalid("involvedObject.namespace", about, "does not match event.namespace")


VALIDATE: dict[tuple[str, str], Rules] = {
    ("v1", "ConfigMap"): _rules(is_dns1123_subdomain, _data, _data_update),
    ("v1", "Event"): _rules(partial(lambda name: ()), _event),
    ("v1", "Namespace"): _rules(is_dns1123_label),
    ("v1", "Node"): _rules(is_dns1123_subdomain, _node, _node_update),
    ("v1", "Pod"): Rules(
        _rules(is_dns1123_subdomain, _pod).create,
        _rules(is_dns1123_subdomain, _nothing, _pod_update_spec).update,
        _rules(is_dns1123_subdomain).status,
    ),
    ("v1", "Secret"): _rules(is_dns1123_subdomain, _data, _data_update),
    ("v1", "Service"): _rules(is_dns1035_label, service, service_update),
    ("apps/v1", "Deployment"): _rules(is_dns1123_subdomain, _workload, _workload_update),
    ("apps/v1", "ReplicaSet"): _rules(is_dns1123_subdomain, _workload, _workload_update),
    ("coordination.k8s.io/v1", "Lease"): _rules(is_dns1123_subdomain, _lease),
    ("discovery.k8s.io/v1", "EndpointSlice"): _rules(is_dns1123_subdomain, endpoint_slice, endpoint_slice_update),
}
