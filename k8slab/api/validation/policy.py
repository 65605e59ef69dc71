"""The rules for budgets, quotas, limit ranges and priority classes.

Source    pkg/apis/{core,policy,scheduling}/validation/validation.go; pkg/apis/core/helper/helpers.go;
          pkg/apis/scheduling/v1/helpers.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8slab.api.admission import SYSTEM_CLASSES
from k8slab.api.validation.meta import (
    Errors,
    duplicate,
    forbidden,
    immutable,
    invalid,
    label_selector,
    not_supported,
    required,
)
from k8slab.api.validation.rules import Rules, nothing, rules
from k8slab.api.validation.shares import at_most_all, share
from k8slab.api.validation.values import path_segment
from k8slab.objects import is_dns1123_subdomain, is_qualified_name, parse_quantity

__all__ = ["RULES"]

Obj = dict[str, Any]

UNHEALTHY = ("AlwaysAllow", "IfHealthyBudget")
POLICIES = ("PreemptLowerPriority", "Never")
HIGHEST = 1_000_000_000
SYSTEM = "system-"
LIMITED = ("Pod", "Container", "PersistentVolumeClaim")
CONTAINER = ("cpu", "memory", "ephemeral-storage")
COUNTED = ("configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets",
           "services", "services.loadbalancers", "services.nodeports")  # fmt: skip
IN_QUOTAS = {*CONTAINER, *COUNTED, "requests.storage", *(f"{kind}.{name}" for kind in ("requests", "limits")
                                                         for name in CONTAINER)}  # fmt: skip
COMPUTE = ("cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory")
OF_PODS = ("Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity")
SCOPES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(OF_PODS, ("pods", *COMPUTE)),
    "BestEffort": ("pods",),
    "VolumeAttributesClass": ("persistentvolumeclaims", "requests.storage"),
}
PAIRS = ({"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"})
EXISTING = ("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "CrossNamespacePodAffinity")
MUST_EXIST = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "\
             "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or "\
             "ResourceQuotaScopeCrossNamespacePodAffinity"  # fmt: skip
NO_VALUE = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
SOME_VALUE = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"


def _budget(obj: Obj) -> Errors:
    spec = obj["spec"]
    given = [name for name in ("minAvailable", "maxUnavailable") if spec.get(name) is not None]
    if len(given) == 2:
        names = ("minAvailable", "selector", "maxUnavailable", "unhealthyPodEvictionPolicy")
        shown = {name[0].upper() + name[1:]: spec.get(name) for name in names}
        yield invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set")
    for name in given:
        yield from share(spec[name], f"spec.{name}")
        yield from at_most_all(spec[name], f"spec.{name}")
    yield from label_selector(spec.get("selector") or {}, "spec.selector")
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in UNHEALTHY:
        yield not_supported("spec.unhealthyPodEvictionPolicy", policy, UNHEALTHY)


def _priority_class(obj: Obj) -> Errors:
    name, value, policy = obj["metadata"]["name"], obj["value"], obj["preemptionPolicy"]
    if name.startswith(SYSTEM):
        if problem := _not_of_the_system(name, value, obj.get("globalDefault", False)):
            text = f"priority class names with '{SYSTEM}' prefix are reserved for system use only. error: {problem}"
            yield forbidden("metadata.name", text)
    elif value > HIGHEST:
        yield forbidden("value", f"maximum allowed value of a user defined priority is {HIGHEST}")
    if policy not in POLICIES:
        yield not_supported("preemptionPolicy", policy, POLICIES)


def _not_of_the_system(name: str, value: int, is_default: bool) -> str:
    if name not in SYSTEM_CLASSES:
        return f"{name} is not a known system priority class"
    if value != SYSTEM_CLASSES[name]:
        return f"value of {name} PriorityClass must be {SYSTEM_CLASSES[name]}"
    return f"globalDefault of {name} PriorityClass must be false" if is_default else ""


def _priority_class_update(new: Obj, old: Obj) -> Errors:
    if new["value"] != old["value"]:
        yield forbidden("value", "may not be changed in an update.")
    yield from immutable("preemptionPolicy", new["preemptionPolicy"], old["preemptionPolicy"])


def _limit_range(obj: Obj) -> Errors:
    types: set[str] = set()
    for i, item in enumerate((obj.get("spec") or {}).get("limits") or ()):
        place, type_ = f"spec.limits[{i}]", item.get("type", "")
        problems = is_qualified_name(type_)
        for problem in problems:
            yield invalid(f"{place}.type", type_, problem)
        if not problems and "/" not in type_ and type_ not in LIMITED:
            yield invalid(f"{place}.type", type_, "must be a standard limit type or fully qualified")
        if type_ in types:
            yield duplicate(f"{place}.type", type_)
        types.add(type_)
        yield from _limits(item, place)


def _limits(item: Obj, place: str) -> Errors:
    type_ = item.get("type", "")
    for field in ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio"):
        given = item.get(field) or {}
        if type_ == "Pod" and field.startswith("default"):
            if given:
                yield forbidden(f"{place}.{field}", "may not be specified when `type` is 'Pod'")
            continue
        for name in given:
            yield from _limited(name, f"{place}.{field}[{name}]", of_containers=type_ in ("Pod", "Container"))
    if type_ == "PersistentVolumeClaim" and not any("storage" in (item.get(field) or {}) for field in ("min", "max")):
        text = "either minimum or maximum storage value is required, but neither was provided"
        yield required(f"{place}.limits", text)
    names = {name for field in ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
             if type_ != "Pod" or not field.startswith("default") for name in item.get(field) or {}}  # fmt: skip
    for name in sorted(names):
        yield from _in_order(item, name, place)


def _in_order(item: Obj, name: str, place: str) -> Errors:
    """The least is no more than the default, and the default no more than the most."""
    words = {"min": "min", "max": "max", "default": "default", "defaultRequest": "default request"}
    given = {field: (item.get(field) or {}).get(name) for field in words}
    for low, high, field, value in (
        ("min", "max", "min", "min"),
        ("min", "defaultRequest", "defaultRequest", "defaultRequest"),
        ("defaultRequest", "max", "defaultRequest", "defaultRequest"),
        ("defaultRequest", "default", "defaultRequest", "defaultRequest"),
        ("min", "default", "default", "min"),
        ("default", "max", "default", "max"),
    ):
        less, more = given[low], given[high]
        if less is None or more is None or parse_quantity(less) <= parse_quantity(more):
            continue
        word = "default limit" if (low, high) == ("defaultRequest", "default") else words[high]
        text = f"{words[low]} value {less} is greater than {word} value {more}"
        yield invalid(f"{place}.{field}[{name}]", str(given[value]), text)
    yield from _ratio(item, name, f"{place}.maxLimitRequestRatio[{name}]")
    request, limit = given["defaultRequest"], given["default"]
    if not _may_overcommit(name) and None not in (request, limit) and parse_quantity(request) != parse_quantity(limit):
        text = f"default value {limit} must equal to defaultRequest value {request} in {name}"
        yield invalid(f"{place}.defaultRequest[{name}]", str(request), text)


def _ratio(item: Obj, name: str, field: str) -> Errors:
    ratio, least, most = ((item.get(of) or {}).get(name) for of in ("maxLimitRequestRatio", "min", "max"))
    if ratio is None:
        return
    if parse_quantity(ratio) < 1:
        yield invalid(field, str(ratio), f"ratio {ratio} is less than 1")
    if least is None or most is None or not parse_quantity(least):
        return
    limit = float(parse_quantity(most) / parse_quantity(least))
    if parse_quantity(ratio) > limit:
        yield invalid(field, str(ratio), f"ratio {ratio} is greater than max/min = {limit:f}")


def _limited(name: str, field: str, *, of_containers: bool) -> Errors:
    """The name of something a limit range may limit."""
    yield from _resource(name, field)
    if not of_containers:
        return
    if "/" not in name and name not in CONTAINER and not name.startswith("hugepages-"):
        yield invalid(field, name, "must be a standard resource for containers")
    elif "/" in name and "kubernetes.io/" not in name and not _is_extended(name):
        yield invalid(field, name, "doesn't follow extended resource name standard")


def _resource(name: str, field: str) -> Errors:
    problems = is_qualified_name(name)
    for problem in problems:
        yield invalid(field, name, problem)
    if not problems and "/" not in name and name != "storage" and not _is_counted(name):
        yield invalid(field, name, "must be a standard resource type or fully qualified")


def _is_counted(name: str) -> bool:
    """Quotas know the resource by name."""
    return name in IN_QUOTAS or name.startswith(("hugepages-", "requests.hugepages-"))


def _is_extended(name: str) -> bool:
    """The resource is somebody else's invention, such as `nvidia.com/gpu`."""
    is_native = "/" not in name or "kubernetes.io/" in name
    return not is_native and not name.startswith("requests.") and not is_qualified_name(f"requests.{name}")


