"""How long the successor of a failed Pod waits: 10 s, and twice as long after each further failure.

Source    pkg/controller/job/backoff_utils.go; the longest wait is ten minutes in the code, six in the documentation
"""

from __future__ import annotations

from typing import Any, NamedTuple

from k8slab.objects import get_condition, parse_rfc3339

__all__ = ["Backoff"]

Obj = dict[str, Any]

FIRST_S, LONGEST_S = 10.0, 600.0


class Backoff(NamedTuple):
    """How many Pods failed since one last succeeded, and when the last of them did."""

    failures: int = 0
    last: float = 0.0

    def after(self, succeeded: list[Obj], failed: list[Obj]) -> Backoff:
        """The record with Pods that have ended since."""
        ends = sorted(map(_finished_at, failed))
        if not succeeded:
            return Backoff(self.failures + len(ends), ends[-1]) if ends else self
        last_success = max(map(_finished_at, succeeded))
        since = [end for end in ends if end > last_success]
        return Backoff(len(since), since[-1]) if since else Backoff()

    def remaining_s(self, now: float) -> float:
        """How long to wait before the next Pod: 0 if it may come now."""
        if not self.failures:
            return 0.0
        wait_s = min(FIRST_S * 2.0 ** min(self.failures - 1, 30), LONGEST_S)
        return max(self.last + wait_s - now, 0.0)

    @classmethod
    def of_one(cls, pod: Obj, failures: int) -> Backoff:
        """The record of an index whose last Pod was this one."""
        return cls(failures, _finished_at(pod))


def _finished_at(pod: Obj) -> float:
    """When the Pod ended: its last container or sidecar, or else when it was not ready, deleted, made."""
    metadata, ready, status = pod["metadata"], get_condition(pod, "Ready"), pod.get("status") or {}
    beside = {c["name"] for c in pod["spec"].get("initContainers") or () if c.get("restartPolicy") == "Always"}
    sidecars = [c for c in status.get("initContainerStatuses") or () if c["name"] in beside]
    states = [c.get("state") or {} for c in (*(status.get("containerStatuses") or ()), *sidecars)]
    ends = [(state.get("terminated") or {}).get("finishedAt") for state in states]
    if ends and all(ends):
        return max(parse_rfc3339(end) for end in ends if end)
    if ready is not None and ready["status"] == "False" and ready.get("lastTransitionTime"):
        return parse_rfc3339(ready["lastTransitionTime"])
    if metadata.get("deletionTimestamp"):
        return parse_rfc3339(metadata["deletionTimestamp"]) - float(metadata.get("deletionGracePeriodSeconds", 0))
    return parse_rfc3339(metadata["creationTimestamp"])
