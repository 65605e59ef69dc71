"""The five kinds of metrics of an autoscaler: what each proposes, and what is told of it.

Source    pkg/controller/podautoscaler/horizontal.go (computeReplicasForMetric and the computeStatusFor…Metric)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from k8slab.controllers.horizontal_pod_autoscaler_metrics import MetricsClient, Unmeasured, milli
from k8slab.controllers.horizontal_pod_autoscaler_replicas import (
    Count,
    Tolerances,
    replicas_by_average,
    replicas_by_total,
    replicas_by_use,
    replicas_by_utilization,
)
from k8slab.controllers.horizontal_pod_autoscaler_requests import Uncountable, requests_of
from k8slab.objects import canonical_quantity, parse_quantity

__all__ = [
    "Failed",
    "Proposal",
    "Scaled",
    "propose",
    "tolerances_of",
]

Obj = dict[str, Any]

NO_TARGET = "invalid {} metric source: neither a{} value target nor an average value target was set"
NO_USE = (
    "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set"
)


class Scaled(NamedTuple):
    """What is scaled, at this moment: its namespace, wanted and actual replicas, selector and Pods."""

    namespace: str
    wanted: int
    actual: int
    selector: str
    pods: list[Obj]
    tolerances: Tolerances
    now: float


class Proposal(NamedTuple):
    """So many replicas, what they come from, and the metric's entry in the status."""

    replicas: int
    name: str
    status: Obj


class Failed(Exception):
    """A metric proposes nothing: the reason of the Event and the condition, what they tell, and in whose name."""

    def __init__(self, reason: str, told: str, text: str) -> None:
        super().__init__(text)
        self.reason, self.told = reason, told


def propose(client: MetricsClient, metric: Obj, scaled: Scaled) -> Proposal:
    """What one entry of spec.metrics asks for. Raises Failed."""
    kind = metric["type"]
    field, source_of = SOURCES[kind]
    source = metric[field]
    try:
        return source_of(client, source, scaled)
    except (Unmeasured, Uncountable) as error:
        told = str(error)
        raise Failed(f"FailedGet{kind}Metric", told, _prefix(kind, source) + told) from None


def tolerances_of(spec: Obj) -> Tolerances:
    """The tolerances of an autoscaler, each the cluster's unless its behavior tells another."""
    behavior, own = spec.get("behavior") or {}, Tolerances()
    down, up = ((behavior.get(way) or {}).get("tolerance") for way in ("scaleDown", "scaleUp"))
    return Tolerances(
        own.down if down is None else float(parse_quantity(down)), own.up if up is None else float(parse_quantity(up))
    )


def _prefix(kind: str, source: Obj) -> str:
    """What is said before a problem where it is told of the autoscaler as a whole."""
    named = {
        "Resource": lambda: f"{source['name']} resource",
        "ContainerResource": lambda: f"{source['container']} container",
        "External": lambda: f"{source['metric']['name']} external",
    }
    return f"failed to get {named.get(kind, kind.lower)()} metric value: "


def _resource(client: MetricsClient, source: Obj, scaled: Scaled, *, is_container: bool = False) -> Proposal:
    name, target, container = source["name"], source["target"], source.get("container", "")
    average, share = target.get("averageValue"), target.get("averageUtilization")
    if average is None and share is None:
        raise Unmeasured(NO_USE)
    kind, field = ("ContainerResource", "containerResource") if is_container else ("Resource", "resource")
    word = "usage" if average is not None else "utilization"
    try:
        count = _use(client, source, scaled)
    except (Unmeasured, Uncountable) as error:
        raise Uncountable(f"failed to get {name} {word}: {error}") from None
    current: Obj = {} if count.utilization is None else {"averageUtilization": count.utilization}
    current["averageValue"] = _quantity(count.usage)
    told = {"name": name, **({"container": container} if is_container else {}), "current": current}
    shown = f"{name} resource"
    if average is None:
        shown = f"{name} {'container ' if is_container else ''}resource utilization (percentage of request)"
    return Proposal(count.replicas, shown, {"type": kind, field: told})


def _use(client: MetricsClient, source: Obj, scaled: Scaled) -> Count:
    name, target, container = source["name"], source["target"], source.get("container", "")
    try:
        metrics = client.resource(name, scaled.namespace, scaled.selector, container)
    except Unmeasured as error:
        raise Unmeasured(f"unable to get metrics for resource {name}: {error}") from None
    rest = (name, scaled.tolerances, scaled.now)
    if target.get("averageValue") is not None:
        return replicas_by_use(scaled.wanted, milli(target["averageValue"]), scaled.pods, metrics, *rest)
    requests = partial(requests_of, scaled.pods, name, container)
    return replicas_by_utilization(scaled.wanted, target["averageUtilization"], scaled.pods, metrics, requests, *rest)


