"""How many replicas a metric asks for.

Source: pkg/controller/podautoscaler/replica_calculator_test.go, whose Pods have two containers; here they have one.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from autoscaled import COOL_S, HOT_S, NOW, measured, pod, pods

from k8slab.controllers.horizontal_pod_autoscaler_metrics import PodMetric
from k8slab.controllers.horizontal_pod_autoscaler_replicas import (
    Count,
    Tolerances,
    group_pods,
    replicas_by_average,
    replicas_by_total,
    replicas_by_use,
    replicas_by_utilization,
)
from k8slab.controllers.horizontal_pod_autoscaler_requests import Uncountable, requests_of

Obj = dict[str, Any]

T, F = "True", "False"
RUN, WAIT, DEAD = "Running", "Pending", "Failed"
TIGHT, LOOSE = Tolerances(0.01, 0.01), Tolerances(0.5, 0.5)


def by_utilization(current: int, target: int, listed: list[Obj], metrics: Any, **more: Any) -> Count:
    """Replicas by use of cpu, as a share of what is requested."""
    requests, tolerances = partial(requests_of, listed, "cpu", more.get("container", "")), more.get("tol", Tolerances())
    return replicas_by_utilization(current, target, listed, metrics, requests, "cpu", tolerances, NOW)


@pytest.mark.parametrize(
    ("current", "target", "levels", "more", "expected"),
    [
        (3, 30, (300, 500, 700), {}, (5, 50, 500)),
        (3, 30, (300, 500, 700), {"ready": [F, T, T], "age_s": HOT_S}, (4, 60, 600)),
        (3, 30, (300, 500, 700), {"ready": [F, T, T], "changed_s": COOL_S / 2}, (5, 50, 500)),  # it was ready once
        (3, 30, (300, 500, 700), {"age_s": [HOT_S, COOL_S, COOL_S], "changed_s": 10}, (4, 60, 600)),
        (3, 30, (400, 500, 700), {"ready": [T, F, F]}, (3, 40, 400)),
        (3, 30, (400, 500, 700), {"ready": [T, F, F], "age_s": [COOL_S, HOT_S, HOT_S]}, (3, 40, 400)),
        (2, 30, (500, 700), {"ready": [T, T, F, F], "phase": [RUN, RUN, DEAD, DEAD]}, (4, 60, 600)),
        (2, 30, (500, 700), {"ready": [T, T, F, F], "leaving": [False, False, True, True]}, (4, 60, 600)),
        (5, 50, (100, 300, 500, 250, 250), {}, (3, 28, 280)),
        (5, 50, (100, 300, 500, 250, 250), {"ready": [T, T, T, F, F]}, (2, 30, 300)),
        (5, 50, (100,), {"ready": [T, F, F, F, F], "phase": [RUN, WAIT, WAIT, WAIT, WAIT]}, (1, 10, 100)),
        (
            5,
            50,
            (100, 300, 500, 250, 250),
            {"age_s": [COOL_S] * 3 + [HOT_S] * 2, "changed_s": [COOL_S] * 3 + [10, 10]},
            (2, 30, 300),
        ),
        (5, 50, (100, 300, 500, 250, 250), {"phase": [RUN] * 5 + [DEAD] * 2}, (3, 28, 280)),
        (5, 50, (100, 300, 500, 250, 250), {"leaving": [False] * 5 + [True] * 2}, (3, 28, 280)),
        (3, 100, (1010, 1030, 1020), {"request": ["900m", "1", "1100m"]}, (3, 102, 1020)),
        (4, 100, (4000, 9500, 3000, 7000, 3200, 2000), {}, (24, 587, 5875)),  # two are of nobody
        (4, 100, (400, 95), {}, (3, 24, 247)),
        (2, 100, (1000,), {}, (2, 100, 1000)),
        (2, 100, (1900,), {}, (2, 190, 1900)),
        (2, 100, (600,), {}, (2, 60, 600)),
        (3, 50, (100, 450), {"ready": [F, T, T]}, (3, 45, 450)),
        (3, 50, (100, 450), {"age_s": [HOT_S, COOL_S, COOL_S], "changed_s": [10, COOL_S, COOL_S]}, (3, 45, 450)),
        (3, 50, (100, 2000), {"ready": [F, T, T]}, (4, 200, 2000)),
        (4, 50, (400, 400), {}, (4, 40, 400)),  # with what is missing it would grow instead of shrink
        (4, 50, (100, 100, 100), {"ready": [F, T, T, T]}, (3, 10, 100)),
        (4, 200, (2600, 2600), {}, (4, 260, 2600)),  # what is missing uses nothing when there shall be more
        (4, 200, (1000, 1000), {}, (3, 100, 1000)),  # and the target, above 100 %, when there shall be fewer
        (10, 56, (150,) * 10, {"request": "300m"}, (9, 50, 150)),
        (10, 55, (150,) * 10, {"request": "300m"}, (10, 50, 150)),
        (3, 50, (333, 333, 333), {}, (2, 33, 333)),  # per cents are cut off, not rounded
        (1, 50, (1000,), {"request": "400m"}, (5, 250, 1000)),
    ],
)
def test_replicas_by_the_share_of_what_is_requested(
    current: int, target: int, levels: tuple[int, ...], more: Obj, expected: tuple[int, int, int]
) -> None:
    """Source: TestReplicaCalc{ScaleUp,ScaleDown,Tolerance,Missing,Superfluous}*."""
    there = max([current, *(len(value) for value in more.values() if isinstance(value, list))])

    count = by_utilization(current, target, pods(there, **{"changed_s": COOL_S, **more}), measured(*levels))

    assert (count.replicas, count.utilization, count.usage) == expected


def test_during_a_rollout_pods_beyond_the_replicas_bring_no_more() -> None:
    """Source: TestReplicaCalcDuringRollingUpdateWithMaxSurge."""
    assert by_utilization(2, 50, pods(3), measured(100, 100)).replicas == 2


@pytest.mark.parametrize(
    ("listed", "metrics", "text"),
    [
        (pods(1), measured(**{"an-older-pod": 100}), "no metrics returned matched known pods"),
        ([], measured(100), "no pods returned by selector while calculating replica count"),
        (pods(2, ready=F), measured(100, 100), "did not receive metrics for targeted pods (pods might be unready)"),
        (pods(1, request=None), measured(200), "missing request for cpu in container main of Pod web-0"),
    ],
)
def test_what_cannot_be_worked_out_is_told(listed: list[Obj], metrics: Any, text: str) -> None:
    """Source: TestReplicaCalc{DisjointResourcesMetrics,EmptyCPURequest}; GetResourceReplicas."""
    with pytest.raises(Uncountable) as told:
        by_utilization(len(listed), 50, listed, metrics)

    assert str(told.value) == text


@pytest.mark.parametrize(
    ("current", "target", "levels", "more", "expected"),
    [
        (3, 15_000, (20_000, 10_000, 30_000), {}, (4, 20_000)),
        (3, 15_000, (50_000, 10_000, 30_000), {"ready": [T, T, F], "age_s": HOT_S}, (6, 30_000)),
        (3, 15_000, (50_000, 15_000, 30_000), {"ready": [F, T, F], "age_s": HOT_S}, (7, 31_666)),
        (5, 20_000, (12_000,) * 5, {}, (3, 12_000)),
        (3, 20_000, (20_000, 21_000, 21_000), {}, (3, 20_666)),
        (1, 4_400, (8_600,), {}, (2, 8_600)),
        (3, 20_000, (30_000,), {"phase": [RUN, WAIT, WAIT]}, (3, 30_000)),
        (3, 10_000, (60_000,), {"phase": [RUN, WAIT, WAIT]}, (6, 60_000)),
        (4, 10_000, (2_000, 2_000), {}, (3, 2_000)),
        (4, 10_000, (60_000, 60_000), {}, (12, 60_000)),
        (2, 10_000, (10_000,), {}, (2, 10_000)),
    ],
)
def test_replicas_by_what_each_shall_have(
    current: int, target: int, levels: tuple[int, ...], more: Obj, expected: tuple[int, int]
) -> None:
    """Source: TestReplicaCalc*CM (podMetric); readiness matters only to cpu."""
    listed = pods(current, **more)

    count = replicas_by_use(current, target, listed, measured(*levels), "", Tolerances(), NOW)

    assert (count.replicas, count.usage, count.utilization) == (*expected, None)


@pytest.mark.parametrize(
    ("current", "target", "usage", "ready", "expected"),
    [
        (3, 15_000, 20_000, [T, T, T], (4, 20_000)),
        (3, 10_000, 50_000, [F, T, F], (5, 50_000)),
        (3, 4_400, 8_600, [F, T, F], (2, 8_600)),
        (5, 20_000, 12_000, [T] * 5, (3, 12_000)),
        (5, 14_334, 8_600, [T] * 5, (3, 8_600)),
        (3, 20_000, 20_666, [T] * 3, (3, 20_666)),
        (3, 8_888, 8_600, [T] * 3, (3, 8_600)),
        (0, 1_000, 2_500, [], (3, 2_500)),  # from nothing, one for each part that was begun
    ],
)
def test_replicas_by_a_value_about_all(
    current: int, target: int, usage: int, ready: list[str], expected: tuple[int, int]
) -> None:
    """Source: TestReplicaCalc*{CMObject,CMExternal}*; only ready Pods count."""
    assert replicas_by_total(current, target, usage, pods(len(ready), ready=ready), Tolerances())[:2] == expected


@pytest.mark.parametrize(
    ("actual", "target", "usage", "expected"),
    [
        (3, 5_000, 20_000, (4, 6_667)),
        (3, 2_150, 8_600, (4, 2_867)),
        (5, 2_000, 6_000, (3, 1_200)),
        (5, 2_867, 8_600, (3, 1_720)),
        (4, 5_000, 20_166, (4, 5_042)),
        (3, 2_900, 8_600, (3, 2_867)),
        (0, 2_000, 5_000, (3, 5_000)),
    ],
)
def test_replicas_by_each_ones_part_of_a_value(actual: int, target: int, usage: int, expected: tuple[int, int]) -> None:
    """Source: TestReplicaCalc*PerPod{CMObject,CMExternal}."""
    assert replicas_by_average(actual, target, usage, Tolerances())[:2] == expected


@pytest.mark.parametrize(
    ("level", "tolerances", "expected"),
    [
        (550, Tolerances(), 10),  # 1.1, just within
        (560, Tolerances(), 12),
        (450, Tolerances(), 10),
        (440, Tolerances(), 9),
        (520, TIGHT, 11),
        (700, LOOSE, 10),
        (300, LOOSE, 10),
        (560, Tolerances(down=0.1, up=0.2), 10),
        (440, Tolerances(down=0.0, up=0.2), 9),
    ],
)
def test_a_small_difference_changes_nothing(level: int, tolerances: Tolerances, expected: int) -> None:
    """Source: Tolerances.isWithin; each way has its own."""
    assert by_utilization(10, 50, pods(10), measured(*[level] * 10), tol=tolerances).replicas == expected


@pytest.mark.parametrize(
    ("one", "metric", "resource", "group"),
    [
        (pod("p", phase="Succeeded"), PodMetric(1, NOW), "memory", "ready"),
        ({**pod("p"), "status": {"phase": RUN, "startTime": "2026-01-01T00:00:00Z"}}, PodMetric(1), "cpu", "unready"),
        ({**pod("p"), "status": {"phase": RUN}}, PodMetric(1), "cpu", "unready"),
        (pod("p", age_s=60, changed_s=30), PodMetric(1, NOW, 30), "cpu", "ready"),
        (pod("p", age_s=60, changed_s=30), PodMetric(1, NOW, 60), "cpu", "unready"),
        (pod("p", age_s=60, changed_s=30, ready=F), PodMetric(1, NOW, 30), "cpu", "unready"),
        (pod("p", age_s=299, changed_s=10), PodMetric(1, NOW, 15), "cpu", "unready"),
        (pod("p", age_s=301, changed_s=10), PodMetric(1, NOW, 15), "cpu", "ready"),
        (pod("p", age_s=600, changed_s=580, ready=F), PodMetric(1, NOW, 60), "cpu", "unready"),  # was never ready
        (pod("p", age_s=600, changed_s=540, ready=F), PodMetric(1, NOW, 60), "cpu", "ready"),  # was ready once
        (pod("p", ready=F, age_s=10, changed_s=10), PodMetric(1, NOW), "memory", "ready"),
        (pod("p"), None, "cpu", "missing"),
        (pod("p", phase=WAIT), None, "cpu", "unready"),
        (pod("p", phase=WAIT), PodMetric(1, NOW), "memory", "unready"),
        (pod("p", phase=DEAD), PodMetric(1, NOW), "cpu", "ignored"),
        (pod("p", leaving=True), PodMetric(1, NOW), "cpu", "ignored"),
        (pod("p", leaving=True, phase=WAIT), None, "cpu", "ignored"),
    ],
)
def test_pods_are_sorted_by_what_their_metrics_are_good_for(
    one: Obj, metric: PodMetric | None, resource: str, group: str
) -> None:
    """Source: TestGroupPods; an initialization of 5 minutes, a readiness that comes within 30 s."""
    groups = group_pods([one], {} if metric is None else {"p": metric}, resource, NOW)

    assert {name for name, found in groups._asdict().items() if found} == {group}


SIDECAR = {"name": "log", "restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}}
INIT = {"name": "init", "resources": {"requests": {"cpu": "9"}}}
MAIN, BARE = {"name": "main", "resources": {"requests": {"cpu": "200m"}}}, {"name": "bare"}


@pytest.mark.parametrize(
    ("spec", "container", "expected"),
    [
        ({"containers": [MAIN]}, "", 200),
        ({"containers": [MAIN, {**MAIN, "name": "two"}]}, "", 400),
        ({"containers": [MAIN], "initContainers": [SIDECAR, INIT]}, "", 250),
        ({"containers": [MAIN], "initContainers": [SIDECAR, INIT]}, "log", 50),
        ({"containers": [MAIN, BARE]}, "main", 200),
        ({"containers": [MAIN], "resources": {"requests": {"cpu": "2"}}}, "", 2000),
        ({"containers": [MAIN], "resources": {"requests": {"cpu": "2"}}}, "main", 200),
        ({"containers": [MAIN, BARE]}, "", "missing request for cpu in container bare of Pod p"),
        ({"containers": [MAIN]}, "ghost", "container ghost not found in Pod p"),
        (
            {"containers": [BARE], "resources": {"requests": {"memory": "1Gi"}}},
            "",
            "missing pod-level request for cpu in Pod p",
        ),
    ],
)
def test_what_a_pod_requests(spec: Obj, container: str, expected: int | str) -> None:
    """Source: TestCalculateRequests."""
    try:
        found: int | str = requests_of([{"metadata": {"name": "p"}, "spec": spec}], "cpu", container)["p"]
    except Uncountable as error:
        found = str(error)

    assert found == expected
