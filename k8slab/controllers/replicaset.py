"""Keep every ReplicaSet, and every ReplicationController, at its wanted number of Pods.

Watches   ReplicaSets (or ReplicationControllers), and Pods through their owner, or the selector when they have none.
Compares  spec.replicas with the owned Pods still active.
Writes    creates, adopts, releases and deletes Pods; patches its own status.
Source    pkg/controller/replicaset/replica_set.go, syncReplicaSet, manageReplicas;
          controller_utils.go, ActivePodsWithRanks; pkg/controller/replication/replication_controller.go
Left out  metrics; the log of what it waits for (expectations)
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import ItemsView, Iterable
from functools import cmp_to_key
from typing import Any, ClassVar, NamedTuple

from k8slab.client import After, Again, Client, Controller, Informers, own_key, owner_key
from k8slab.clock import Scheduling
from k8slab.controllers.batches import is_place_closing, slow_start
from k8slab.controllers.census import Census, State
from k8slab.controllers.claims import Claims
from k8slab.controllers.pods import (
    fits,
    index_pods_by_owner,
    is_available,
    new_pod,
    next_look,
)
from k8slab.objects import (
    Key,
    controller_of,
    get_condition,
    is_active,
    is_leaving,
    is_ready,
    parse_rfc3339,
    rfc3339,
    with_condition,
)
from k8slab.wire import ApiError

__all__ = [
    "ReplicaSetController",
    "ReplicationManager",
    "least_useful_first",
]

Obj = dict[str, Any]

BURST = 500  # upstream: BurstReplicas, the most pods made or removed in one step
COUNTS = ("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "terminatingReplicas")
PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


class Tally(NamedTuple):
    """What a status says: COUNTS in their order."""

    active: int
    labelled: int
    ready: int
    available: int
    leaving: int


class ReplicaSetController(Controller):
    """Makes Pods from a template, or removes those that are missed least."""

    kind: ClassVar[str] = "ReplicaSet"
    name = "replicaset-controller"
    watches = {"ReplicaSet": own_key, "Pod": owner_key("ReplicaSet")}
    batch_s = 0.1

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.replicasets = self.informer(self.kind)
        self.pods = self.informer("Pod")
        index_pods_by_owner(self.replicasets)
        self.claims = Claims(client, self.replicasets, self.pods, self.enqueue)
        self.census = Census(self.pods)

    def reconcile(self, key: Key) -> After | None:
        """Take one step from the Pods that are to the Pods that are wanted."""
        rs = self.replicasets.get(key)
        if rs is None:
            return None

        states = self.census.of(rs["metadata"]["uid"])
        if self._is_counting_enough(rs, states):
            count = sum(number for state, number in states.items() if state.is_active)
            self._report(rs, tally_of_states(rs, states), self._create_missing(rs, count))
            return None
        pods = [pod for pod in self.claims.of(rs) if is_active(pod)]
        failure = None if is_leaving(rs) else self._manage(rs, pods)
        self._report(rs, self._tally(rs, pods), failure)
        return next_look(pods, rs["spec"].get("minReadySeconds", 0), self.loop.now)

    def _is_counting_enough(self, rs: Obj, states: Counter[State]) -> bool:
        """No single Pod is to be looked at: none is adopted, let go or deleted, and none has to be ready for a time."""
        if is_leaving(rs) or rs["spec"].get("minReadySeconds", 0):
            return False
        count = sum(number for state, number in states.items() if state.is_active)
        labels = (dict(state.labels) for state in states)
        return count <= rs["spec"].get("replicas", 1) and self.claims.is_settled(rs, labels)

    def _related(self, rs: Obj) -> list[Obj]:
        """The active Pods of all ReplicaSets of the same Deployment: they crowd the nodes together."""
        owner = controller_of(rs)
        family = self.replicasets.by_index("owner", owner["uid"]) if owner else [rs]
        uids = [each["metadata"]["uid"] for each in family]
        return [pod for uid in uids for pod in self.pods.by_index("owner", uid) if is_active(pod)]

    def _manage(self, rs: Obj, pods: list[Obj]) -> ApiError | None:
        """Create or delete up to a burst of Pods; the error that stopped it, if one did."""
        surplus = len(pods) - rs["spec"].get("replicas", 1)
        if surplus > 0:
            for pod in least_useful_first(pods, self._related(rs), self.loop.now)[: min(surplus, BURST)]:
                name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
                self.client.delete("Pod", name, namespace, uid=pod["metadata"]["uid"])
                self.recorder.event(rs, "Normal", "SuccessfulDelete", f"Deleted pod: {name}")
        return self._create_missing(rs, len(pods))

    def _create_missing(self, rs: Obj, count: int) -> ApiError | None:
        missing = rs["spec"].get("replicas", 1) - count
        return slow_start(min(missing, BURST), lambda _: self._create(rs)) if missing > 0 else None

    def _create(self, rs: Obj) -> None:
        try:
            pod = self.client.create(new_pod(rs))
        except ApiError as error:
            if is_place_closing(error):
                return
            self.recorder.event(rs, "Warning", "FailedCreate", f"Error creating: {error.message}")
            raise
        self.recorder.event(rs, "Normal", "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")

    def _tally(self, rs: Obj, pods: list[Obj]) -> Tally:
        """What the status has to say, one Pod after the other."""
        now, template = self.loop.now, _template_labels(rs)
        wait_s = rs["spec"].get("minReadySeconds", 0)
        labelled = sum(template <= (pod["metadata"].get("labels") or {}).items() for pod in pods)
        ready = [pod for pod in pods if is_ready(pod)]
        available = sum(is_available(pod, wait_s, now) for pod in ready)
        owned = self.pods.by_index("owner", rs["metadata"]["uid"])
        leaving = sum(map(is_leaving, owned)) if len(owned) > len(pods) else 0
        return Tally(len(pods), labelled, len(ready), available, leaving)

    def _report(self, rs: Obj, tally: Tally, failure: ApiError | None) -> None:
        """Patch the status, if it says something else than the Pods do."""
        counts = dict(zip(COUNTS, tally, strict=True))
        if rs["kind"] != "ReplicaSet":
            del counts["terminatingReplicas"]
        before = rs.get("status") or {}
        wanted: Obj = {"observedGeneration": rs["metadata"]["generation"], **counts}
        conditions = _conditions(before.get("conditions") or [], failure, rfc3339(self.loop.now))
        if conditions != (before.get("conditions") or []):
            wanted["conditions"] = conditions
        if not fits(before, wanted):
            self.client.patch_status(rs, wanted)
        if failure is not None:
            raise Again


class ReplicationManager(ReplicaSetController):
    """The same for ReplicationControllers, the older form: their selector is a plain map of labels (see claims.py)."""

    kind = "ReplicationController"
    name = "replication-controller"
    watches = {"ReplicationController": own_key, "Pod": owner_key("ReplicationController")}


def tally_of_states(rs: Obj, states: Counter[State]) -> Tally:
    """What the status has to say of so many Pods in each state, when a Pod that is ready is available."""
    template = _template_labels(rs)
    active = {state: number for state, number in states.items() if state.is_active}

    def total(those: Iterable[State]) -> int:
        return sum(states[state] for state in those)

    ready = total(state for state in active if state.is_ready)
    labelled = total(state for state in active if template <= state.labels)
    return Tally(total(active), labelled, ready, ready, total(state for state in states if state.is_leaving))


def _template_labels(rs: Obj) -> ItemsView[str, str]:
    labels: dict[str, str] = rs["spec"]["template"]["metadata"].get("labels") or {}
    return labels.items()


def _conditions(before: list[Obj], failure: ApiError | None, now: str) -> list[Obj]:
    others = [condition for condition in before if condition["type"] != "ReplicaFailure"]
    if failure is None:
        return others
    failed = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": failure.message}
    return with_condition(before, failed, now)


def least_useful_first(pods: list[Obj], related: list[Obj], now: float) -> list[Obj]:
    """The order in which a ReplicaSet gives Pods up.

    Unscheduled before scheduled, pending before running, unready before ready, cheaper by the annotation
    controller.kubernetes.io/pod-deletion-cost first, then those whose node has more of the `related` Pods, those ready
    for a shorter time, those with more restarts, and the younger. Times are compared by their order of magnitude;
    between two of the same order the uid decides, which is as good as chance.
    """
    crowd = Counter(pod["spec"].get("nodeName", "") for pod in related)

    def compare(one: Obj, other: Obj) -> int:
        for before, after in zip(_usefulness(one, crowd), _usefulness(other, crowd), strict=True):
            if isinstance(before, _Since) and before != after:
                uids = one["metadata"].get("uid", ""), other["metadata"].get("uid", "")
                return before.magnitude(now) - after.magnitude(now) or (-1 if uids[0] < uids[1] else 1)
            if before != after:
                return -1 if before < after else 1
        return 0

    return sorted(pods, key=cmp_to_key(compare))


def _usefulness(pod: Obj, crowd: Counter[str]) -> tuple[Any, ...]:
    metadata, status = pod["metadata"], pod.get("status") or {}
    node, ready = pod["spec"].get("nodeName", ""), get_condition(pod, "Ready") or {}
    restarts = max((c.get("restartCount", 0) for c in status.get("containerStatuses") or ()), default=0)
    return (
        bool(node),
        PHASES.get(status.get("phase", ""), 1),
        is_ready(pod),
        _deletion_cost(metadata),
        -crowd[node],
        _Since(ready.get("lastTransitionTime", "") if is_ready(pod) else ""),
        -restarts,
        _Since(metadata.get("creationTimestamp", "")),
    )


def _deletion_cost(metadata: Obj) -> int:
    try:
        return int((metadata.get("annotations") or {}).get("controller.kubernetes.io/pod-deletion-cost", "0"))
    except ValueError:
        return 0


class _Since(str):
    """A timestamp that is compared by how long ago it was, in powers of two of a nanosecond."""

    def magnitude(self, now: float) -> int:
        age_ns = (now - parse_rfc3339(self)) * 1e9 if self else 0.0
        return int(math.log2(age_ns)) if age_ns >= 1 else -1
