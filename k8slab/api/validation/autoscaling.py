"""The rules for HorizontalPodAutoscalers.

Source    pkg/apis/autoscaling/validation/validation.go
Left out  scaling to zero replicas (a feature that is off by default)
"""

from __future__ import annotations

from typing import Any

from k8slab.api.validation.meta import Errors, forbidden, invalid, label_selector, not_supported, required
from k8slab.api.validation.rules import Rules, rules
from k8slab.api.validation.values import path_segment, reference
from k8slab.objects import is_dns1123_label, is_dns1123_subdomain, parse_quantity

__all__ = ["RULES"]

Obj = dict[str, Any]

SOURCES = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
IN_ORDER = ("object", "external", "pods", "resource", "containerResource")
TARGETS = ("Utilization", "Value", "AverageValue")
CHOICES, STEPS = ("Disabled", "Max", "Min"), ("Percent", "Pods")
LONGEST_WINDOW_S, LONGEST_PERIOD_S = 3600, 1800


def _autoscaler(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    least, most = spec.get("minReplicas"), spec.get("maxReplicas", 0)
    if least is not None and least < 1:
        yield invalid("spec.minReplicas", least, "must be greater than or equal to 1")
    if most < 1:
        yield invalid("spec.maxReplicas", most, "must be greater than 0")
    if least is not None and most < least:
        yield invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    yield from _object(spec.get("scaleTargetRef") or {}, "spec.scaleTargetRef")
    for i, metric in enumerate(spec.get("metrics") or ()):
        yield from _metric(metric, f"spec.metrics[{i}]")
    for direction in ("scaleUp", "scaleDown"):
        scaling = (spec.get("behavior") or {}).get(direction)
        if scaling is not None:
            yield from _scaling(scaling, f"spec.behavior.{direction}")


def _object(target: Obj, place: str) -> Errors:
    yield from reference(target.get("kind", ""), f"{place}.kind")
    yield from reference(target.get("name", ""), f"{place}.name")


def _metric(metric: Obj, place: str) -> Errors:
    kind = metric.get("type", "")
    if not kind:
        yield required(f"{place}.type", "must specify a metric source type")
    if kind not in SOURCES:
        yield not_supported(f"{place}.type", kind, SOURCES)
    present = [name for name in IN_ORDER if metric.get(name) is not None]
    if present:
        yield from _source(present[0], metric[present[0]], f"{place}.{present[0]}")
    wanted = SOURCES.get(kind, "")
    if wanted and wanted not in present:
        yield required(f"{place}.{wanted}", "must populate information for the given metric source")
    if len(present) != 1:
        for name in present:
            if name != wanted:
                yield forbidden(f"{place}.{name}", "must populate the given metric source only")


def _source(name: str, source: Obj, place: str) -> Errors:
    target = source.get("target") or {}
    if name in ("resource", "containerResource"):
        if not source.get("name"):
            yield required(f"{place}.name", "must specify a resource name")
        if name == "containerResource":
            yield from _container(source.get("container", ""), f"{place}.container")
    else:
        if name == "object":
            yield from _object(source.get("describedObject") or {}, f"{place}.describedObject")
        yield from _identifier(source.get("metric") or {}, f"{place}.metric")
    yield from _target(target, f"{place}.target")
    yield from _aim(name, target, f"{place}.target")


def _container(name: str, field: str) -> Errors:
    if not name:
        yield required(field, "must specify a container")
    for problem in is_dns1123_label(name) if name else ():
        yield invalid(field, name, problem)


def _identifier(metric: Obj, place: str) -> Errors:
    name = metric.get("name", "")
    if not name:
        yield required(f"{place}.name", "must specify a metric name")
    for problem in path_segment(name):
        yield invalid(f"{place}.name", name, problem)
    yield from label_selector(metric.get("selector") or {}, f"{place}.selector")


def _target(target: Obj, place: str) -> Errors:
    kind = target.get("type", "")
    if not kind:
        yield required(f"{place}.type", "must specify a metric target type")
    if kind not in TARGETS:
        yield invalid(f"{place}.type", kind, "must be either Utilization, Value, or AverageValue")
    for name in ("value", "averageValue"):
        if target.get(name) is not None and parse_quantity(target[name]) <= 0:
            yield invalid(f"{place}.{name}", str(target[name]), "must be positive")
    if target.get("averageUtilization", 1) < 1:
        yield invalid(f"{place}.averageUtilization", target["averageUtilization"], "must be greater than 0")


def _aim(name: str, target: Obj, place: str) -> Errors:
    """What each source needs to be told to aim at."""
    value, average, share = (target.get(field) for field in ("value", "averageValue", "averageUtilization"))
    if name in ("resource", "containerResource"):
        if share is None and average is None:
            yield required(f"{place}.averageUtilization", "must set either a target raw value or a target utilization")
        if share is not None and average is not None:
            yield forbidden(f"{place}.averageValue", "may not set both a target raw value and a target utilization")
    elif name == "pods":
        if average is None:
            yield required(f"{place}.averageValue", "must specify a positive target averageValue")
    elif value is None and average is None:
        either = {"external": "a target value for metric or a per-pod target"}.get(
            name, "a target value or averageValue"
        )
        yield required(f"{place}.averageValue", f"must set either {either}")
    elif name == "external" and value is not None and average is not None:
        yield forbidden(f"{place}.value", "may not set both a target value for metric and a per-pod target")


def _scaling(given: Obj, place: str) -> Errors:
    window_s, choice = given.get("stabilizationWindowSeconds"), given.get("selectPolicy")
    field = f"{place}.stabilizationWindowSeconds"
    if window_s is not None and window_s < 0:
        yield invalid(field, window_s, "must be greater than or equal to zero")
    if window_s is not None and window_s > LONGEST_WINDOW_S:
        yield invalid(field, window_s, f"must be less than or equal to {LONGEST_WINDOW_S}")
    if choice is not None and choice not in CHOICES:
        yield not_supported(f"{place}.selectPolicy", choice, CHOICES)
    policies = given.get("policies") or []
    if not policies:
        yield required(f"{place}.policies", "must specify at least one Policy")
    for i, policy in enumerate(policies):
        yield from _policy(policy, f"{place}.policies[{i}]")
    tolerance = given.get("tolerance")
    if tolerance is not None and parse_quantity(tolerance) < 0:
        yield invalid(f"{place}.tolerance", str(tolerance), "must be greater than or equal to 0")


def _policy(policy: Obj, place: str) -> Errors:
    period_s = policy.get("periodSeconds", 0)
    if policy.get("type") not in STEPS:
        yield not_supported(f"{place}.type", policy.get("type", ""), STEPS)
    if policy.get("value", 0) <= 0:
        yield invalid(f"{place}.value", policy.get("value", 0), "must be greater than zero")
    if period_s <= 0:
        yield invalid(f"{place}.periodSeconds", period_s, "must be greater than zero")
    if period_s > LONGEST_PERIOD_S:
        yield invalid(f"{place}.periodSeconds", period_s, f"must be less than or equal to {LONGEST_PERIOD_S}")


RULES: dict[tuple[str, str], Rules] = {
    ("autoscaling/v2", "HorizontalPodAutoscaler"): rules(is_dns1123_subdomain, _autoscaler),
}
