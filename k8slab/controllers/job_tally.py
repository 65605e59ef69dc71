"""The books of a Job: which Pods have ended, which of them are counted, and what that means for the Job.

A Pod is counted once and only once: while it is not counted it carries a finalizer; first its uid is written
into status.uncountedTerminatedPods, then the finalizer is taken away, and only then it is added to the counter. The
Pods of an Indexed Job that succeed need no uid, as each index succeeds once.

Source    pkg/controller/job/job_controller.go (syncJob, trackJobStatusAndRemoveFinalizers); tracking_utils.go
"""

from __future__ import annotations

from typing import Any

from k8slab.controllers.job_indexes import failures_of, index_of, indexes_text, matched_success_rule, parse_indexes
from k8slab.controllers.job_pods import TRACKING, has_restarted_too_often, is_failed, is_terminating, judge
from k8slab.objects import get_condition, is_active, is_leaving, is_ready, parse_rfc3339, rfc3339

__all__ = ["Tally", "is_tracked"]

Obj = dict[str, Any]

MOST_UNCOUNTED = 500
REACHED = "Reached expected number of succeeded pods"


def is_tracked(pod: Obj) -> bool:
    """The Pod is held until it is counted."""
    return TRACKING in (pod["metadata"].get("finalizers") or ())


class Tally:
    """A Job and its Pods at one moment; `status` is what the Job's status ought to say."""

    def __init__(self, job: Obj, pods: list[Obj], now: float) -> None:
        self.job, self.pods, self.spec, self._now = job, pods, job["spec"], rfc3339(now)
        self.status: Obj = dict(job.get("status") or {})
        uncounted = self.status.get("uncountedTerminatedPods") or {}
        self.uncounted: dict[str, list[str]] = {
            name: list(uncounted.get(name) or ()) for name in ("succeeded", "failed")
        }
        self.active = [pod for pod in pods if is_active(pod)]
        self.active_count, self.ready_count = len(self.active), sum(map(is_ready, self.active))
        self.terminating_count = sum(map(is_terminating, pods))
        self.is_indexed = self.spec.get("completionMode") == "Indexed"
        self.is_suspended = bool(self.spec.get("suspend"))
        self.has_limit_per_index = self.is_indexed and self.spec.get("backoffLimitPerIndex") is not None
        self.new_succeeded = [pod for pod in self._new("succeeded") if _phase(pod) == "Succeeded"]
        self.new_failed = [pod for pod in self._new("failed") if is_failed(pod, job)]
        self._count_indexes()
        counted = [pod for pod in self.new_failed if judge(job, pod).counts]
        self.failed = self.status.get("failed", 0) + len(counted) + len(self.uncounted["failed"])
        if self.is_indexed:
            self.succeeded = len(self.done)
        else:
            new = len(self.new_succeeded) + len(self.uncounted["succeeded"])
            self.succeeded = self.status.get("succeeded", 0) + new

    def _new(self, name: str) -> list[Obj]:
        """Pods that are in no book yet."""
        known = self.uncounted[name]
        return [p for p in self.pods if is_tracked(p) and p["metadata"]["uid"] not in known and self._is_valid(p)]

    def _is_valid(self, pod: Obj) -> bool:
        """An Indexed Job takes no interest in Pods beyond its last index."""
        if self.spec.get("completionMode") != "Indexed":
            return True
        index = index_of(pod)
        return index is not None and index < self.spec["completions"]

    def _count_indexes(self) -> None:
        self.done_before: set[int] = set()
        self.lost: set[int] = set()
        if self.is_indexed:
            completions = self.spec["completions"]
            self.done_before = parse_indexes(self.status.get("completedIndexes", ""), completions)
            self.lost = parse_indexes(self.status.get("failedIndexes") or "", completions)
        self.done = self.done_before | {i for pod in self.new_succeeded if (i := index_of(pod)) is not None}
        if self.has_limit_per_index:
            self.lost |= {i for pod in self.pods if (i := index_of(pod)) is not None and self._fails_its_index(pod)}

    def _fails_its_index(self, pod: Obj) -> bool:
        if not (is_tracked(pod) and self._is_valid(pod) and is_failed(pod, self.job)):
            return False
        verdict = judge(self.job, pod)
        limit: int = self.spec["backoffLimitPerIndex"]
        return verdict.action == "FailIndex" or (verdict.counts and failures_of(pod)[0] >= limit)

    def held_back(self) -> dict[int, Obj]:
        """The last failed Pod of each index that waits for a successor, which is to inherit its count of failures."""
        if not self.has_limit_per_index:
            return {}
        busy = {index_of(pod) for pod in self.active} | self.done | self.lost
        held: dict[int, Obj] = {}
        for pod in self.pods:
            index = index_of(pod)
            if index in busy or not (is_tracked(pod) and self._is_valid(pod) and is_failed(pod, self.job)):
                continue
            if index is not None and (index not in held or sum(failures_of(pod)) >= sum(failures_of(held[index]))):
                held[index] = pod
        return held

    def verdict(self, now: float) -> Obj | None:
        """The condition that ends the Job, if one does: what was decided before, or what has happened since."""
        met, doomed = get_condition(self.job, "SuccessCriteriaMet"), get_condition(self.job, "FailureTarget")
        for found in (met, doomed):
            if found is not None and found["status"] == "True":
                return found
        for pod in self.pods:
            verdict = judge(self.job, pod) if is_failed(pod, self.job) else None
            if verdict is not None and verdict.action == "FailJob":
                return self.condition("FailureTarget", "PodFailurePolicy", verdict.message)
        if self.failed > self.spec["backoffLimit"] or has_restarted_too_often(self.job, self.pods):
            return self._doom("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        left_s = self.deadline_in_s(now)
        if left_s is not None and left_s <= 0:
            return self._doom("DeadlineExceeded", "Job was active longer than specified deadline")
        return self._verdict_on_indexes()

    def _verdict_on_indexes(self) -> Obj | None:
        if self.lost:
            most = self.spec.get("maxFailedIndexes")
            if most is not None and len(self.lost) > most:
                text = "Job has exceeded the specified maximal number of failed indexes"
                return self._doom("MaxFailedIndexesExceeded", text)
            if len(self.lost) + len(self.done) >= self.spec["completions"]:
                return self._doom("FailedIndexes", "Job has failed indexes")
        rule = matched_success_rule(self.job, self.done) if self.is_indexed else None
        if rule is not None:
            return self.condition("SuccessCriteriaMet", "SuccessPolicy", f"Matched rules at index {rule}")
        return None

    def deadline_in_s(self, now: float) -> float | None:
        """How long the Job may still be active, None without a limit."""
        limit_s, since = self.spec.get("activeDeadlineSeconds"), self.status.get("startTime")
        if limit_s is None or since is None or self.is_suspended:
            return None
        return parse_rfc3339(since) + float(limit_s) - now

    def success(self) -> Obj | None:
        """The condition of a Job that has all it wanted, None for any other."""
        completions = self.spec.get("completions")
        has_enough = self.succeeded > 0 if completions is None else self.succeeded >= completions
        if not has_enough or self.active_count:
            return None
        return self.condition("SuccessCriteriaMet", "CompletionsReached", REACHED)

    def condition(self, type: str, reason: str, message: str, status: str = "True") -> Obj:
        """A condition that holds from now on."""
        times = {"lastProbeTime": self._now, "lastTransitionTime": self._now}
        return {"type": type, "status": status, **times, "reason": reason, "message": message}

    def _doom(self, reason: str, message: str) -> Obj:
        return self.condition("FailureTarget", reason, message)

    def ensure(self, condition: Obj) -> bool:
        """Note a condition; False when that was said before, or denies what was never said."""
        conditions = self.status.get("conditions") or []
        known = next((each for each in conditions if each["type"] == condition["type"]), None)
        if known is None and condition["status"] == "False":
            return False
        if known is not None and all(known.get(n) == condition[n] for n in ("status", "reason", "message")):
            return False
        self.status["conditions"] = [condition if each is known else each for each in conditions]
        if known is None:
            self.status["conditions"].append(condition)
        return True

    def note_deleted(self, pod: Obj) -> None:
        """An active Pod is on its way out."""
        self.active_count -= 1
        self.ready_count -= is_ready(pod)
        self.terminating_count += 1

    def book(self, verdict: Obj | None) -> tuple[list[Obj], bool]:
        """Enter the Pods that have ended; answers those that may be let go, and whether that are all."""
        held, released, done = self.held_back(), [], set(self.done_before)
        pods = sorted(self.pods, key=lambda pod: index_of(pod) or 0) if self.is_indexed else self.pods
        is_over = verdict is not None or is_leaving(self.job)
        is_doomed = verdict is not None and verdict["type"] != "SuccessCriteriaMet"
        for pod in filter(is_tracked, pods):
            has_failed, index = is_failed(pod, self.job), index_of(pod)
            is_held = index is not None and held.get(index) is pod
            if not (is_over or _phase(pod) == "Succeeded" or (has_failed and not is_held)):
                continue
            released.append(pod)
            self._enter(pod, has_failed or is_doomed, done)
            if len(released) >= MOST_UNCOUNTED:
                break
        is_all = len(released) < MOST_UNCOUNTED
        if self.is_indexed:
            self.status["completedIndexes"] = indexes_text(done) or None
            self.status["succeeded"] = len(done)
        if self.has_limit_per_index:
            self.status["failedIndexes"] = indexes_text(self.lost)
        return released, is_all

    def _enter(self, pod: Obj, has_failed: bool, done: set[int]) -> None:
        uid, index = pod["metadata"]["uid"], index_of(pod)
        if _phase(pod) == "Succeeded" and uid not in self.uncounted["failed"]:
            if self.is_indexed:
                done.update({index} if index is not None and self._is_valid(pod) else ())
            elif uid not in self.uncounted["succeeded"]:
                self.uncounted["succeeded"].append(uid)
        elif has_failed and uid not in self.uncounted["failed"] and self._is_valid(pod) and judge(self.job, pod).counts:
            self.uncounted["failed"].append(uid)

    def count(self, tracked: set[str]) -> None:
        """Add to the counters the Pods whose uid is noted and that are held no more."""
        for name, uids in self.uncounted.items():
            left = [uid for uid in uids if uid in tracked]
            self.status[name] = self.status.get(name, 0) + len(uids) - len(left)
            self.uncounted[name] = left

    def changes(self) -> Obj:
        """What to write into the Job's status, nothing when it says so already."""
        before = self.job.get("status") or {}
        noted = before.get("uncountedTerminatedPods")
        wanted = {**self.status, "active": self.active_count, "ready": self.ready_count}
        wanted |= {"terminating": self.terminating_count}
        wanted |= {name: wanted.get(name) or None for name in ("active", "succeeded", "failed")}
        wanted.pop("uncountedTerminatedPods", None)
        changed = {name: value for name, value in wanted.items() if before.get(name) != value}
        uncounted = {name: uids or None for name, uids in self.uncounted.items()}
        if noted is None or any((noted.get(name) or None) != uids for name, uids in uncounted.items()):
            changed["uncountedTerminatedPods"] = uncounted
        return changed


def _phase(pod: Obj) -> str:
    phase: str = (pod.get("status") or {}).get("phase", "")
    return phase
