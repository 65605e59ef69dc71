"""The status of an autoscaler while it is worked out: conditions, counts and current metrics.

Source    pkg/controller/podautoscaler/horizontal.go (setCondition, setStatus)
"""

from __future__ import annotations

from typing import Any

from k8slab.objects import rfc3339, with_condition

__all__ = [
    "Draft",
]

Obj = dict[str, Any]

SENTENCES = {
    "SucceededGetScale": "the HPA controller was able to get the target's current scale",
    "FailedGetScale": "the HPA controller was unable to get the target's current scale: {}",
    "SucceededRescale": "the HPA controller was able to update the target scale to {}",
    "FailedUpdateScale": "the HPA controller was unable to update the target scale: {}",
    "ReadyForNewScale": "recommended size matches current size",
    "ScalingDisabled": "scaling is disabled since the replica count of the target is zero",
    "ValidMetricFound": "the HPA was able to successfully calculate a replica count from {}",
}
UNABLE = "the HPA was unable to compute the replica count: {}"


class Draft:
    """A status that is still being written; what it began with stays as it was."""

    def __init__(self, hpa: Obj, now: float) -> None:
        before = hpa.get("status") or {}
        self._now = rfc3339(now)
        self._kept = {name: before[name] for name in ("lastScaleTime",) if name in before}
        self._conditions: list[Obj] = before.get("conditions") or []
        self._counts = before.get("currentReplicas", 0), before.get("desiredReplicas", 0)
        self._metrics: list[Obj] | None = before.get("currentMetrics")

    @property
    def status(self) -> Obj:
        """The status as it has become."""
        current, desired = self._counts
        counts = {"currentReplicas": current} if current else {}
        told = {"currentMetrics": self._metrics, "desiredReplicas": desired, **counts, **self._kept}
        return {**told, **({"conditions": self._conditions} if self._conditions else {})}

    @property
    def is_active(self) -> bool:
        """Some metric could be read the last time."""
        return any(one["type"] == "ScalingActive" and one["status"] == "True" for one in self._conditions)

    def set(self, type: str, status: str, reason: str, detail: object = "") -> None:
        """Set a condition whose message goes with its reason."""
        self.say(type, status, reason, SENTENCES[reason].format(detail))

    def say(self, type: str, status: str, reason: str, message: str) -> None:
        """Set a condition with a message of its own."""
        condition = {"type": type, "status": status, "reason": reason, "message": message}
        self._conditions = with_condition(self._conditions, condition, self._now)

    def fail_metric(self, reason: str, problem: str) -> None:
        """No metric could be read."""
        self.say("ScalingActive", "False", reason, UNABLE.format(problem))

    def count(self, current: int, desired: int | None, metrics: list[Obj] | None, *, is_rescaled: bool = False) -> None:
        """Set what there is and what is wanted (None: as before), with the metrics it was worked out from."""
        self._counts = current, self._counts[1] if desired is None else desired
        self._metrics = metrics
        if is_rescaled:
            self._kept["lastScaleTime"] = self._now
