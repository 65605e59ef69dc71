"""The newest attempts, as objects that the API can show: SchedulingAttempts of the slab's own group.

Their number is bounded by what they tell, a line per node: a cluster of 5,000 nodes keeps fewer than a small one. They
are put into words only when somebody reads them. Pods are not touched.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from k8slab.objects import rfc3339
from k8slab.scheduler.decision import Decision, Rescue
from k8slab.scheduler.refusals import Verdict

__all__ = ["Attempts"]

Obj = dict[str, Any]

API_VERSION = "slab.k8slab.dev/v1"
ATTEMPTS_KEPT, LINES_KEPT = 1000, 200_000


class Attempts:
    """The newest decisions of all schedulers of a cluster, oldest first."""

    def __init__(self) -> None:
        self.decisions: deque[Decision] = deque()
        self._lengths: deque[int] = deque()
        self._lines = 0
        self._count = 0

    def add(self, decision: Decision) -> None:
        """Remember one, and forget the oldest when they tell too much."""
        self._count += 1
        self.decisions.append(decision)
        self._lengths.append(1 + len(decision.names) + len(decision.refused))
        self._lines += self._lengths[-1]
        while len(self.decisions) > ATTEMPTS_KEPT or (self._lines > LINES_KEPT and len(self.decisions) > 1):
            self.decisions.popleft()
            self._lines -= self._lengths.popleft()

    def amend(self, uid: str, **changes: Any) -> None:
        """What was decided for a pod has come to nothing, or to something else."""
        for index in range(len(self.decisions) - 1, -1, -1):
            if self.decisions[index].uid == uid:
                self.decisions[index] = self.decisions[index]._replace(**changes)
                return

    @property
    def revision(self) -> int:
        """How many attempts there have been."""
        return self._count

    def objects(self, namespace: str = "") -> Iterator[tuple[Obj, Callable[[], Obj]]]:
        """What can be selected by of each attempt in a namespace ("" for all), and how to get all of it."""
        for number, decision in enumerate(self.decisions, self._count - len(self.decisions) + 1):
            if not namespace or decision.pod.startswith(f"{namespace}/"):
                yield _head(number, decision), partial(_whole, number, decision)


def _head(number: int, decision: Decision) -> Obj:
    namespace, _, name = decision.pod.partition("/")
    result = "Scheduled" if decision.node else "Error" if decision.is_error else "Unschedulable"
    metadata: Obj = {"name": f"{name}.{number}", "namespace": namespace}
    if decision.labels:
        metadata["labels"] = dict(decision.labels)
    metadata |= {"creationTimestamp": rfc3339(decision.when), "resourceVersion": str(number)}
    status: Obj = {"result": result, "nodeName": decision.node, "message": decision.message}
    return {
        "apiVersion": API_VERSION,
        "kind": "SchedulingAttempt",
        "metadata": metadata,
        "spec": {"podName": name, "podUID": decision.uid, "schedulerName": decision.scheduler},
        "status": {name: value for name, value in status.items() if value},
    }


def _whole(number: int, decision: Decision) -> Obj:
    obj, totals = _head(number, decision), decision.totals
    fits: list[Obj] = [
        {
            "name": node,
            "verdict": "Fits",
            "scores": [
                {"plugin": plugin, "raw": raw, "normalized": final, "weighted": weighted}
                for plugin, (raw, final, weighted) in scores.items()
            ],
            "total": totals[node],
        }
        for node, scores in decision.scores.items()
    ]
    obj["status"]["nodes"] = fits + [_refused(node, *why) for node, why in decision.refused.items()]
    if decision.rescue is not None:
        obj["status"]["preemption"] = _rescue(decision.rescue)
    return obj


def _refused(node: str, plugin: str, verdict: Verdict) -> Obj:
    code = "Unschedulable" if verdict.can_change else "UnschedulableAndUnresolvable"
    return {"name": node, "verdict": code, "plugin": plugin, "reasons": list(verdict.reasons)}


def _rescue(rescue: Rescue) -> Obj:
    told: Obj = {"nominatedNodeName": rescue.node or "", "message": rescue.message}
    told["victims"] = [_pod_name(victim) for victim in rescue.victims]
    candidates = [
        {
            "node": one.node,
            "victims": [_pod_name(victim) for victim in one.victims],
            "highestPriority": max((victim["spec"].get("priority") or 0 for victim in one.victims), default=0),
            "pdbViolations": one.violations,
        }
        for one in rescue.candidates
    ]
    refused = [{"node": node, "reasons": list(why.reasons)} for node, (_, why) in rescue.refused.items()]
    told |= {"candidates": candidates, "refused": refused}
    return {name: value for name, value in told.items() if value}


def _pod_name(pod: Obj) -> str:
    return f"{pod['metadata'].get('namespace', '')}/{pod['metadata']['name']}"
