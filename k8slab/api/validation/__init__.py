"""Validation: the rules that an object of each kind must keep, in the real server's words.

Types and unknown fields have been checked before (schema), so a rule finds every field absent or of its type.

Source    pkg/apis/{core,apps,discovery,coordination}/validation
Left out  see pods.py and services.py; the status of an object is taken as its writer gives it
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from k8slab.api.validation.meta import (
    Errors,
    config_key,
    finalizer_names,
    forbidden,
    immutable,
    invalid,
    label_selector,
    labels,
    metadata,
    metadata_update,
    not_negative,
    not_supported,
    required,
)
from k8slab.api.validation.pods import pod, pod_spec, pod_update, taint_effect
from k8slab.api.validation.services import endpoint_slice, endpoint_slice_update, service, service_update
from k8slab.objects import (
    is_dns1035_label,
    is_dns1123_label,
    is_dns1123_subdomain,
    is_label_value,
    is_qualified_name,
    matches,
)
from k8slab.wire import FieldError

__all__ = ["VALIDATE", "Rules"]

Obj = dict[str, Any]

MOST_DATA_BYTES = 1024 * 1024
NEEDED_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
BASIC_AUTH, BASIC_KEYS = "kubernetes.io/basic-auth", ("username", "password")
SELECTOR_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
PERCENT = re.compile(r"[0-9]+%")
STRATEGIES = ("Recreate", "RollingUpdate")
SET_TEXT = "field is immutable when `immutable` is set"


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
    finalizers: Callable[[Obj], Iterator[FieldError]] = finalizer_names,
    *,
    change_first: bool = True,
) -> Rules:
    def create(obj: Obj) -> list[FieldError]:
        return [*metadata(obj, check_name), *finalizers(obj), *spec(obj)]

    def update(new: Obj, old: Obj) -> list[FieldError]:
        found: list[FieldError] = []
        if new["metadata"] != old["metadata"]:
            found = [*metadata_update(new, old), *metadata(new, check_name), *finalizers(new)]
        return [*found, *change(new, old), *spec(new)] if change_first else [*found, *spec(new), *change(new, old)]

    def status(new: Obj, old: Obj) -> list[FieldError]:
        return [*metadata_update(new, old)]

    return Rules(create, update, status)


def _workload(obj: Obj) -> Errors:
    spec, is_deployment = obj["spec"], obj["kind"] == "Deployment"
    yield from not_negative(spec["replicas"], "spec.replicas")
    if not is_deployment:
        yield from not_negative(spec.get("minReadySeconds", 0), "spec.minReadySeconds")
    yield from _selector(spec.get("selector"))
    yield from _template(spec)
    if not is_deployment:
        return
    yield from _strategy(spec["strategy"])
    for name in ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"):
        yield from not_negative(spec.get(name, 0), f"spec.{name}")
    deadline_s = spec["progressDeadlineSeconds"]
    if deadline_s <= spec.get("minReadySeconds", 0):
        yield invalid("spec.progressDeadlineSeconds", deadline_s, "must be greater than minReadySeconds")


def _selector(selector: Obj | None) -> Errors:
    if selector is None:
        yield required("spec.selector")
        return
    yield from label_selector(selector, "spec.selector")
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield invalid("spec.selector", selector, "empty selector is invalid for deployment")


def _template(spec: Obj) -> Errors:
    """The template, unless nobody can say whom the selector means."""
    selector, template = spec.get("selector"), spec.get("template") or {}
    given, place = template.get("metadata") or {}, "spec.template"
    expressions = (selector or {}).get("matchExpressions") or ()
    if any(expression.get("operator") not in SELECTOR_OPERATORS for expression in expressions):
        yield invalid("spec.selector", selector, "invalid label selector")
        return
    if selector is None or not matches(selector, given.get("labels") or {}):
        text = "`selector` does not match template `labels`"
        yield invalid(f"{place}.metadata.labels", given.get("labels"), text)
    yield from labels(given.get("labels") or {}, f"{place}.labels")
    yield from pod_spec(template.get("spec"), f"{place}.spec")
    pods = template.get("spec") or {}
    if pods.get("restartPolicy", "Always") != "Always":
        yield not_supported(f"{place}.spec.restartPolicy", pods["restartPolicy"], ("Always",))
    if pods.get("activeDeadlineSeconds") is not None:
        text = "activeDeadlineSeconds in ReplicaSet is not Supported"
        yield forbidden(f"{place}.spec.activeDeadlineSeconds", text)


def _strategy(strategy: Obj) -> Errors:
    rolling, place = strategy.get("rollingUpdate"), "spec.strategy.rollingUpdate"
    if strategy["type"] not in STRATEGIES:
        shown = {"Type": strategy["type"], "RollingUpdate": None}
        yield not_supported("spec.strategy", shown, STRATEGIES)
    if strategy["type"] == "Recreate" and rolling is not None:
        yield forbidden(place, "may not be specified when strategy `type` is 'Recreate'")
    if strategy["type"] != "RollingUpdate" or rolling is None:
        return
    for name in ("maxUnavailable", "maxSurge"):
        yield from _share(rolling[name], f"{place}.{name}")
    if all(str(rolling[name]).removesuffix("%") == "0" for name in ("maxUnavailable", "maxSurge")):
        text = "may not be 0 when `maxSurge` is 0"
        yield invalid(f"{place}.maxUnavailable", rolling["maxUnavailable"], text)
    share = str(rolling["maxUnavailable"])
    if PERCENT.fullmatch(share) and int(share[:-1]) > 100:
        yield invalid(f"{place}.maxUnavailable", share, "must not be greater than 100%")


def _share(value: Any, field: str) -> Errors:
    if isinstance(value, int):
        yield from not_negative(value, field)
    elif not PERCENT.fullmatch(value):
        text = "a valid percent string must be a numeric string followed by an ending '%'"
        yield invalid(field, value, f"{text} (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')")


def _workload_update(new: Obj, old: Obj) -> Errors:
    yield from immutable("spec.selector", new["spec"].get("selector"), old["spec"].get("selector"))


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
    missing = [key for key in NEEDED_KEYS.get(kind, ()) if key not in data]
    if kind == BASIC_AUTH and not any(key in data for key in BASIC_KEYS):
        missing = [*BASIC_KEYS]
    for key in missing:
        yield required(f"data[{key}]")


def _decoded_bytes(text: str) -> int:
    """How many bytes a base64 text stands for."""
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


VALIDATE: dict[tuple[str, str], Rules] = {
    ("v1", "ConfigMap"): _rules(is_dns1123_subdomain, _config_map, _data_update),
    ("v1", "Event"): _rules(partial(lambda name: ()), _event),
    ("v1", "Namespace"): _rules(is_dns1123_label),
    ("v1", "Node"): _rules(is_dns1123_subdomain, _node, _node_update),
    ("v1", "Pod"): _rules(is_dns1123_subdomain, pod)._replace(
        update=_rules(is_dns1123_subdomain, change=pod_update).update
    ),
    ("v1", "Secret"): _rules(is_dns1123_subdomain, _secret, _data_update),
    ("v1", "Service"): _rules(is_dns1035_label, service, service_update),
    ("apps/v1", "Deployment"): _rules(is_dns1123_subdomain, _workload, _workload_update, change_first=False),
    ("apps/v1", "ReplicaSet"): _rules(is_dns1123_subdomain, _workload, _workload_update, change_first=False),
    ("coordination.k8s.io/v1", "Lease"): _rules(is_dns1123_subdomain, _lease, finalizers=_nothing),
    ("discovery.k8s.io/v1", "EndpointSlice"): _rules(
        is_dns1123_subdomain, endpoint_slice, endpoint_slice_update, change_first=False
    ),
}
