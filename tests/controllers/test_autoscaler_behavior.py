"""What becomes of the replicas that metrics ask for: windows, policies, limits.

Source: pkg/controller/podautoscaler/horizontal_test.go (TestConvertDesiredReplicasWithRules, TestScalingWithRules,
TestNormalizeDesiredReplicas, TestScaleDownStabilize…); kubernetes.io, "Horizontal Pod Autoscaling", "Configurable
scaling behavior".
"""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.controllers.horizontal_pod_autoscaler_behavior import Change, History, limited, stabilized

Obj = dict[str, Any]

NOW = 10_000.0
FAST_UP = [{"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15}]
ALL_DOWN = [{"type": "Percent", "value": 100, "periodSeconds": 15}]


def rules(policies: list[Obj], window_s: int | None = None, select: str = "Max") -> Obj:
    """One direction of a behavior."""
    given: Obj = {"policies": policies, "selectPolicy": select}
    return given if window_s is None else {**given, "stabilizationWindowSeconds": window_s}


def behavior(up: Obj | None = None, down: Obj | None = None) -> Obj:
    """A behavior as the server fills it in."""
    return {"scaleUp": up or rules(FAST_UP, 0), "scaleDown": down or rules(ALL_DOWN)}


def pods(value: int, period_s: int = 60) -> Obj:
    return {"type": "Pods", "value": value, "periodSeconds": period_s}


def percent(value: int, period_s: int = 60) -> Obj:
    return {"type": "Percent", "value": value, "periodSeconds": period_s}


def ago(*changes: tuple[int, float]) -> list[Change]:
    """So many replicas, so many seconds ago."""
    return [Change(replicas, NOW - seconds) for replicas, seconds in changes]


def history(recommended: list[Change] = (), added: list[Change] = (), removed: list[Change] = ()) -> History:  # type: ignore[assignment]
    """What an autoscaler remembers."""
    past = History()
    past.recommendations, past.added, past.removed = list(recommended), list(added), list(removed)
    return past


@pytest.mark.parametrize(
    ("current", "desired", "least", "most", "expected"),
    [
        (7, 10, 3, 8, (8, "TooManyReplicas")),
        (7, 7, 3, 8, (7, "DesiredWithinRange")),
        (7, 2, 3, 8, (3, "TooFewReplicas")),
        (10, 1, 2, 15, (2, "TooFewReplicas")),
        (2, 1000, 1, 1000, (4, "ScaleUpLimit")),
        (1, 1000, 1, 2000, (4, "ScaleUpLimit")),
        (3, 1000, 1, 2000, (6, "ScaleUpLimit")),
        (10, 1000, 1, 1000, (20, "ScaleUpLimit")),
        (1, 4, 1, 4, (4, "DesiredWithinRange")),
        (3, 7, 1, 6, (6, "TooManyReplicas")),
        (20, 1, 1, 20, (1, "DesiredWithinRange")),
    ],
)
def test_without_a_behavior_the_replicas_at_most_double_or_come_to_four(
    current: int, desired: int, least: int, most: int, expected: tuple[int, str]
) -> None:
    """Source: TestConvertDesiredReplicasWithRules, calculateScaleUpLimit."""
    spec = {"minReplicas": least, "maxReplicas": most}

    assert limited(History(), spec, current, desired, NOW) == expected


@pytest.mark.parametrize(
    ("up", "past", "current", "desired", "expected"),
    [
        (rules(FAST_UP), {}, 1, 100, (5, "ScaleUpLimit")),
        (rules(FAST_UP), {}, 3, 100, (7, "ScaleUpLimit")),
        (rules(FAST_UP), {}, 10, 100, (20, "ScaleUpLimit")),
        (rules(FAST_UP), {}, 10, 14, (14, "DesiredWithinRange")),
        (rules([pods(2)]), {}, 10, 100, (12, "ScaleUpLimit")),
        (rules([percent(50)]), {}, 5, 100, (8, "ScaleUpLimit")),  # 7.5, rounded up
        (rules([percent(1)]), {}, 5, 100, (6, "ScaleUpLimit")),
        (rules([pods(2), percent(50)], select="Max"), {}, 10, 100, (15, "ScaleUpLimit")),
        (rules([pods(2), percent(50)], select="Min"), {}, 10, 100, (12, "ScaleUpLimit")),
        (rules([pods(2)], select="Disabled"), {}, 10, 100, (10, "ScaleUpLimit")),
        (rules([pods(4)]), {"added": ago((3, 30))}, 10, 100, (11, "ScaleUpLimit")),
        (rules([pods(4)]), {"added": ago((3, 61))}, 10, 100, (14, "ScaleUpLimit")),
        (rules([pods(4)]), {"added": ago((3, 60))}, 10, 100, (14, "ScaleUpLimit")),  # the period is over
        (rules([pods(4)]), {"added": ago((9, 30))}, 10, 100, (10, "ScaleUpLimit")),  # nor is it taken back
        (rules([pods(4)]), {"removed": ago((3, 30))}, 10, 100, (17, "ScaleUpLimit")),
        (rules([percent(100)]), {"added": ago((5, 30), (2, 10))}, 12, 100, (12, "ScaleUpLimit")),
        (rules([pods(4, 15), percent(10, 600)]), {"added": ago((5, 100))}, 12, 100, (16, "ScaleUpLimit")),
        (rules([pods(200)]), {}, 10, 150, (100, "TooManyReplicas")),
        (rules([pods(90)]), {}, 10, 101, (100, "TooManyReplicas")),
    ],
)
def test_policies_set_how_fast_it_may_grow(
    up: Obj, past: Obj, current: int, desired: int, expected: tuple[int, str]
) -> None:
    """Source: TestScalingWithRules, calculateScaleUpLimitWithScalingRules; at most 100 replicas."""
    spec = {"minReplicas": 1, "maxReplicas": 100, "behavior": behavior(up=up)}

    assert limited(history(**past), spec, current, desired, NOW) == expected


@pytest.mark.parametrize(
    ("down", "past", "current", "desired", "expected"),
    [
        (rules(ALL_DOWN), {}, 100, 5, (5, "DesiredWithinRange")),
        (rules(ALL_DOWN), {}, 100, 1, (2, "TooFewReplicas")),
        (rules([pods(4)]), {}, 10, 1, (6, "ScaleDownLimit")),
        (rules([percent(10)]), {}, 80, 1, (72, "ScaleDownLimit")),
        (rules([percent(10)]), {"removed": ago((8, 30))}, 72, 1, (72, "ScaleDownLimit")),
        (rules([percent(10)]), {"removed": ago((8, 61))}, 72, 1, (64, "ScaleDownLimit")),  # 64.8, cut off
        (rules([pods(4), percent(10)], select="Max"), {}, 80, 1, (72, "ScaleDownLimit")),
        (rules([pods(4), percent(10)], select="Min"), {}, 80, 1, (76, "ScaleDownLimit")),
        (rules([pods(4), percent(10)], select="Max"), {}, 10, 1, (6, "ScaleDownLimit")),
        (rules([pods(4)], select="Disabled"), {}, 10, 1, (10, "ScaleDownLimit")),
        (rules([pods(4)]), {"added": ago((3, 30))}, 10, 1, (3, "ScaleDownLimit")),
        (rules([pods(4)]), {"removed": ago((9, 30))}, 10, 1, (10, "ScaleDownLimit")),
        (rules([pods(9)]), {}, 10, 1, (2, "TooFewReplicas")),
        (rules([pods(1)]), {}, 10, 10, (10, "DesiredWithinRange")),
    ],
)
def test_policies_set_how_fast_it_may_shrink(
    down: Obj, past: Obj, current: int, desired: int, expected: tuple[int, str]
) -> None:
    """Source: TestScalingWithRules, calculateScaleDownLimitWithBehaviors; at least 2 replicas."""
    spec = {"minReplicas": 2, "maxReplicas": 100, "behavior": behavior(down=down)}

    assert limited(history(**past), spec, current, desired, NOW) == expected


@pytest.mark.parametrize(
    ("given", "recommended", "current", "desired", "expected"),
    [
        (None, [], 5, 3, 3),
        (None, ago((8, 299)), 8, 3, 8),
        (None, ago((8, 300)), 8, 3, 8),
        (None, ago((8, 301)), 8, 3, 3),
        (None, ago((8, 200), (5, 100)), 8, 3, 8),
        (None, ago((2, 100)), 3, 8, 8),  # the way up waits for nothing
        (behavior(), ago((8, 299)), 8, 3, 8),
        (behavior(), ago((8, 300)), 8, 3, 3),
        (behavior(), ago((2, 5)), 3, 8, 8),
        (behavior(down=rules(ALL_DOWN, 60)), ago((8, 61)), 8, 3, 3),
        (behavior(down=rules(ALL_DOWN, 60)), ago((8, 59)), 8, 3, 8),
        (behavior(down=rules(ALL_DOWN, 0)), ago((8, 1)), 8, 3, 3),
        (behavior(up=rules(FAST_UP, 60)), ago((2, 59)), 3, 8, 3),  # but never below what there is
        (behavior(up=rules(FAST_UP, 60)), ago((5, 59), (6, 30)), 3, 8, 5),
        (behavior(up=rules(FAST_UP, 60)), ago((5, 61), (6, 30)), 3, 8, 6),
        (behavior(up=rules(FAST_UP, 60), down=rules(ALL_DOWN, 300)), ago((9, 100), (5, 10)), 7, 6, 7),
    ],
)
def test_a_window_holds_back(
    given: Obj | None, recommended: list[Change], current: int, desired: int, expected: int
) -> None:
    """Source: TestNormalizeDesiredReplicas, TestScaleDownStabilization, stabilizeRecommendationWithBehaviors."""
    past = history(recommended)

    assert stabilized(past, given, current, desired, NOW).replicas == expected
    assert past.recommendations[-1] == (desired, NOW)


def test_what_is_too_old_to_matter_is_forgotten() -> None:
    past = history(ago((8, 301), (7, 299)), added=ago((1, 61), (2, 59)), removed=ago((5, 100)))

    stabilized(past, None, 3, 3, NOW)
    past.note_step(behavior(up=rules([pods(4)])), 3, 5, NOW)

    assert past.recommendations == [*ago((7, 299)), (3, NOW)]
    assert (past.added, past.removed) == ([*ago((2, 59)), (2, NOW)], ago((5, 100)))


def test_without_policies_no_step_is_remembered() -> None:
    """Source: storeScaleEvent."""
    past = History()

    past.note_step(None, 3, 5, NOW)

    assert (past.added, past.removed) == ([], [])