def _pods(client: MetricsClient, source: Obj, scaled: Scaled) -> Proposal:
    name, selector = source["metric"]["name"], source["metric"].get("selector")
    try:
        metrics = client.pods(name, scaled.namespace, scaled.selector, selector)
    except Unmeasured as error:
        raise Unmeasured(f"unable to get metric {name}: {error}") from None
    target = milli(source["target"]["averageValue"])
    count = replicas_by_use(scaled.wanted, target, scaled.pods, metrics, "", scaled.tolerances, scaled.now)
    told = {"metric": source["metric"], "current": {"averageValue": _quantity(count.usage)}}
    return Proposal(count.replicas, f"pods metric {name}", {"type": "Pods", "pods": told})


def _object(client: MetricsClient, source: Obj, scaled: Scaled) -> Proposal:
    name, described, target = source["metric"]["name"], source["describedObject"], source["target"]
    field = {"Value": "value", "AverageValue": "averageValue"}.get(target["type"], "")
    if target.get(field) is None:
        raise Unmeasured(NO_TARGET.format("object", ""))
    try:
        usage = client.object(name, scaled.namespace, described, source["metric"].get("selector"))
    except Unmeasured as error:
        where = f"{described['kind']} {scaled.namespace}/{described['name']}"
        text = f"unable to get metric {name}: {where}/{error}"
        raise Unmeasured(text if field == "value" else f"failed to get {name} object metric: {text}") from None
    count, current = _total(scaled, milli(target[field]), usage, is_average=field == "averageValue")
    if field == "value":
        told = {"metric": source["metric"], "current": current, "describedObject": described}
        return Proposal(count, f"{described['kind']} metric {name}", {"type": "Object", "object": told})
    told = {"metric": source["metric"], "current": current, "describedObject": {"kind": "", "name": ""}}
    return Proposal(count, _external_name(source), {"type": "Object", "object": told})


def _external(client: MetricsClient, source: Obj, scaled: Scaled) -> Proposal:
    metric, target = source["metric"], source["target"]
    is_average = target.get("averageValue") is not None
    wanted = target.get("averageValue" if is_average else "value")
    if wanted is None:
        raise Unmeasured(NO_TARGET.format("external", ""))
    try:
        usage = sum(client.external(metric["name"], scaled.namespace, metric.get("selector")))
        count, current = _total(scaled, milli(wanted), usage, is_average=is_average)
    except Unmeasured as error:
        where = f"{scaled.namespace}/{metric['name']}/{_selector_text(metric.get('selector'))}"
        text = f"unable to get external metric {where}: {error}"
        about = f"{metric['name']} external metric" if is_average else f"external metric {metric['name']}"
        raise Unmeasured(f"failed to get {about}: {text}") from None
    told = {"metric": metric, "current": current}
    return Proposal(count, _external_name(source), {"type": "External", "external": told})


def _total(scaled: Scaled, target: int, usage: int, *, is_average: bool) -> tuple[int, Obj]:
    """The replicas for a value that is about all Pods, and the current value as it is told."""
    if is_average:
        count = replicas_by_average(scaled.actual, target, usage, scaled.tolerances)
        return count.replicas, {"averageValue": _quantity(count.usage)}
    count = replicas_by_total(scaled.wanted, target, usage, scaled.pods, scaled.tolerances)
    return count.replicas, {"value": _quantity(count.usage)}


def _external_name(source: Obj) -> str:
    return f"external metric {source['metric']['name']}({_selector_text(source['metric'].get('selector'))})"


def _selector_text(selector: Obj | None) -> str:
    """A LabelSelector as Go prints it."""
    if selector is None:
        return "nil"
    labels = "".join(f"{name}: {value}," for name, value in sorted((selector.get("matchLabels") or {}).items()))
    wanted = "".join(
        f"LabelSelectorRequirement{{Key:{each['key']},Operator:{each['operator']},"
        f"Values:[{' '.join(each.get('values') or ())}],}},"
        for each in selector.get("matchExpressions") or ()
    )
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{wanted}}},}}"
    )


def _quantity(thousandths: int) -> str:
    return canonical_quantity(Fraction(thousandths, 1000))


Source = Callable[[MetricsClient, Obj, Scaled], Proposal]
SOURCES: Mapping[str, tuple[str, Source]] = {
    "Resource": ("resource", _resource),
    "ContainerResource": ("containerResource", partial(_resource, is_container=True)),
    "Pods": ("pods", _pods),
    "Object": ("object", _object),
    "External": ("external", _external),
}
