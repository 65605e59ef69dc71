"""HorizontalPodAutoscalers: what a look at one finds, writes and says.

Source: pkg/controller/podautoscaler/horizontal.go, horizontal_test.go.
"""

from __future__ import annotations

from typing import Any

import pytest
from autoscaled import autoscaler, utilization
from bench import Bench, deployment, pods_of, replicaset

from k8slab.api.measurements import Place
from k8slab.client import After
from k8slab.controllers import HorizontalPodAutoscalerController
from k8slab.controllers.horizontal_pod_autoscaler_metrics import PodMetric, Unmeasured
from k8slab.objects import get_condition
from k8slab.wire import Conflict

Obj = dict[str, Any]

CONTROLLER = HorizontalPodAutoscalerController
STATUS, SCALE = "update horizontalpodautoscalers/web/status", "update Deployment/web/scale"
WITHIN = ("False", "DesiredWithinRange")
CPU = "cpu resource utilization (percentage of request)"


class Use:
    """Stands in for the resource metrics API: every Pod uses the same."""

    def __init__(self, bench: Bench, **usage: int) -> None:
        self.usage, self.bench, self.asked = usage, bench, bench.controller.metrics
        bench.controller.metrics = self

    def resource(self, name: str, namespace: str, selector: str, container: str = "") -> dict[str, PodMetric]:
        if name not in self.usage:
            raise Unmeasured("no metrics returned from resource metrics API")
        pods = self.bench.client.list("Pod", namespace, labels=selector)
        return {pod["metadata"]["name"]: PodMetric(self.usage[name], self.bench.loop.now) for pod in pods}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.asked, name)


def given_web(bench: Bench, replicas: int, request: str | None = "1") -> Obj:
    """A Deployment whose Pods have run for long."""
    web = bench.given({**deployment("web", replicas), "status": {"replicas": replicas}})
    requests = {} if request is None else {"requests": {"cpu": request, "memory": "1Gi"}}
    for pod in pods_of(web, replicas):
        pod["spec"] = {"containers": [{"name": "main", "image": "nginx", "resources": requests}]}
        pod["status"]["startTime"] = "2026-01-01T00:00:00Z"
        bench.given(pod)
    bench.loop.run_until(bench.loop.now + 600)
    found: Obj = web
    return found


def status_of(bench: Bench, name: str = "web") -> Obj:
    status: Obj = bench.client.get("HorizontalPodAutoscaler", name, "default")["status"]
    return status


def condition(bench: Bench, type: str, name: str = "web") -> tuple[str, str] | None:
    """Status and reason of a condition."""
    found = get_condition(bench.client.get("HorizontalPodAutoscaler", name, "default"), type)
    return None if found is None else (found["status"], found["reason"])


def replicas(bench: Bench) -> int:
    found: int = bench.client.get("Deployment", "web", "default")["spec"]["replicas"]
    return found