def _may_overcommit(name: str) -> bool:
    return ("/" not in name or "kubernetes.io/" in name) and not name.startswith("hugepages-")


def _quota(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    hard = spec.get("hard") or {}
    for name, quantity in hard.items():
        yield from _amount(name, quantity, f"spec.hard[{name}]")
    scopes = spec.get("scopes") or []
    for scope in scopes:
        if scope not in SCOPES:
            yield invalid("spec.scopes", scopes, "unsupported scope")
        yield from _fits(scope, hard, "spec.scopes", scopes)
    yield from _no_conflict(set(scopes), scopes)
    if spec.get("scopeSelector") is not None:
        yield from _selector(spec, hard)


def _amount(name: str, quantity: Any, field: str) -> Errors:
    yield from _resource(name, field)
    if "/" not in name and not _is_counted(name):
        yield invalid(field, name, "must be a standard resource for quota")
    if parse_quantity(quantity) < 0:
        yield invalid(field, str(quantity), "must be greater than or equal to 0")
    if (name in COUNTED or _is_extended(name)) and parse_quantity(quantity) % 1:
        yield invalid(field, str(quantity), "must be an integer")


def _selector(spec: Obj, hard: Mapping[str, Any]) -> Errors:
    place, wanted = "spec.scopeSelector.matchExpressions", spec["scopeSelector"].get("matchExpressions") or []
    words = ("scopeName", "operator", "values")
    shown = {"MatchExpressions": [{word[0].upper() + word[1:]: each.get(word) for word in words} for each in wanted]}
    for each in wanted:
        scope, operator, values = each["scopeName"], each["operator"], each.get("values") or []
        if scope not in SCOPES:
            yield invalid(f"{place}.scopeName", scope, "unsupported scope")
        yield from _fits(scope, hard, place, shown)
        if scope in EXISTING and operator != "Exists":
            yield invalid(f"{place}.operator", operator, MUST_EXIST)
        if operator in ("In", "NotIn"):
            if not values:
                yield required(f"{place}.values", SOME_VALUE)
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                yield invalid(f"{place}.values", values, NO_VALUE)
        else:
            yield invalid(f"{place}.operator", operator, "not a valid selector operator")
    yield from _no_conflict({each["scopeName"] for each in wanted}, spec.get("scopes"), place)


def _fits(scope: str, hard: Mapping[str, Any], place: str, shown: Any) -> Errors:
    """A quota with a scope counts only what can be in it."""
    for name in sorted(hard):
        if _is_counted(name) and name not in SCOPES.get(scope, (name,)):
            yield invalid(place, shown, "unsupported scope applied to resource")


def _no_conflict(scopes: set[str], shown: Any, place: str = "spec.scopes") -> Errors:
    for pair in PAIRS:
        if pair <= scopes:
            yield invalid(place, shown, "conflicting scopes")


def _quota_update(new: Obj, old: Obj) -> Errors:
    scopes = [set((obj.get("spec") or {}).get("scopes") or ()) for obj in (new, old)]
    if scopes[0] != scopes[1]:
        yield invalid("spec.scopes", (new.get("spec") or {}).get("scopes"), "field is immutable")


RULES: dict[tuple[str, str], Rules] = {
    ("policy/v1", "PodDisruptionBudget"): rules(path_segment, _budget, finalizers=nothing),
    ("scheduling.k8s.io/v1", "PriorityClass"): rules(is_dns1123_subdomain, _priority_class, _priority_class_update),
    ("v1", "LimitRange"): rules(is_dns1123_subdomain, _limit_range),
    ("v1", "ResourceQuota"): rules(is_dns1123_subdomain, _quota, _quota_update, change_first=False),
}
