"""How many replicas a metric asks for: pure arithmetic over Pods and what was measured of them.

Every value is in thousandths. A Pod that is not ready yet, or of which nothing is known, is taken to use nothing when
more replicas are wanted, and everything it asks for when fewer are: so doubt never leads to a step.

Source    pkg/controller/podautoscaler/replica_calculator.go, metrics/utilization.go
Left out  numbers beyond 32 bits
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from k8slab.controllers.horizontal_pod_autoscaler_metrics import PodMetric, PodMetrics
from k8slab.controllers.horizontal_pod_autoscaler_requests import Uncountable
from k8slab.objects import get_condition, is_leaving, is_ready, parse_rfc3339

__all__ = [
    "Count",
    "Groups",
    "Tolerances",
    "group_pods",
    "replicas_by_average",
    "replicas_by_total",
    "replicas_by_use",
    "replicas_by_utilization",
]

Obj = dict[str, Any]

INITIALIZATION_S = 300.0  # --horizontal-pod-autoscaler-cpu-initialization-period
READINESS_DELAY_S = 30.0  # --horizontal-pod-autoscaler-initial-readiness-delay
UNREADY = "did not receive metrics for targeted pods (pods might be unready)"
NO_PODS = "no pods returned by selector while calculating replica count"


class Tolerances(NamedTuple):
    """How far the use may be from its target, as a share of it, before anything happens."""

    down: float = 0.1
    up: float = 0.1

    def cover(self, ratio: float) -> bool:
        """The use is near enough to its target."""
        return 1.0 - self.down <= ratio <= 1.0 + self.up


class Count(NamedTuple):
    """The replicas that a metric asks for, and the use they were worked out from: of a Pod, and in per cent."""

    replicas: int
    usage: int
    utilization: int | None = None


class Groups(NamedTuple):
    """How many Pods count, and the names of those that do not, by why not."""

    ready: int
    unready: set[str]
    missing: set[str]
    ignored: set[str]


def group_pods(pods: Iterable[Obj], metrics: PodMetrics, resource: str, now: float) -> Groups:
    """Sort Pods by what their metrics are good for; only the use of `cpu` may come from the start of a Pod."""
    ready, unready, missing, ignored = 0, set[str](), set[str](), set[str]()
    for pod in pods:
        name, phase = pod["metadata"]["name"], (pod.get("status") or {}).get("phase")
        if is_leaving(pod) or phase == "Failed":
            ignored.add(name)
        elif phase == "Pending":
            unready.add(name)
        elif name not in metrics:
            missing.add(name)
        elif resource == "cpu" and _is_unready(pod, metrics[name], now):
            unready.add(name)
        else:
            ready += 1
    return Groups(ready, unready, missing, ignored)


def replicas_by_utilization(
    current: int,
    target: int,
    pods: list[Obj],
    metrics: PodMetrics,
    requests_of: Callable[[], Mapping[str, int]],
    resource: str,
    tolerances: Tolerances,
    now: float,
) -> Count:
    """Replicas for a use of so many per cent of what the Pods request. Raises Uncountable."""
    groups, known = _sorted(pods, metrics, resource, now)
    requests = requests_of()

    def ratio_of(measured: PodMetrics) -> float:
        return _utilization(measured, requests)[0] / target

    utilization, usage = _utilization(known, requests)
    full = max(100, target)
    replicas = _replicas(current, known, groups, tolerances, ratio_of, lambda name: requests.get(name, 0) * full // 100)
    return Count(replicas, usage, utilization)


def replicas_by_use(
    current: int, target: int, pods: list[Obj], metrics: PodMetrics, resource: str, tolerances: Tolerances, now: float
) -> Count:
    """Replicas for a use of so much by each Pod on average. Raises Uncountable."""
    groups, known = _sorted(pods, metrics, resource, now)
    replicas = _replicas(
        current, known, groups, tolerances, lambda measured: _average(measured) / target, lambda _: target
    )
    return Count(replicas, _average(known))


def replicas_by_total(current: int, target: int, usage: int, pods: list[Obj], tolerances: Tolerances) -> Count:
    """Replicas for a value that is about all of them, as an object's is. Raises Uncountable."""
    ratio = usage / target
    if not current:
        return Count(math.ceil(ratio), usage)
    if tolerances.cover(ratio):
        return Count(current, usage)
    if not pods:
        raise Uncountable(f"unable to calculate ready pods: {NO_PODS}")
    ready = sum((pod.get("status") or {}).get("phase") == "Running" and is_ready(pod) for pod in pods)
    return Count(math.ceil(ratio * ready), usage)


def replicas_by_average(current: int, target: int, usage: int, tolerances: Tolerances) -> Count:
    """Replicas for a value of which each of them shall have so much."""
    ratio = usage / (target * current) if current else math.inf
    replicas = current if tolerances.cover(ratio) else math.ceil(usage / target)
    return Count(replicas, math.ceil(usage / current) if current else usage)


def _is_unready(pod: Obj, metric: PodMetric, now: float) -> bool:
    """What was measured says nothing yet of a Pod that serves."""
    condition, start = get_condition(pod, "Ready"), (pod.get("status") or {}).get("startTime")
    if condition is None or start is None:
        return True
    started, changed = parse_rfc3339(start), parse_rfc3339(condition["lastTransitionTime"])
    is_not_ready = condition["status"] == "False"
    if started + INITIALIZATION_S > now:
        return is_not_ready or metric.timestamp < changed + metric.window_s
    return is_not_ready and started + READINESS_DELAY_S > changed


def _sorted(pods: list[Obj], metrics: PodMetrics, resource: str, now: float) -> tuple[Groups, PodMetrics]:
    """The groups, and the metrics of those that count. Raises Uncountable."""
    if not pods:
        raise Uncountable(NO_PODS)
    groups = group_pods(pods, metrics, resource, now)
    known = {name: one for name, one in metrics.items() if name not in groups.ignored and name not in groups.unready}
    if not known:
        raise Uncountable(UNREADY)
    return groups, known


def _replicas(
    current: int,
    known: PodMetrics,
    groups: Groups,
    tolerances: Tolerances,
    ratio_of: Callable[[PodMetrics], float],
    full_use: Callable[[str], int],
) -> int:
    ratio = ratio_of(known)
    grows_unready = bool(groups.unready) and ratio > 1
    if not grows_unready and not groups.missing:
        return current if tolerances.cover(ratio) else math.ceil(ratio * groups.ready)
    assumed = dict(known)
    if ratio != 1:
        assumed |= {name: PodMetric(full_use(name) if ratio < 1 else 0) for name in groups.missing}
    if grows_unready:
        assumed |= {name: PodMetric(0) for name in groups.unready}
    careful = ratio_of(assumed)
    if tolerances.cover(careful) or ratio < 1 < careful or careful < 1 < ratio:
        return current
    wanted = math.ceil(careful * len(assumed))
    return current if (careful < 1 and wanted > current) or (careful > 1 and wanted < current) else wanted


def _utilization(measured: PodMetrics, requests: Mapping[str, int]) -> tuple[int, int]:
    """The use in per cent of the requests, and of a Pod on average. Raises Uncountable."""
    matched = [(metric.value, requests[name]) for name, metric in measured.items() if name in requests]
    used, requested = sum(value for value, _ in matched), sum(request for _, request in matched)
    if not requested:
        raise Uncountable("no metrics returned matched known pods")
    return used * 100 // requested, used // len(matched)


def _average(measured: PodMetrics) -> int:
    return sum(metric.value for metric in measured.values()) // len(measured)