@pytest.mark.parametrize(
    ("there", "cpu", "spec", "expected", "reason"),
    [
        (3, 1000, {}, 6, f"{CPU} above target"),
        (3, 1000, {"most": 5}, 5, f"{CPU} above target"),
        (3, 9000, {"most": 100}, 6, f"{CPU} above target"),
        (3, 700, {"most": 100}, 5, f"{CPU} above target"),
        (7, 0, {"most": 5}, 5, "Current number of replicas above Spec.MaxReplicas"),
        (1, 0, {"least": 2}, 2, "Current number of replicas below Spec.MinReplicas"),
        (3, 1000, {"behavior": {"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}}}, 4,
         f"{CPU} above target"),
        (3, 100, {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}, 1, "All metrics below target"),
        (3, 500, {"behavior": {"scaleUp": {"tolerance": "0"}}}, None, ""),
        (3, 540, {"behavior": {"scaleUp": {"tolerance": "50m"}}}, 4, f"{CPU} above target"),
        (3, 540, {}, None, ""),
        (3, 100, {}, None, ""),  # what was there a moment ago holds it back
    ],
)  # fmt: skip
def test_a_look_brings_the_target_to_its_size(
    bench: Bench, there: int, cpu: int, spec: Obj, expected: int | None, reason: str
) -> None:
    """Source: TestScaleUp, TestScaleDown, TestUpscaleCap, TestMaxReplicas, TestMinReplicas, TestTolerance."""
    given_web(bench, there)
    Use(bench, cpu=cpu)
    bench.given(autoscaler(**spec))

    bench.reconcile("default/web")

    assert replicas(bench) == (there if expected is None else expected)
    assert bench.writes == ([STATUS] if expected is None else [SCALE, STATUS])
    assert bench.events() == ([f"SuccessfulRescale: New size: {expected}; reason: {reason}"] if expected else [])


def test_the_status_tells_it_all(bench: Bench) -> None:
    """Source: autoscaling/v2 HorizontalPodAutoscalerStatus; setStatus."""
    given_web(bench, 3)
    Use(bench, cpu=1000)
    bench.given(autoscaler(most=5))

    bench.reconcile("default/web")

    moment, limit = "2026-01-01T00:10:00Z", "the desired replica count is more than the maximum replica count"
    current = {"averageUtilization": 100, "averageValue": "1"}
    told = [
        ("AbleToScale", "SucceededRescale", "the HPA controller was able to update the target scale to 5"),
        ("ScalingActive", "ValidMetricFound", f"the HPA was able to successfully calculate a replica count from {CPU}"),
        ("ScalingLimited", "TooManyReplicas", limit),
    ]
    assert status_of(bench) == {
        "currentReplicas": 3,
        "desiredReplicas": 5,
        "lastScaleTime": moment,
        "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": current}}],
        "conditions": [
            {"type": type, "status": "True", "lastTransitionTime": moment, "reason": reason, "message": message}
            for type, reason, message in told
        ],
    }


@pytest.mark.parametrize(
    ("cpu", "able", "active", "bound"),
    [
        (500, ("True", "ReadyForNewScale"), ("True", "ValidMetricFound"), WITHIN),
        (100, ("True", "ScaleDownStabilized"), ("True", "ValidMetricFound"), WITHIN),
        (700, ("True", "SucceededRescale"), ("True", "ValidMetricFound"), WITHIN),
        (9000, ("True", "SucceededRescale"), ("True", "ValidMetricFound"), ("True", "ScaleUpLimit")),
        (1700, ("True", "SucceededRescale"), ("True", "ValidMetricFound"), ("True", "ScaleUpLimit")),
        (None, ("True", "SucceededGetScale"), ("False", "FailedGetResourceMetric"), None),
    ],
)
def test_three_conditions(bench: Bench, cpu: int | None, able: Any, active: Any, bound: Any) -> None:
    """Source: TestConditions*; at most ten replicas, three are there."""
    given_web(bench, 3)
    Use(bench, **({} if cpu is None else {"cpu": cpu}))
    bench.given(autoscaler())

    bench.reconcile("default/web")

    types = ("AbleToScale", "ScalingActive", "ScalingLimited")
    assert [condition(bench, type) for type in types] == [able, active, bound]


def test_nothing_at_all_is_not_scaled(bench: Bench) -> None:
    """Source: TestZeroReplicas."""
    given_web(bench, 0)
    bench.given(autoscaler())

    bench.reconcile("default/web")

    assert condition(bench, "ScalingActive") == ("False", "ScalingDisabled")
    assert (bench.writes, replicas(bench), status_of(bench)["desiredReplicas"]) == ([STATUS], 0, 0)


