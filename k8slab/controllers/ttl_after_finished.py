"""Delete a Job some time after it has ended, and its Pods with it.

Watches   Jobs.
Compares  the moment at which a Job ended, and spec.ttlSecondsAfterFinished, with now.
Writes    deletes Jobs, in the foreground.
Source    pkg/controller/ttlafterfinished/ttlafterfinished_controller.go, processJob, timeLeft
Left out  a warning about Jobs that ended in the future: it only goes to the log
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.controllers.job_pods import finished_condition
from k8slab.objects import Key, is_leaving, parse_rfc3339

__all__ = ["TtlAfterFinishedController"]

Obj = dict[str, Any]


class TtlAfterFinishedController(Controller):
    """Clears away what is done and has been looked at for long enough."""

    name = "ttl-after-finished-controller"
    watches = {"Job": own_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.jobs = self.informer("Job")

    def reconcile(self, key: Key) -> After | None:
        """Delete the Job if its time is over, or come back when it will be."""
        known = self.jobs.get(key)
        left_s = _left_s(known, self.loop.now) if known is not None else None
        if left_s is not None and left_s <= 0:
            fresh = self.client.get("Job", key.name, key.namespace)  # somebody may just have given it more time
            left_s = _left_s(fresh, self.loop.now)
            if left_s is not None and left_s <= 0:
                uid = fresh["metadata"]["uid"]
                self.client.delete("Job", key.name, key.namespace, propagation="Foreground", uid=uid)
                return None
        return After(left_s, background=True) if left_s is not None else None


def _left_s(job: Obj, now: float) -> float | None:
    """How long the Job may stay; None for a Job that has not ended, is leaving, or may stay for ever."""
    ttl_s, end = job["spec"].get("ttlSecondsAfterFinished"), finished_condition(job)
    if ttl_s is None or end is None or is_leaving(job):
        return None
    return parse_rfc3339(end["lastTransitionTime"]) + float(ttl_s) - now
