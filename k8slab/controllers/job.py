"""Run Pods until as many of them as wanted have succeeded, or too many have failed.

Watches   Jobs, and Pods through their owner, or through the selector when they have none.
Compares  the Pods that run and have succeeded with parallelism and completions; failures with limits and policies.
Writes    creates, adopts, releases and deletes Pods, takes their finalizer away once counted; patches its own status.
Source    pkg/controller/job/job_controller.go, syncJob, manageJob, trackJobStatusAndRemoveFinalizers, syncOrphanPod
Left out  the queue's own back-off of 1 s to a minute after errors; gang scheduling; metrics
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from k8slab.client import After, Again, Client, Controller, Informers, own_key, owner_key
from k8slab.clock import Scheduling
from k8slab.controllers.batches import is_place_closing, slow_start
from k8slab.controllers.claims import Claims
from k8slab.controllers.job_backoff import Backoff
from k8slab.controllers.job_indexes import backoff_of, index_of, indexed_pod, spare_pods
from k8slab.controllers.job_pods import (
    TRACKING,
    finished_condition,
    is_terminating,
    least_useful_first,
    waits_for_the_end,
)
from k8slab.controllers.job_tally import Tally, is_tracked
from k8slab.controllers.pods import new_pod
from k8slab.objects import Key, controller_of, is_leaving, rfc3339
from k8slab.wire import ApiError, NotFound

__all__ = ["JobController"]

Obj = dict[str, Any]

BURST = 500  # upstream: MaxPodCreateDeletePerSync
MANAGER = "kubernetes.io/job-controller"


class JobController(Controller):
    """Makes Pods that are to end, counts how they did, and says when that is enough."""

    name = "job-controller"
    watches = {"Job": own_key, "Pod": owner_key("Job")}
    batch_s = 1.0  # upstream: SyncJobBatchPeriod

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.jobs = self.informer("Job")
        self.pods = self.informer("Pod")
        self.pods.add_index("job", _job_of)
        self.claims = Claims(client, self.jobs, self.pods, self.enqueue, finalizer=TRACKING)
        self._backoffs: dict[Key, Backoff] = {}

    def reconcile(self, key: Key) -> After | None:
        """Count the Pods that have ended; end the Job, or take one step towards its completion."""
        job = self.jobs.get(key)
        if job is not None and job["spec"].get("managedBy", MANAGER) != MANAGER:
            return None
        if job is None or finished_condition(job) is not None:
            self._backoffs.pop(key, None)
            self._release_strays(key, [])
            return None
        pods = self.claims.of(job)
        self._release_strays(key, pods)
        return self._step(key, Tally(job, pods, self.loop.now))

    def _step(self, key: Key, tally: Tally) -> After | None:
        now, wait_s, failure = self.loop.now, None, None
        if not tally.status.get("startTime") and not tally.is_suspended:
            tally.status["startTime"] = rfc3339(now)
        backoff = self._backoffs.get(key, Backoff()).after(tally.new_succeeded, tally.new_failed)
        verdict = tally.verdict(now)
        if verdict is not None:
            failure = self._delete(tally, tally.active, release=False)
            verdict = None if tally.active_count else verdict
        else:
            if not is_leaving(tally.job):
                wait_s, failure = self._manage(tally, backoff)
            verdict = tally.success()
            if verdict is None and not is_leaving(tally.job):
                self._note_suspension(tally)
        ended, is_all = self._book(tally, verdict)
        self._backoffs[key] = backoff
        self._settle(tally, ended, verdict if is_all else None)
        if failure is not None:
            raise Again
        left_s = None if verdict is not None else tally.deadline_in_s(now)
        waits = [After(wait_s)] if wait_s is not None else []
        return min([*waits, After(left_s, background=True)] if left_s is not None else waits, default=None)

    def _manage(self, tally: Tally, backoff: Backoff) -> tuple[float | None, ApiError | None]:
        """Bring the number of active Pods to what is wanted; answers how long to wait, and what went wrong."""
        spare, wanted = self._spare(tally), _wanted(tally)
        if spare:
            return None, self._delete(tally, spare[:BURST], release=True)
        missing = wanted - tally.active_count
        if waits_for_the_end(tally.job):
            missing -= tally.terminating_count
        if missing <= 0 or tally.is_suspended:
            return None, None
        wait_s = 0.0 if tally.has_limit_per_index else backoff.remaining_s(self.loop.now)
        if wait_s > 0:
            return max(wait_s, self.batch_s), None
        if not tally.is_indexed:
            return None, slow_start(min(missing, BURST), lambda _: self._create(tally, _tracked(new_pod(tally.job))))
        return self._fill_indexes(tally, min(missing, BURST))

    def _spare(self, tally: Tally) -> list[Obj]:
        """The active Pods that have to go: all of a suspended Job's, or those beyond what is wanted."""
        if tally.is_suspended:
            return tally.active
        spare = spare_pods(tally.active, tally.spec["completions"]) if tally.is_indexed else []
        surplus = tally.active_count - _wanted(tally) - len(spare)
        if surplus > 0:
            spare = [*spare, *least_useful_first(pod for pod in tally.active if pod not in spare)[:surplus]]
        return spare

    def _fill_indexes(self, tally: Tally, count: int) -> tuple[float | None, ApiError | None]:
        """Make a Pod for each of the first indexes that have none; an index that failed waits by itself."""
        taken = tally.done | tally.lost | {index_of(pod) for pod in tally.active}
        if waits_for_the_end(tally.job):
            taken |= {index_of(pod) for pod in tally.pods if is_terminating(pod)}
        free = list(islice((index for index in range(tally.spec["completions"]) if index not in taken), count))
        held = tally.held_back()
        waits = {index: backoff_of(held[index]).remaining_s(self.loop.now) for index in free if index in held}
        ready = [index for index in free if not waits.get(index)]
        if not ready:
            return min(waits.values(), default=None), None

        def create(number: int) -> None:
            index = ready[number]
            self._create(tally, indexed_pod(_tracked(new_pod(tally.job)), tally.job, index, held.get(index)))

        return min((wait for wait in waits.values() if wait), default=None), slow_start(len(ready), create)

    def _create(self, tally: Tally, pod: Obj) -> None:
        try:
            made = self.client.create(pod)
        except ApiError as error:
            if is_place_closing(error):
                return
            self.recorder.event(tally.job, "Warning", "FailedCreate", f"Error creating: {error.message}")
            raise
        tally.active_count += 1
        self.recorder.event(tally.job, "Normal", "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")

    def _delete(self, tally: Tally, pods: list[Obj], *, release: bool) -> ApiError | None:
        """Delete active Pods; those that nobody is to count are released first."""
        failure = None
        for pod in pods:
            name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
            try:
                if release:
                    self._release([pod])
                self.client.delete("Pod", name, namespace, uid=pod["metadata"]["uid"])
                self.recorder.event(tally.job, "Normal", "SuccessfulDelete", f"Deleted pod: {name}")
            except NotFound:
                pass
            except ApiError as error:
                self.recorder.event(tally.job, "Warning", "FailedDelete", f"Error deleting: {error.message}")
                failure = error
                continue
            tally.note_deleted(pod)
        return failure

    def _note_suspension(self, tally: Tally) -> None:
        """Say that the Job rests, and has not started; or that it goes on, and its time begins anew."""
        if tally.is_suspended:
            if tally.ensure(tally.condition("Suspended", "JobSuspended", "Job suspended")):
                self.recorder.event(tally.job, "Normal", "Suspended", "Job suspended")
                tally.status["startTime"] = None
        elif tally.ensure(tally.condition("Suspended", "JobResumed", "Job resumed", status="False")):
            self.recorder.event(tally.job, "Normal", "Resumed", "Job resumed")
            tally.status["startTime"] = rfc3339(self.loop.now)

    def _book(self, tally: Tally, verdict: Obj | None) -> tuple[list[Obj], bool]:
        """Write down which Pods have ended, and that the Job is about to; answers those Pods, and whether that are all.

        Only what is written down may lose its finalizer.
        """
        ended, is_all = tally.book(verdict)
        if verdict is not None:
            tally.ensure(verdict)
        self._flush(tally)
        return ended, is_all

    def _settle(self, tally: Tally, ended: list[Obj], verdict: Obj | None) -> None:
        """Let Pods go that are written down, count them, and end the Job when no Pod is left."""
        self._release(ended)
        held = {pod["metadata"]["uid"] for pod in tally.pods if is_tracked(pod)}
        tally.count(held - {pod["metadata"]["uid"] for pod in ended})
        if verdict is None or tally.terminating_count:
            self._flush(tally)
            return
        last = "Complete" if verdict["type"] == "SuccessCriteriaMet" else "Failed"
        tally.ensure(tally.condition(last, verdict["reason"], verdict["message"]))
        if last == "Complete":
            tally.status["completionTime"] = rfc3339(self.loop.now)
        self._flush(tally)
        self._tell_the_end(tally, last, verdict)

    def _tell_the_end(self, tally: Tally, last: str, verdict: Obj) -> None:
        if last == "Failed":
            self.recorder.event(tally.job, "Warning", verdict["reason"], verdict["message"])
            return
        if tally.succeeded > tally.spec.get("completions", tally.succeeded):
            text = "Too many succeeded pods running after completion count reached"
            self.recorder.event(tally.job, "Warning", "TooManySucceededPods", text)
        self.recorder.event(tally.job, "Normal", "Completed", "Job completed")

    def _flush(self, tally: Tally) -> None:
        if changes := tally.changes():
            tally.job = self.client.patch_status(tally.job, changes)

    def _release_strays(self, key: Key, mine: list[Obj]) -> None:
        """Let go of Pods that nobody is going to count: of a Job that is gone or over, or of no owner at all."""
        known = {pod["metadata"]["uid"] for pod in mine}
        near = [*self.pods.by_index("job", _text(key)), *self.pods.by_index("orphans", key.namespace)]
        self._release(pod for pod in near if pod["metadata"]["uid"] not in known)

    def _release(self, pods: Iterable[Obj]) -> None:
        """Take the finalizer away by which a Pod is held until it is counted."""
        patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": [TRACKING]}}
        for pod in filter(is_tracked, pods):
            try:
                self.client.patch("Pod", pod["metadata"]["name"], pod["metadata"]["namespace"], patch)
            except NotFound:
                continue


def _wanted(tally: Tally) -> int:
    """How many Pods are to run: no more than there is still to do, and none beyond the first success if that is all."""
    parallelism: int = tally.spec["parallelism"]
    completions = tally.spec.get("completions")
    if completions is None:
        return tally.active_count if tally.succeeded else parallelism
    return max(min(int(completions) - tally.succeeded, parallelism), 0)


def _tracked(pod: Obj) -> Obj:
    """The Pod with the finalizer that holds it until it is counted."""
    finalizers = [name for name in pod["metadata"].get("finalizers") or () if name != TRACKING] + [TRACKING]
    return {**pod, "metadata": {**pod["metadata"], "finalizers": finalizers}}


def _job_of(pod: Obj) -> tuple[str, ...]:
    owner = controller_of(pod)
    if owner is None or owner["kind"] != "Job":
        return ()
    return (_text(Key(pod["metadata"]["namespace"], owner["name"])),)


def _text(key: Key) -> str:
    return f"{key.namespace}/{key.name}"
