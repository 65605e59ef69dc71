"""Keep every StatefulSet's Pods, each with its own name and claims, in their order.

Watches   StatefulSets, and Pods through their owner, or through the selector when they have none.
Compares  the numbered Pods that are with those that are wanted, and their revision with the template's.
Writes    creates, adopts, releases, labels and deletes Pods; creates PersistentVolumeClaims and sets their owners;
          keeps ControllerRevisions; patches its own status.
Source    pkg/controller/statefulset/{stateful_set,stateful_set_control,stateful_pod_control}.go
Left out  a claim is not brought up to date with a changed template (upstream: neither)
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Again, Client, Controller, Informers, own_key, owner_key
from k8slab.clock import Scheduling
from k8slab.controllers.batches import is_place_closing, slow_start
from k8slab.controllers.claims import Claims
from k8slab.controllers.history import History
from k8slab.controllers.pods import fits, is_available, next_look
from k8slab.controllers.stateful_pods import (
    Rollout,
    claims_of,
    is_stale,
    missing_labels,
    new_stateful_pod,
    ordinal_of,
    retained,
    revision_name,
)
from k8slab.objects import Key, is_leaving
from k8slab.wire import AlreadyExists, ApiError, Conflict

__all__ = [
    "StatefulSetController",
]

Obj = dict[str, Any]

ENDED = ("Failed", "Succeeded")
HASH_LABEL = "controller.kubernetes.io/hash"
STALE_CLAIM_S = 1.0  # how soon to look again at a claim that must go before its Pod can come


class StatefulSetController(Controller):
    """Makes Pods one after the other, and takes them away in the opposite order."""

    name = "statefulset-controller"
    watches = {"StatefulSet": own_key, "Pod": owner_key("StatefulSet")}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.sets = self.informer("StatefulSet")
        self.pods = self.informer("Pod")
        self.volume_claims = self.informer("PersistentVolumeClaim")
        revisions = self.informer("ControllerRevision")
        self.claims = Claims(client, self.sets, self.pods, self.enqueue)
        self.history = History(client, self.sets, revisions, self.enqueue, HASH_LABEL)

    def reconcile(self, key: Key) -> After | None:
        """Take one step in the order of the Pods' numbers."""
        sts = self.sets.get(key)
        if sts is None:
            return None
        pods = self.claims.of(sts, lambda pod: ordinal_of(pod, sts) >= 0)
        known = self.history.of(sts)
        update, collisions = self.history.newest(sts, known)
        named = {revision["metadata"]["name"]: revision for revision in [*known, update]}
        current = named.get((sts.get("status") or {}).get("currentRevision", ""), update)

        rollout = Rollout(sts, pods, current, update)
        step = _Step(self, rollout)
        failure = None if is_leaving(sts) else step.take()
        self._report(rollout, collisions, step.updated)
        live = {current["metadata"]["name"], *map(revision_name, pods)}
        old = [revision for revision in known if revision["metadata"]["uid"] != update["metadata"]["uid"]]
        self.history.forget(old, sts["spec"].get("revisionHistoryLimit", 10), live)
        if failure is not None:
            raise Again
        again = next_look(pods, sts["spec"].get("minReadySeconds", 0), self.loop.now)
        return After(STALE_CLAIM_S) if step.waits_for_claim else again

    def _report(self, rollout: Rollout, collisions: int, updated: int) -> None:
        """Patch the status, if it says something else; when all Pods are updated, the update is over."""
        sts, wait_s = rollout.sts, rollout.sts["spec"].get("minReadySeconds", 0)
        status: Obj = {
            "observedGeneration": sts["metadata"]["generation"],
            **rollout.counts(sum(is_available(pod, wait_s, self.loop.now) for pod in rollout.pods)),
            "currentRevision": rollout.current["metadata"]["name"],
            "updateRevision": rollout.update["metadata"]["name"],
            "collisionCount": collisions,
        }
        status["currentReplicas"] -= updated
        numbers = [status[name] for name in ("updatedReplicas", "readyReplicas", "replicas")]
        if sts["spec"]["updateStrategy"]["type"] == "RollingUpdate" and numbers == [sts["spec"]["replicas"]] * 3:
            status |= {"currentReplicas": status["updatedReplicas"], "currentRevision": status["updateRevision"]}
        before = sts.get("status") or {}
        if not fits(before, status) or "collisionCount" not in before:
            self.client.patch_status(sts, status)