def test_without_requests_there_is_no_utilization(bench: Bench) -> None:
    """Source: TestEmptyCPURequest; kubernetes.io, "Support for resource metrics"."""
    given_web(bench, 1, request=None)
    Use(bench, cpu=100)
    bench.given(autoscaler())

    bench.reconcile("default/web")

    problem = "failed to get cpu utilization: missing request for cpu in container main of Pod web-0"
    first = f"invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: {problem}"
    assert bench.events() == [f"FailedGetResourceMetric: {problem}", f"FailedComputeMetricsReplicas: {first}"]
    assert condition(bench, "ScalingActive") == ("False", "FailedGetResourceMetric")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"apiVersion": "apps/v1", "kind": "Deployment", "name": "ghost"}, 'deployments.apps "ghost" not found'),
        ({"apiVersion": "apps/v1", "kind": "Ghost", "name": "web"}, 'no matches for kind "Ghost" in group "apps"'),
        ({"apiVersion": "a/b/c", "kind": "Deployment", "name": "web"}, "unexpected GroupVersion string: a/b/c"),
        ({"apiVersion": "v1", "kind": "Deployment", "name": "web"}, 'no matches for kind "Deployment" in group ""'),
        (
            {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "web"},
            "the server could not find the requested resource",
        ),
    ],
)
def test_a_target_that_cannot_be_scaled_is_told_of(bench: Bench, target: Obj, message: str) -> None:
    """Source: TestConditionInvalidGetScale; reconcileAutoscaler."""
    bench.given(autoscaler(scaleTargetRef=target))

    again = bench.reconcile("default/web")

    assert bench.events() == [f"FailedGetScale: {message}"]
    assert condition(bench, "AbleToScale") == ("False", "FailedGetScale")
    assert again.seconds == 15


def memory(average: str) -> Obj:
    return {
        "type": "Resource",
        "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": average}},
    }


def cpu(percent: int) -> Obj:
    return {"type": "Resource", "resource": {"name": "cpu", "target": utilization(percent)}}


def container_cpu(container: str, percent: int) -> Obj:
    source = {"name": "cpu", "container": container, "target": utilization(percent)}
    return {"type": "ContainerResource", "containerResource": source}


@pytest.mark.parametrize(
    ("metrics", "usage", "expected", "active"),
    [
        ([cpu(50), memory("1Gi")], {"cpu": 1000, "memory": 2**30 * 1000}, 6, "ValidMetricFound"),
        ([cpu(50), memory("512Mi")], {"cpu": 600, "memory": 2**30 * 1000}, 6, "ValidMetricFound"),
        ([memory("512Mi"), cpu(50)], {"cpu": 600, "memory": 2**30 * 1000}, 6, "ValidMetricFound"),
        ([cpu(50), memory("1Gi")], {"cpu": 1000}, 6, "ValidMetricFound"),  # one is enough to grow
        ([memory("1Gi"), cpu(50)], {"cpu": 1000}, 6, "ValidMetricFound"),
        ([cpu(50), memory("1Gi")], {"cpu": 100}, 3, "FailedGetResourceMetric"),  # and too few to shrink
        ([cpu(50), memory("1Gi")], {}, 3, "FailedGetResourceMetric"),
    ],
)
def test_of_several_metrics_the_highest_wins(
    bench: Bench, metrics: list[Obj], usage: Obj, expected: int, active: str
) -> None:
    """Source: TestScaleUpMultipleMetrics, TestMoreReplicasThanSpecNoScale, computeReplicasForMetrics."""
    given_web(bench, 3)
    Use(bench, **usage)
    down = {"scaleDown": {"stabilizationWindowSeconds": 0}}
    bench.given(autoscaler(metrics=metrics, behavior=down))

    bench.reconcile("default/web")

    found = condition(bench, "ScalingActive")
    assert (replicas(bench), found and found[1]) == (expected, active)


def measure(bench: Bench) -> None:
    """Fifteen requests a second in each Pod, 200 hits of the Deployment, 300 orders that wait."""
    measurements = bench.api.measurements
    measurements.set("rps", 15, Place("pods", "default", "*"), {})
    measurements.set("hits", 200, Place("Deployment", "default", "web"), {})
    measurements.set("waiting", 300, Place(""), {"queue": "orders"})
    measurements.set("waiting", 9000, Place(""), {"queue": "mail"})


WEB = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
ORDERS = {"name": "waiting", "selector": {"matchLabels": {"queue": "orders"}}}
ORDERS_TEXT = (
    "&LabelSelector{MatchLabels:map[string]string{queue: orders,},MatchExpressions:[]LabelSelectorRequirement{},}"
)


def average(value: Any) -> Obj:
    return {"type": "AverageValue", "averageValue": value}


