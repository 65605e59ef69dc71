"""What the Vertical Pod Autoscaler makes of what containers have used.

Source: github.com/kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender/{util,model,logic},
pkg/updater/priority, pkg/utils/vpa; its examples/hamster.yaml, for which it recommends 587m.
"""

from __future__ import annotations

from typing import Any

import pytest
from autoscaled import NOW, pod

from k8slab.controllers.vertical_pod_autoscaler import _spare
from k8slab.controllers.vertical_pod_autoscaler_histogram import DAY_S, ContainerUse, Histogram
from k8slab.controllers.vertical_pod_autoscaler_recommendation import is_due, policy_of, recommendation, resources_for

Obj = dict[str, Any]

MINUTE_S = 60.0


def used(cores: float, size_bytes: float, minutes: int = 1) -> ContainerUse:
    """A container that has used so much all the time."""
    use = ContainerUse()
    for minute in range(minutes):
        use.add("web-0", cores, size_bytes, 0.5, NOW + minute * MINUTE_S)
    return use


@pytest.mark.parametrize(
    ("samples", "share", "expected"),
    [
        ([], 0.9, 0.0),
        ([0.005], 0.9, 0.01),
        ([0.01], 0.9, 0.0205),
        ([0.5], 0.9, 0.5111),
        ([1.0], 0.9, 1.0164),
        ([0.1] * 9 + [1.0], 0.9, 0.1103),
        ([0.1] * 8 + [1.0] * 2, 0.9, 1.0164),
        ([0.1] * 8 + [1.0] * 2, 0.5, 0.1103),
        ([5000.0], 0.9, 1021.1),  # beyond the last bucket
    ],
)
def test_a_percentile_is_the_end_of_a_bucket(samples: list[float], share: float, expected: float) -> None:
    """Source: histogram.go (Percentile), histogram_options.go: from 0.01 cores, each bucket 5 % wider."""
    histogram = Histogram(0.01, 1000.0)
    for value in samples:
        histogram.add(value, 1.0, NOW)

    assert histogram.percentile(share) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(("days", "expected"), [(0, 0.1103), (3, 0.1103), (4, 1.0164), (300, 1.0164)])
def test_the_past_counts_half_each_day(days: int, expected: float) -> None:
    """Source: decaying_histogram.go; ten old samples weigh less than one new one after four days."""
    histogram = Histogram(0.01, 1000.0)
    histogram.add(0.1, 10.0, NOW)

    histogram.add(1.0, 1.0, NOW + days * DAY_S)

    assert histogram.percentile(0.5) == pytest.approx(expected, rel=0.01)


def test_of_memory_the_peak_of_each_day_counts() -> None:
    """Source: container.go (addMemorySample): an hour of little use does not hide a moment of much."""
    use = used(0.1, 1e8, minutes=60)

    use.add("web-0", 0.1, 9e8, 0.5, NOW + 3600)
    use.add("web-0", 0.1, 1e8, 0.5, NOW + 3660)

    assert use.memory.percentile(0.5) == pytest.approx(9e8, rel=0.06)


@pytest.mark.parametrize(
    ("cores", "size_bytes", "minutes", "containers", "bound", "expected"),
    [
        (0.5, 5e7, 60, 1, "target", {"cpu": "587m", "memory": "262144k"}),
        (0.001, 1e6, 60, 1, "target", {"cpu": "25m", "memory": "262144k"}),
        (0.001, 1e6, 60, 2, "target", {"cpu": "12m", "memory": "131072k"}),
        (1.0, 5e8, 60, 1, "target", {"cpu": "1168m", "memory": "587804717"}),
        (0.5, 5e7, 1440, 1, "lowerBound", {"cpu": "586m", "memory": "262144k"}),
        (0.5, 5e7, 1441, 1, "upperBound", {"cpu": "1175m", "memory": "262144k"}),
        (0.5, 5e7, 10, 1, "lowerBound", {"cpu": "436m", "memory": "262144k"}),
    ],
)
def test_what_is_recommended(
    cores: float, size_bytes: float, minutes: int, containers: int, bound: str, expected: Obj
) -> None:
    """Source: recommender.go: percentiles and 15 %; estimator.go: wider bounds while little is known."""
    told = recommendation("main", used(cores, size_bytes, minutes), containers, {})

    assert told[bound] == expected


@pytest.mark.parametrize(
    ("policy", "target"),
    [
        ({"minAllowed": {"cpu": "1"}}, {"cpu": "1", "memory": "262144k"}),
        ({"maxAllowed": {"cpu": "100m", "memory": "100M"}}, {"cpu": "100m", "memory": "100M"}),
        ({"controlledResources": ["cpu"]}, {"cpu": "587m"}),
    ],
)
def test_a_policy_caps_it(policy: Obj, target: Obj) -> None:
    """Source: capping.go; the uncapped target is told all the same."""
    told = recommendation("main", used(0.5, 5e7, 60), 1, policy)

    assert (told["target"], told["uncappedTarget"]["cpu"]) == (target, "587m")


def test_a_policy_of_a_container_goes_before_that_of_all() -> None:
    policies = [{"containerName": "*", "mode": "Off"}, {"containerName": "main", "mode": "Auto"}]
    vpa = {"spec": {"resourcePolicy": {"containerPolicies": policies}}}

    assert [policy_of(vpa, name).get("mode") for name in ("main", "side")] == ["Auto", "Off"]


@pytest.mark.parametrize(
    ("before", "policy", "after"),
    [
        ({}, {}, {"requests": {"cpu": "500m"}}),
        (
            {"requests": {"cpu": "250m"}, "limits": {"cpu": "1"}},
            {},
            {"requests": {"cpu": "500m"}, "limits": {"cpu": "2"}},
        ),
        (
            {"requests": {"cpu": "250m"}, "limits": {"cpu": "1"}},
            {"controlledValues": "RequestsOnly"},
            {"requests": {"cpu": "500m"}, "limits": {"cpu": "1"}},
        ),
        ({"limits": {"cpu": "1"}}, {}, {"requests": {"cpu": "500m"}, "limits": {"cpu": "500m"}}),
        ({"requests": {"memory": "1Gi"}}, {}, {"requests": {"memory": "1Gi", "cpu": "500m"}}),
    ],
)
def test_limits_keep_their_ratio_to_requests(before: Obj, policy: Obj, after: Obj) -> None:
    """Source: limit_and_request_scaling.go."""
    assert resources_for({"name": "main", "resources": before}, {"cpu": "500m"}, policy) == after


@pytest.mark.parametrize(
    ("request_", "age_s", "expected"),
    [("100m", 60, True), ("3", 60, True), ("900m", 60, False), ("900m", 13 * 3600, True), ("990m", 13 * 3600, False)],
)
def test_a_pod_is_due_when_it_asks_for_far_too_much_or_little(request_: str, age_s: float, expected: bool) -> None:
    """Source: update_priority_calculator.go: beyond the bounds at once, by a tenth after twelve hours."""
    bounds = {"lowerBound": {"cpu": "500m"}, "target": {"cpu": "1"}, "upperBound": {"cpu": "2"}}

    assert is_due(pod("web-0", request=request_, age_s=age_s), [{"containerName": "main", **bounds}], NOW) is expected


@pytest.mark.parametrize(
    ("wanted", "live", "expected"), [(1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 4, 2), (4, 3, 1), (4, 2, 0), (10, 10, 5)]
)
def test_half_of_the_pods_may_be_away(wanted: int, live: int, expected: int) -> None:
    """Source: pkg/updater/restriction (evictionToleranceFraction 0.5)."""
    assert _spare(wanted, live) == expected