class _Step:
    """What is done about one StatefulSet at one time; `updated` Pods were taken away for a new revision."""

    def __init__(self, controller: StatefulSetController, rollout: Rollout) -> None:
        self._client = controller.client
        self._recorder = controller.recorder
        self._volume_claims = controller.volume_claims
        self._now = controller.loop.now
        self._rollout = rollout
        self._sts = rollout.sts
        self._wait_s = rollout.sts["spec"].get("minReadySeconds", 0)
        self.updated = 0
        self.waits_for_claim = False

    def take(self) -> ApiError | None:
        """First the Pods that are wanted, then those that are too many, then those of an old revision."""
        rollout = self._rollout
        try:
            if self._in_turn(len(rollout.replicas), self._settle) and rollout.in_order:
                return None
            if self._in_turn(len(rollout.condemned), self._remove) and rollout.in_order:
                return None
            self._update()
        except ApiError as error:
            return error
        return None

    def _in_turn(self, count: int, act: Any) -> bool:
        """Act on each in order until one says to wait; without order on all of them. Raises the first ApiError."""
        if self._rollout.in_order:
            return any(act(i) for i in range(count))
        failure = slow_start(count, act)
        if failure is not None:
            raise failure
        return False

    def _settle(self, i: int) -> bool:
        """Bring one wanted Pod to where it should be; True when its successors must wait."""
        pod, ordinal = self._rollout.replicas[i], self._rollout.start + i
        if pod is None:
            return self._create(ordinal)
        phase = (pod.get("status") or {}).get("phase")
        if phase in ENDED:
            if not is_leaving(pod):
                self._delete(pod)
            return True
        if phase == "Pending":
            self._make_claims(pod["metadata"]["name"], ordinal)
        if self._rollout.in_order and not self._can_be_relied_on(pod):
            return True
        self._keep_identity(pod)
        return False

    def _can_be_relied_on(self, pod: Obj) -> bool:
        return not is_leaving(pod) and is_available(pod, self._wait_s, self._now)

    def _create(self, ordinal: int) -> bool:
        """Make a Pod's claims, and then the Pod; True."""
        name = f"{self._sts['metadata']['name']}-{ordinal}"
        if self._has_stale_claim(name, ordinal):
            self.waits_for_claim = True
            return True
        try:
            self._make_claims(name, ordinal)
            pod = self._client.create(new_stateful_pod(self._sts, self._rollout.revision_for(ordinal), ordinal))
            self._set_owners(pod)
        except AlreadyExists:
            raise
        except ApiError as error:
            if not is_place_closing(error):
                self._say("create", name, error)
            raise
        self._say("create", name)
        return True

    def _remove(self, i: int) -> bool:
        """Take away one Pod that is too many, the highest number first; True when the others must wait."""
        pod = self._rollout.condemned[i]
        self._set_owners(pod)
        if is_leaving(pod):
            return True
        if self._rollout.in_order and not self._can_be_relied_on(pod) and pod is not self._first_unavailable():
            return True
        self._delete(pod)
        return True

    def _first_unavailable(self) -> Obj | None:
        pods = [*self._rollout.replicas, *reversed(self._rollout.condemned)]
        return next((pod for pod in pods if pod is not None and not self._can_be_relied_on(pod)), None)

    def _update(self) -> None:
        """Take away Pods of an old revision, the highest number first, as far as maxUnavailable allows."""
        rollout, strategy = self._rollout, self._sts["spec"]["updateStrategy"]
        if strategy["type"] == "OnDelete":
            return
        room = self._most_unavailable(strategy) - sum(map(self._is_missed, rollout.replicas))
        for pod in reversed(rollout.replicas[rollout.partition :]):
            if room <= 0:
                return
            if pod is not None and not rollout.is_updated(pod) and not self._is_going(pod):
                self._delete(pod)
                room, self.updated = room - 1, self.updated + 1

    def _is_going(self, pod: Obj) -> bool:
        return is_leaving(pod) or (pod.get("status") or {}).get("phase") in ENDED

    def _is_missed(self, pod: Obj | None) -> bool:
        """A Pod counts as unavailable; without order not one that is broken and to be replaced anyway."""
        if pod is None:
            return True
        is_old = not self._rollout.is_updated(pod) and not self._is_going(pod)
        return not self._can_be_relied_on(pod) and (self._rollout.in_order or not is_old)

    def _most_unavailable(self, strategy: Obj) -> int:
        given: int | str = (strategy.get("rollingUpdate") or {}).get("maxUnavailable", 1)
        if isinstance(given, str):
            given = int(given.rstrip("%")) * len(self._rollout.replicas) // 100
        return max(given, 1)

    def _keep_identity(self, pod: Obj) -> None:
        """A Pod that was adopted may lack its labels; a claim may go with the wrong owner."""
        name, labels = pod["metadata"]["name"], missing_labels(pod, self._sts)
        try:
            changed = self._set_owners(pod)
            if labels:
                self._client.patch("Pod", name, pod["metadata"]["namespace"], {"metadata": {"labels": labels}})
        except ApiError as error:
            self._say("update", name, error)
            raise
        if labels or changed:
            self._say("update", name)

    def _delete(self, pod: Obj) -> None:
        name = pod["metadata"]["name"]
        try:
            self._client.delete("Pod", name, pod["metadata"]["namespace"], uid=pod["metadata"]["uid"])
        except ApiError as error:
            self._say("delete", name, error)
            raise
        self._say("delete", name)

    def _claim(self, wanted: Obj) -> Obj | None:
        return self._volume_claims.get(Key(wanted["metadata"]["namespace"], wanted["metadata"]["name"]))

    def _has_stale_claim(self, pod_name: str, ordinal: int) -> bool:
        policy = self._sts["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
        claims = map(self._claim, claims_of(self._sts, ordinal)) if policy.get("whenScaled") == "Delete" else ()
        return any(claim is not None and is_stale(claim, pod_name) for claim in claims)

    def _make_claims(self, pod_name: str, ordinal: int) -> None:
        for wanted in claims_of(self._sts, ordinal):
            claim, name = self._claim(wanted), wanted["metadata"]["name"]
            if claim is not None and is_leaving(claim):
                raise Conflict(f"pvc {name} is being deleted")
            if claim is not None:
                continue
            place = f"Pod {pod_name} in StatefulSet {self._sts['metadata']['name']}"
            try:
                self._client.create(wanted)
            except ApiError as error:
                text = f"create Claim {name} for {place} failed error: {error.message}"
                self._recorder.event(self._sts, "Warning", "FailedCreate", text)
                raise type(error)(f"failed to create PVC {name}: {error.message}", error.details) from error
            self._recorder.event(self._sts, "Normal", "SuccessfulCreate", f"create Claim {name} {place} success")

    def _set_owners(self, pod: Obj) -> bool:
        """Let the Pod's claims go with whom the retention policy says; True when one was changed."""
        changed = False
        for wanted in claims_of(self._sts, ordinal_of(pod, self._sts)):
            claim = self._claim(wanted)
            owners = retained(claim, self._sts, pod) if claim is not None else None
            if claim is not None and owners is not None:
                metadata = {**claim["metadata"], "ownerReferences": owners}
                self._client.update({**claim, "metadata": metadata})
                changed = True
        return changed

    def _say(self, verb: str, pod_name: str, error: ApiError | None = None) -> None:
        place = f"{verb} Pod {pod_name} in StatefulSet {self._sts['metadata']['name']}"
        if error is None:
            self._recorder.event(self._sts, "Normal", f"Successful{verb.title()}", f"{place} successful")
        else:
            text = f"{place} failed error: {error.message}"
            self._recorder.event(self._sts, "Warning", f"Failed{verb.title()}", text)