@pytest.mark.parametrize(
    ("metric", "expected", "name", "current"),
    [
        ({"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": average("10")}}, 5, "pods metric rps",
         {"averageValue": "15"}),
        ({"type": "Object", "object": {"metric": {"name": "hits"}, "describedObject": WEB,
                                       "target": {"type": "Value", "value": "150"}}}, 4, "Deployment metric hits",
         {"value": "200"}),
        ({"type": "Object", "object": {"metric": {"name": "hits"}, "describedObject": WEB, "target": average("50")}}, 4,
         "external metric hits(nil)", {"averageValue": "66667m"}),
        ({"type": "External", "external": {"metric": ORDERS, "target": average("60")}}, 5,
         f"external metric waiting({ORDERS_TEXT})", {"averageValue": "100"}),
        ({"type": "External", "external": {"metric": ORDERS, "target": {"type": "Value", "value": "200"}}}, 5,
         f"external metric waiting({ORDERS_TEXT})", {"value": "300"}),
        ({"type": "External", "external": {"metric": {"name": "waiting"}, "target": average("2k")}}, 5,
         "external metric waiting(nil)", {"averageValue": "3100"}),
    ],
)  # fmt: skip
def test_metrics_that_others_measure(bench: Bench, metric: Obj, expected: int, name: str, current: Obj) -> None:
    """Source: TestScaleUp{CM,CMObject,PerPodCMObject,CMExternal,PerPodCMExternal}."""
    given_web(bench, 3)
    measure(bench)
    bench.given(autoscaler(metrics=[metric]))

    bench.reconcile("default/web")

    assert bench.events() == [f"SuccessfulRescale: New size: {expected}; reason: {name} above target"]
    told = status_of(bench)["currentMetrics"][0]
    assert next(part for part in told.values() if isinstance(part, dict))["current"] == current


NO_CUSTOM = "unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered"


@pytest.mark.parametrize(
    ("metric", "reason", "told", "text"),
    [
        ({"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": average("10")}}, "FailedGetPodsMetric",
         f"unable to get metric rps: {NO_CUSTOM}", "failed to get pods metric value: "),
        ({"type": "Object", "object": {"metric": {"name": "hits"}, "describedObject": WEB,
                                       "target": {"type": "Value", "value": "150"}}}, "FailedGetObjectMetric",
         f"unable to get metric hits: Deployment default/web/{NO_CUSTOM}", "failed to get object metric value: "),
        ({"type": "External", "external": {"metric": ORDERS, "target": average("60")}}, "FailedGetExternalMetric",
         "failed to get waiting external metric: unable to get external metric default/waiting/"
         f"{ORDERS_TEXT}: unable to fetch metrics from external metrics API: the server could not find the requested "
         "resource (get waiting.external.metrics.k8s.io)", "failed to get waiting external metric value: "),
        (cpu(50), "FailedGetResourceMetric",
         "failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource "
         "metrics API: the server is currently unable to handle the request (get pods.metrics.k8s.io)",
         "failed to get cpu resource metric value: "),
        (memory("1Gi"), "FailedGetResourceMetric",
         "failed to get memory usage: unable to get metrics for resource memory: unable to fetch metrics from resource "
         "metrics API: the server is currently unable to handle the request (get pods.metrics.k8s.io)",
         "failed to get memory resource metric value: "),
        (container_cpu("main", 50), "FailedGetContainerResourceMetric",
         "failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource "
         "metrics API: the server is currently unable to handle the request (get pods.metrics.k8s.io)",
         "failed to get main container metric value: "),
    ],
)  # fmt: skip
def test_metrics_that_nobody_measures(bench: Bench, metric: Obj, reason: str, told: str, text: str) -> None:
    """Source: computeStatusFor*Metric; the texts are those of kubectl describe hpa."""
    given_web(bench, 3)
    bench.given(autoscaler(metrics=[metric]))

    bench.reconcile("default/web")

    found = get_condition(bench.client.get("HorizontalPodAutoscaler", "web", "default"), "ScalingActive")
    message = f"invalid metrics (1 invalid out of 1), first error is: {text}{told}"
    assert bench.events() == [f"{reason}: {told}", f"FailedComputeMetricsReplicas: {message}"]
    assert found is not None and found["message"] == f"the HPA was unable to compute the replica count: {told}"
    assert status_of(bench)["currentMetrics"] == [{"type": ""}]


