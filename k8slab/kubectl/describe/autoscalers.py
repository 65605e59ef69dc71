"""kubectl describe horizontalpodautoscaler.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeHorizontalPodAutoscalerV2
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.layout import head
from k8slab.kubectl.describe.moments import date

__all__ = [
    "autoscaler",
]

Obj = dict[str, Any]

UNKNOWN = "<unknown>"


def autoscaler(client: Client, obj: Obj) -> Iterator[str]:
    """An autoscaler: what it scales, by which metrics, and what it makes of them."""
    spec, status = obj["spec"], obj.get("status") or {}
    target = spec["scaleTargetRef"]
    yield from head(obj)
    yield f"CreationTimestamp:\t{date(obj['metadata']['creationTimestamp'])}"
    yield f"Reference:\t{target['kind']}/{target['name']}"
    yield "Metrics:\t( current / target )"
    current = status.get("currentMetrics") or []
    for i, metric in enumerate(spec.get("metrics") or ()):
        yield f"  {_metric(metric, current[i] if i < len(current) else {})}"
    yield f"Min replicas:\t{spec.get('minReplicas', '<unset>')}"
    yield f"Max replicas:\t{spec['maxReplicas']}"
    if behaviour := spec.get("behavior"):
        yield "Behavior:"
        for word, direction in (("Scale Up", "scaleUp"), ("Scale Down", "scaleDown")):
            yield from _direction(word, behaviour[direction]) if behaviour.get(direction) else ()
    replicas = f"{status.get('currentReplicas', 0)} current / {status.get('desiredReplicas', 0)} desired"
    yield f"{target['kind']} pods:\t{replicas}"
    if status.get("conditions"):
        yield "Conditions:"
        yield "  Type\tStatus\tReason\tMessage"
        yield "  ----\t------\t------\t-------"
    for c in status.get("conditions") or ():
        yield f"  {c['type']}\t{c['status']}\t{c.get('reason', '')}\t{c.get('message', '')}"


def _metric(metric: Obj, current: Obj) -> str:
    """One metric: what is measured, what it is now, what it should be."""
    source = metric["type"][:1].lower() + metric["type"][1:]
    wanted, now = metric.get(source) or {}, (current.get(source) or {}).get("current") or {}
    target = wanted.get("target") or {}
    name = f'"{(wanted.get("metric") or {}).get("name", "")}"'
    average = "averageValue" in target
    value = now.get("averageValue" if average else "value", UNKNOWN)
    goal = f"{value} / {target.get('averageValue' if average else 'value', '0')}"
    kind = "(target average value)" if average else "(target value)"
    if source == "external":
        return f"{name} {kind}:\t{goal}"
    if source == "pods":
        return f"{name} on pods:\t{goal}"
    if source == "object":
        about = wanted["describedObject"]
        return f"{name} on {about['kind']}/{about['name']} {kind}:\t{goal}"
    if source not in ("resource", "containerResource"):
        return f'<unknown metric type "{metric["type"]}">'
    of = f' of container "{wanted["container"]}"' if source == "containerResource" else ""
    measured = f"resource {wanted['name']}{of} on pods"
    return f"{measured}:\t{goal}" if average else f"{measured}  (as a percentage of request):\t{_share(now, target)}"


def _share(now: Obj, target: Obj) -> str:
    has = f"{now['averageUtilization']}% ({now.get('averageValue')})" if "averageUtilization" in now else UNKNOWN
    return f"{has} / {target['averageUtilization']}%" if "averageUtilization" in target else f"{has} / <auto>"


def _direction(word: str, rules: Obj) -> Iterator[str]:
    yield f"  {word}:"
    if "stabilizationWindowSeconds" in rules:
        yield f"    Stabilization Window: {rules['stabilizationWindowSeconds']} seconds"
    if rules.get("policies"):
        yield f"    Select Policy: {rules.get('selectPolicy', 'Max')}"
        yield "    Policies:"
    for policy in rules.get("policies") or ():
        period = f"Period: {policy['periodSeconds']} seconds"
        yield f"      - Type: {policy['type']}\tValue: {policy['value']}\t{period}"
