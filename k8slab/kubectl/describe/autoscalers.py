"""kubectl describe horizontalpodautoscaler.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeHorizontalPodAutoscalerV2
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from k8slab.client import Client
from k8slab.kubectl.describe.heads import marks
from k8slab.kubectl.describe.layout import Obj, conditions, date, section, told

__all__ = ["autoscaler"]

UNKNOWN = "<unknown>"
DIRECTIONS = {"Scale Up": "scaleUp", "Scale Down": "scaleDown"}


def autoscaler(client: Client, obj: Obj) -> Iterator[str]:
    """An autoscaler: what it scales, by which metrics, and what it makes of them."""
    spec, status = obj["spec"], obj.get("status") or {}
    target, metrics = spec["scaleTargetRef"], spec.get("metrics") or []
    yield from marks(obj)
    yield from told(obj["metadata"], {"CreationTimestamp": "creationTimestamp"}, date)
    yield f"Reference:\t{target['kind']}/{target['name']}"
    yield "Metrics:\t( current / target )"
    current = (status.get("currentMetrics") or [])[: len(metrics)]
    yield from (f"  {_metric(metric, now)}" for metric, now in zip_longest(metrics, current, fillvalue=Obj()))
    yield from told(spec, {"Min replicas": "minReplicas", "Max replicas": "maxReplicas"}, missing="<unset>")
    behaviour = spec.get("behavior") or {}
    rules = ((word, behaviour[field]) for word, field in DIRECTIONS.items() if behaviour.get(field))
    yield from section("Behavior", (line for word, each in rules for line in _direction(word, each)), optional=True)
    replicas = f"{status.get('currentReplicas', 0)} current / {status.get('desiredReplicas', 0)} desired"
    yield f"{target['kind']} pods:\t{replicas}"
    yield from conditions(status, "Type\tStatus\tReason\tMessage")


def _metric(metric: Obj, current: Obj) -> str:
    """One metric: what is measured, what it is now, what it should be."""
    source = metric["type"][:1].lower() + metric["type"][1:]
    wanted, now = metric[source], (current.get(source) or {}).get("current") or {}
    target = wanted["target"]
    field, kind = ("averageValue", "average value") if "averageValue" in target else ("value", "value")
    goal = f"{now.get(field, UNKNOWN)} / {target.get(field, '0')}"
    if source in ("resource", "containerResource"):
        of = f' of container "{wanted["container"]}"' if source == "containerResource" else ""
        measured = f"resource {wanted['name']}{of} on pods"
        share = f"{measured}  (as a percentage of request):\t{_share(now, target)}"
        return f"{measured}:\t{goal}" if "averageValue" in target else share
    name, about = f'"{wanted["metric"]["name"]}"', wanted.get("describedObject")
    if source == "pods":
        return f"{name} on pods:\t{goal}"
    where = f" on {about['kind']}/{about['name']}" if about else ""
    return f"{name}{where} (target {kind}):\t{goal}"


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
        yield "      - Type: {type}\tValue: {value}\tPeriod: {periodSeconds} seconds".format_map(policy)
