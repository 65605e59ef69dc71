"""Keep every StatefulSet's Pods, each with its own name and claims, in their order.

Watches   StatefulSets; Pods through their owner, or through the selector when they have none; claims that go with Pods.
Compares  the numbered Pods that are with those that are wanted, and their revision with the template's.
Writes    creates, adopts, releases, labels and deletes Pods; creates PersistentVolumeClaims and sets their owners;
          keeps ControllerRevisions; patches its own status.
Source    pkg/controller/statefulset/{stateful_set,stateful_set_control,stateful_pod_control}.go; maxUnavailable is on
          by default since v1.37 (KEP-961), with the order of kubernetes/kubernetes#137666 for Parallel
Left out  see stateful_pods.py, stateful_claims.py, history.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.client import After, Again, Client, Controller, Informers, own_key, owner_key
from k8slab.clock import Scheduling
from k8slab.controllers.batches import is_place_closing, slow_start
from k8slab.controllers.claims import Claims
from k8slab.controllers.history import History
from k8slab.controllers.pods import fits, next_look
from k8slab.controllers.stateful_claims import VolumeClaims, sets_of_claim
from k8slab.controllers.stateful_pods import (
    Rollout,
    has_ended,
    missing_labels,
    new_stateful_pod,
    ordinal_of,
    revision_name,
)
from k8slab.objects import Key, is_leaving
from k8slab.wire import AlreadyExists, ApiError

__all__ = [
    "StatefulSetController",
]

Obj = dict[str, Any]

HASH_LABEL = "controller.kubernetes.io/hash"


class StatefulSetController(Controller):
    """Makes Pods one after the other, and takes them away in the opposite order."""

    name = "statefulset-controller"
    watches = {"StatefulSet": own_key, "Pod": owner_key("StatefulSet"), "PersistentVolumeClaim": sets_of_claim}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.sets = self.informer("StatefulSet")
        self.claims = Claims(client, self.sets, self.informer("Pod"), self.enqueue)
        self.volume_claims = VolumeClaims(client, self.informer("PersistentVolumeClaim"), self.recorder)
        self.history = History(client, self.sets, self.informer("ControllerRevision"), self.enqueue, HASH_LABEL)

    def reconcile(self, key: Key) -> After | None:
        """Take one step in the order of the Pods' numbers."""
        sts = self.sets.get(key)
        known = self.history.of(sts) if sts is not None else []
        if sts is None or (is_leaving(sts) and not known):
            return None
        pods = self.claims.of(sts, lambda pod: ordinal_of(pod, sts) >= 0)
        update, collisions = self.history.newest(sts, known)
        named = {revision["metadata"]["name"]: revision for revision in [*known, update]}
        current = named.get((sts.get("status") or {}).get("currentRevision", ""), update)

        rollout = Rollout(sts, pods, current, update, self.loop.now)
        failure = None if is_leaving(sts) else self._step(rollout)
        self._report(rollout, collisions)
        live = {current["metadata"]["name"], update["metadata"]["name"], *map(revision_name, pods)}
        idle = [revision for revision in known if revision["metadata"]["name"] not in live]
        limit = sts["spec"]["revisionHistoryLimit"]
        self.history.forget(idle, len(idle) - limit if limit >= 0 else 0)
        if failure is not None:
            raise Again
        return next_look(pods, sts["spec"].get("minReadySeconds", 0), self.loop.now)

    def _report(self, rollout: Rollout, collisions: int) -> None:
        """Patch the status, if it says something else."""
        sts, status = rollout.sts, rollout.status()
        status |= {"observedGeneration": sts["metadata"]["generation"], "collisionCount": collisions}
        if not fits(sts.get("status") or {}, status):
            self.client.patch_status(sts, status)

    def _step(self, rollout: Rollout) -> ApiError | None:
        """First the Pods that are wanted, then those that are too many, then those of an old revision."""
        try:
            if self._in_turn(rollout, len(rollout.replicas), self._settle):
                return None
            for pod in rollout.condemned:
                self.volume_claims.set_owners(rollout.sts, pod)
            if self._in_turn(rollout, len(rollout.condemned), self._remove):
                return None
            if rollout.sts["spec"]["updateStrategy"]["type"] != "OnDelete":
                self._update(rollout)
        except ApiError as error:
            return error
        return None

    def _in_turn(self, rollout: Rollout, count: int, act: Callable[[Rollout, int], bool]) -> bool:
        """Act on each in order until one says to wait; without order on all of them, and wait for none."""
        if rollout.in_order:
            return any(act(rollout, i) for i in range(count))
        failure = slow_start(count, lambda i: act(rollout, i))
        if failure is not None:
            raise failure
        return False

    def _settle(self, rollout: Rollout, i: int) -> bool:
        """Bring one wanted Pod to where it should be; True when its successors must wait."""
        sts, pod, ordinal = rollout.sts, rollout.replicas[i], rollout.start + i
        if pod is None:
            return self._create(sts, rollout.revision_for(ordinal), ordinal)
        if has_ended(pod):
            if not is_leaving(pod):
                self._delete(sts, pod)
            return True
        if pod["status"]["phase"] == "Pending":
            self.volume_claims.make(sts, ordinal)
            self.volume_claims.set_owners(sts, pod)
        if rollout.in_order and not rollout.can_rely_on(pod):
            return True
        self._keep_identity(sts, pod)
        return False

    def _create(self, sts: Obj, revision: Obj, ordinal: int) -> bool:
        """Make a Pod's claims, and then the Pod; True."""
        if self.volume_claims.are_stale(sts, ordinal):
            return True
        name = f"{sts['metadata']['name']}-{ordinal}"
        try:
            self.volume_claims.make(sts, ordinal)
            pod = self.client.create(new_stateful_pod(sts, revision, ordinal))
            self.volume_claims.set_owners(sts, pod)
        except AlreadyExists:
            raise
        except ApiError as error:
            if not is_place_closing(error):
                self._say(sts, "create", name, error)
            raise
        self._say(sts, "create", name)
        return True

    def _keep_identity(self, sts: Obj, pod: Obj) -> None:
        """A Pod that was adopted may lack its labels; a claim may go with the wrong owner."""
        name, labels = pod["metadata"]["name"], missing_labels(pod, sts)
        try:
            changed = self.volume_claims.set_owners(sts, pod)
            if labels:
                self.client.patch("Pod", name, pod["metadata"]["namespace"], {"metadata": {"labels": labels}})
        except ApiError as error:
            self._say(sts, "update", name, error)
            raise
        if labels or changed:
            self._say(sts, "update", name)

    def _remove(self, rollout: Rollout, i: int) -> bool:
        """Take away one Pod that is too many; True.

        In order it is the one with the highest number, and it waits for others that cannot be relied on, unless it can.
        """
        pod, lower = rollout.condemned[i], rollout.condemned[i + 1 :]
        must_wait = rollout.in_order and not rollout.can_rely_on(pod) and not all(map(rollout.can_rely_on, lower))
        if not must_wait and not is_leaving(pod):
            self._delete(rollout.sts, pod)
        return True

    def _update(self, rollout: Rollout) -> None:
        """Take away Pods of an old revision: those that nobody can rely on, and others as far as there is room."""
        broken, others = rollout.outdated()
        for pod in [*broken, *others]:
            self._delete(rollout.sts, pod)
            rollout.retired.append(pod)

    def _delete(self, sts: Obj, pod: Obj) -> None:
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        try:
            self.client.delete("Pod", name, namespace, uid=pod["metadata"]["uid"])
        except ApiError as error:
            self._say(sts, "delete", name, error)
            raise
        self._say(sts, "delete", name)

    def _say(self, sts: Obj, verb: str, pod_name: str, error: ApiError | None = None) -> None:
        text = f"{verb} Pod {pod_name} in StatefulSet {sts['metadata']['name']}"
        if error is None:
            self.recorder.event(sts, "Normal", f"Successful{verb.title()}", f"{text} successful")
        else:
            self.recorder.event(sts, "Warning", f"Failed{verb.title()}", f"{text} failed error: {error.message}")