def test_two_autoscalers_of_the_same_pods_are_told_of_each_other(bench: Bench) -> None:
    """Source: TestHPAsAmbiguousSelector; the first to be looked at still scales, as upstream."""
    given_web(bench, 3)
    Use(bench, cpu=1000)
    bench.given(autoscaler(), autoscaler("web-too"))

    for name in ("web", "web-too", "web"):
        bench.reconcile(f"default/{name}")

    told = "pods by selector app=web are controlled by multiple HPAs: [default/web default/web-too]"
    assert f"AmbiguousSelector: {told}" in bench.events()
    assert [condition(bench, "ScalingActive", name) for name in ("web", "web-too")] == [
        ("False", "AmbiguousSelector")
    ] * 2
    assert replicas(bench) == 6


def test_an_autoscaler_that_is_gone_disturbs_no_other(bench: Bench) -> None:
    given_web(bench, 3)
    Use(bench, cpu=500)
    bench.given(autoscaler(), autoscaler("web-too"))
    for name in ("web", "web-too"):
        bench.reconcile(f"default/{name}")
    bench.client.delete("HorizontalPodAutoscaler", "web", "default")
    bench.reconcile("default/web")

    bench.reconcile("default/web-too")

    assert condition(bench, "ScalingActive", "web-too") == ("True", "ValidMetricFound")


@pytest.mark.parametrize("kind", ["ReplicaSet", "StatefulSet"])
def test_other_kinds_with_a_scale_are_scaled_too(bench: Bench, kind: str) -> None:
    Use(bench, cpu=0)
    extra = {"serviceName": "web"} if kind == "StatefulSet" else {}
    bench.given({**replicaset("web", 9, **extra), "kind": kind})
    bench.given(autoscaler(kind=kind, most=5))

    bench.reconcile("default/web")

    assert bench.client.get(kind, "web", "default")["spec"]["replicas"] == 5


def test_a_status_that_is_true_is_left_alone(bench: Bench) -> None:
    given_web(bench, 3)
    Use(bench, cpu=500)
    bench.given(autoscaler())
    bench.reconcile("default/web")

    again = bench.reconcile("default/web")

    assert (bench.writes, again) == ([], After(15.0, background=True))


@pytest.mark.parametrize(("usage", "is_background"), [({"cpu": 1000}, False), ({"cpu": 500}, True), ({}, False)])
def test_a_cluster_waits_for_what_is_still_to_change(bench: Bench, usage: Obj, is_background: bool) -> None:
    """After a step, and while metrics may still come, the next look is one to wait for."""
    given_web(bench, 3)
    Use(bench, **usage)
    bench.given(autoscaler())

    assert bench.reconcile("default/web") == After(15.0, background=is_background)


def test_who_never_gets_metrics_is_not_waited_for(bench: Bench) -> None:
    given_web(bench, 3)
    Use(bench)
    bench.given(autoscaler())

    looks = [bench.reconcile("default/web").background for _ in range(6)]

    assert looks == [False, False, False, False, True, True]


def test_replicas_go_down_when_the_window_is_over(bench: Bench) -> None:
    """Source: kubernetes.io, "Stabilization window": 300 s, by default."""
    given_web(bench, 5)
    Use(bench, cpu=100)
    bench.given(autoscaler())

    found = []
    for _ in range(22):
        bench.reconcile("default/web")
        found.append(replicas(bench))
        bench.loop.run_until(bench.loop.now + 15)

    assert found == [5] * 21 + [1]


def test_a_refused_scale_is_told_of(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: TestConditionFailedUpdateScale."""
    given_web(bench, 3)
    Use(bench, cpu=1000)
    bench.given(autoscaler())

    def refuse(kind: str, scale: Obj) -> Obj:
        raise Conflict("the object has been modified")

    monkeypatch.setattr(bench.controller.client, "update_scale", refuse)

    bench.reconcile("default/web")

    told = f"New size: 6; reason: {CPU} above target; error: the object has been modified"
    assert condition(bench, "AbleToScale") == ("False", "FailedUpdateScale")
    assert (bench.events(), bench.writes) == ([f"FailedRescale: {told}"], [STATUS])
