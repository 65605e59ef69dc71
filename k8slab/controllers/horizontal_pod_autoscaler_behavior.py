"""What becomes of the replicas that metrics ask for: held back by a window, slowed down by policies, kept in range.

Source    pkg/controller/podautoscaler/horizontal.go (normalizeDesiredReplicas, normalizeDesiredReplicasWithBehaviors,
          stabilizeRecommendation, convertDesiredReplicasWithBehaviorRate, storeScaleEvent)
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

__all__ = [
    "Change",
    "History",
    "Limited",
    "limited",
    "stabilized",
]

Obj = dict[str, Any]

DOWN_WINDOW_S = 300.0  # --horizontal-pod-autoscaler-downscale-stabilization
UP_FACTOR, UP_LEAST = 2.0, 4.0
HELD_UP = "recent recommendations were lower than current one, applying the lowest recent recommendation"
HELD_DOWN = "recent recommendations were higher than current one, applying the highest recent recommendation"
REASONS = {
    "": "",
    "ScaleUpStabilized": HELD_UP,
    "ScaleDownStabilized": HELD_DOWN,
    "DesiredWithinRange": "the desired count is within the acceptable range",
    "ScaleUpLimit": "the desired replica count is increasing faster than the maximum scale rate",
    "ScaleDownLimit": "the desired replica count is decreasing faster than the maximum scale rate",
    "TooManyReplicas": "the desired replica count is more than the maximum replica count",
    "TooFewReplicas": "the desired replica count is less than the minimum replica count",
}


class Change(NamedTuple):
    """So many replicas, at a moment: recommended, added or taken away."""

    replicas: int
    at: float


class History:
    """What one autoscaler has recommended and done so far; it is lost with the process."""

    def __init__(self) -> None:
        self.recommendations: list[Change] = []
        self.added: list[Change] = []
        self.removed: list[Change] = []

    def begin(self, current: int, now: float) -> None:
        """The first recommendation is what is there."""
        if not self.recommendations:
            self.recommendations.append(Change(current, now))

    def note_step(self, behavior: Obj | None, before: int, after: int, now: float) -> None:
        """Remember a step for as long as a policy asks for it."""
        if behavior is None:
            return
        steps, rules = (self.added, behavior["scaleUp"]) if after > before else (self.removed, behavior["scaleDown"])
        longest_s = max((policy["periodSeconds"] for policy in rules.get("policies") or ()), default=0)
        steps[:] = [*(step for step in steps if step.at >= now - longest_s), Change(abs(after - before), now)]


class Limited(NamedTuple):
    """So many replicas, and the reason and message of what kept it at that."""

    replicas: int
    reason: str = ""

    @property
    def message(self) -> str:
        """The reason in a sentence."""
        return REASONS[self.reason]


def stabilized(history: History, behavior: Obj | None, current: int, desired: int, now: float) -> Limited:
    """The replicas after looking back over the window: the least recommended on the way up, the most on the way down.

    The recommendation is remembered. Without a behavior only the way down is held back.
    """
    if behavior is None:
        recent = [past.replicas for past in history.recommendations if past.at >= now - DOWN_WINDOW_S]
        _remember(history, desired, now, DOWN_WINDOW_S)
        return Limited(max([desired, *recent]), "ScaleDownStabilized")
    up_s, down_s = _window_s(behavior["scaleUp"], 0.0), _window_s(behavior["scaleDown"], DOWN_WINDOW_S)
    past = history.recommendations
    lowest = min([desired, *(one.replicas for one in past if one.at > now - up_s)])
    highest = max([desired, *(one.replicas for one in past if one.at > now - down_s)])
    _remember(history, desired, now, max(up_s, down_s))
    reason = "ScaleUpStabilized" if desired >= current else "ScaleDownStabilized"
    return Limited(min(max(current, lowest), highest), reason)


def limited(history: History, spec: Obj, current: int, desired: int, now: float) -> Limited:
    """The replicas within what the autoscaler's spec allows at this moment, and why not others."""
    behavior, least, most = spec.get("behavior"), spec.get("minReplicas", 1), spec["maxReplicas"]
    if behavior is None:
        ceiling = int(max(UP_FACTOR * current, UP_LEAST))
        return _between(
            desired, (least, "TooFewReplicas"), _lower((most, "TooManyReplicas"), (ceiling, "ScaleUpLimit"))
        )
    if desired > current:
        ceiling = max(_bound(behavior["scaleUp"], current, history, now, is_up=True), current)
        return _between(desired, (0, ""), _lower((most, "TooManyReplicas"), (ceiling, "ScaleUpLimit")))
    if desired < current:
        floor = min(_bound(behavior["scaleDown"], current, history, now, is_up=False), current)
        lowest = (floor, "ScaleDownLimit") if least < floor else (least, "TooFewReplicas")
        return _between(desired, lowest, (current, ""))
    return Limited(desired, "DesiredWithinRange")


Bound = tuple[int, str]


def _between(desired: int, lowest: Bound, highest: Bound) -> Limited:
    if desired < lowest[0]:
        return Limited(*lowest)
    return Limited(*highest) if desired > highest[0] else Limited(desired, "DesiredWithinRange")


def _lower(most: Bound, ceiling: Bound) -> Bound:
    return ceiling if most[0] > ceiling[0] else most


def _window_s(rules: Obj, default_s: float) -> float:
    window_s = rules.get("stabilizationWindowSeconds")
    return default_s if window_s is None else float(window_s)


def _remember(history: History, desired: int, now: float, kept_s: float) -> None:
    kept = [past for past in history.recommendations if past.at >= now - kept_s]
    history.recommendations = [*kept, Change(desired, now)]


def _bound(rules: Obj, current: int, history: History, now: float, *, is_up: bool) -> int:
    """As many, or as few, as the policies let there be; they count from what there was when their periods began."""
    choice = rules.get("selectPolicy", "Max")
    if choice == "Disabled":
        return current
    proposed = []
    for policy in rules["policies"]:
        start = current - _within(policy, history.added, now) + _within(policy, history.removed, now)
        proposed.append(_raised(policy, start) if is_up else _lowered(policy, start))
    return max(proposed) if is_up == (choice == "Max") else min(proposed)


def _within(policy: Obj, steps: list[Change], now: float) -> int:
    return sum(step.replicas for step in steps if step.at > now - policy["periodSeconds"])


def _raised(policy: Obj, start: int) -> int:
    if policy["type"] == "Pods":
        return start + int(policy["value"])
    return math.ceil(start * (1 + int(policy["value"]) / 100))


def _lowered(policy: Obj, start: int) -> int:
    if policy["type"] == "Pods":
        return start - int(policy["value"])
    return int(start * (1 - policy["value"] / 100))
