"""Start a Job whenever the schedule of a CronJob says so.

Watches   CronJobs, and Jobs through their owner.
Compares  the last start with the schedule; the Jobs that run with concurrencyPolicy; those that ended with the limits.
Writes    creates and deletes Jobs; patches its own status.
Source    pkg/controller/cronjob/cronjob_controllerv2.go, syncCronJob, cleanupFinishedJobs, updateCronJob
Left out  TZ= in a schedule; MissSchedule, which the code can no longer say; metrics
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from k8slab.client import After, Again, Client, Controller, Informers, owner_key
from k8slab.clock import Scheduling
from k8slab.controllers.batches import is_place_closing
from k8slab.controllers.cronjob_times import Due, latest_start, next_start_in_s, schedule_of
from k8slab.controllers.job_pods import finished_condition
from k8slab.controllers.pods import index_pods_by_owner
from k8slab.objects import Key, Schedule, controller_of, is_leaving, key_of, owner_reference, rfc3339
from k8slab.wire import AlreadyExists, ApiError

__all__ = ["CronJobController"]

Obj = dict[str, Any]

MOST_MISSED = 100
SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
TOO_MANY = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
FORBIDDEN = "Not starting job because prior execution is running and concurrency policy is Forbid"
HISTORY = (("Complete", "successfulJobsHistoryLimit"), ("Failed", "failedJobsHistoryLimit"))


class CronJobController(Controller):
    """Looks at each CronJob when it is due, and whenever one of its Jobs changes."""

    name = "cronjob-controller"
    watches = {"CronJob": lambda obj: (), "Job": owner_key("CronJob")}  # how CronJobs are watched, `_changed` says

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.cron_jobs = self.informer("CronJob")
        self.jobs = self.informer("Job")
        index_pods_by_owner(self.jobs)
        self.cron_jobs.on_change(self._changed)

    def _changed(self, old: Obj | None, new: Obj | None) -> None:
        """Look at it now; or, with a new schedule, when that is due next: what it would have started is not made up."""
        if old is None or new is None or _timing(old) == _timing(new):
            self.enqueue(key_of(new or old or {}))
            return
        wait_s = next_start_in_s(new, schedule_of(new), self.loop.now)
        if wait_s is not None:
            self.queue.add_after(key_of(new), wait_s, background=True)

    def reconcile(self, key: Key) -> After | None:
        """Clear away old Jobs, note how the others are doing, and start one if it is time."""
        cron_job = self.cron_jobs.get(key)
        if cron_job is None:
            return None
        jobs = self.jobs.by_index("owner", cron_job["metadata"]["uid"])
        books = _Books(cron_job)
        try:
            self._clear_away(books, jobs)
            self._look_at(books, jobs)
            return None if is_leaving(cron_job) or cron_job["spec"].get("suspend") else self._run(books)
        finally:
            if changes := books.changes():
                self.client.patch_status(cron_job, changes)

    def _clear_away(self, books: _Books, jobs: list[Obj]) -> None:
        """Delete the oldest Jobs that ended, beyond as many as are kept of each kind."""
        for type, limit in HISTORY:
            ended = [job for job in jobs if (finished_condition(job) or {}).get("type") == type]
            for job in sorted(ended, key=_age)[: max(len(ended) - books.spec[limit], 0)]:
                self._delete(books, job["metadata"])

    def _look_at(self, books: _Books, jobs: list[Obj]) -> None:
        """Note which Jobs run no longer, and when one last succeeded."""
        for job in jobs:
            name, end = job["metadata"]["name"], finished_condition(job)
            if end is None:
                if not books.has("uid", job["metadata"]["uid"]):
                    text = f"Saw a job that the controller did not create or forgot: {name}"
                    self.recorder.event(books.cron_job, "Warning", "UnexpectedJob", text)
                continue
            if books.remove(job["metadata"]["uid"]):
                text = f"Saw completed job: {name}, condition: {end['type']}"
                self.recorder.event(books.cron_job, "Normal", "SawCompletedJob", text)
            if end["type"] == "Complete":
                books.note_success(job["status"].get("completionTime") or "")
        known = {job["metadata"]["uid"] for job in jobs}
        for reference in [each for each in books.active if each["uid"] not in known]:
            books.remove(reference["uid"])
            text = f"Active job went missing: {reference['name']}"
            self.recorder.event(books.cron_job, "Normal", "MissingJob", text)

    def _run(self, books: _Books) -> After | None:
        """Start the Job that is due, if one is; answers when to look again."""
        found = self._due(books)
        if found is None:
            return None
        schedule, due = found
        if due.moment is not None:
            if due.starts > MOST_MISSED:
                self._complain(books, "TooManyMissedTimes", TOO_MANY)
            self._start(books, due.moment)
        wait_s = next_start_in_s(books.cron_job, schedule, self.loop.now)
        return After(wait_s, background=True) if wait_s is not None else None

    def _due(self, books: _Books) -> tuple[Schedule, Due] | None:
        """The schedule and what is due by it; None if nobody can understand it, which is said."""
        text, zone = books.spec["schedule"], books.spec.get("timeZone")
        try:
            schedule = schedule_of(books.cron_job)
        except ValueError as error:
            self._complain(books, "UnparseableSchedule", f'unparseable schedule: "{text}" : {error}')
            return None
        try:
            return schedule, latest_start(books.cron_job, schedule, self.loop.now)
        except ZoneInfoNotFoundError:
            self._complain(books, "UnknownTimeZone", f'invalid timeZone: "{zone}": unknown time zone {zone}')
        except ValueError as error:
            self._complain(books, "InvalidSchedule", f"invalid schedule: {text} : {error}")
        return None

    def _start(self, books: _Books, moment: float) -> None:
        """Create the Job of this moment, unless that was done, or another one is in its way."""
        policy, new = books.spec["concurrencyPolicy"], _new_job(books.cron_job, moment)
        if books.has("name", new["metadata"]["name"]):
            return
        if policy == "Forbid" and books.active:
            self.recorder.event(books.cron_job, "Normal", "JobAlreadyActive", FORBIDDEN)
            return
        if policy == "Replace" and not all(self._delete(books, reference) for reference in list(books.active)):
            raise Again
        job = self._create(books, new)
        if job is not None and not books.has("uid", job["metadata"]["uid"]):
            books.active.append(_reference(job))
            books.status["lastScheduleTime"] = rfc3339(moment)

    def _create(self, books: _Books, new: Obj) -> Obj | None:
        """The Job as it is now; None if one of its name belongs to somebody else, or if none can be made any more."""
        name, namespace = new["metadata"]["name"], new["metadata"]["namespace"]
        try:
            job = self.client.create(new)
        except AlreadyExists:
            found = self.client.get("Job", name, namespace)
            owner = controller_of(found)
            return found if owner and owner["uid"] == books.cron_job["metadata"]["uid"] else None
        except ApiError as error:
            if is_place_closing(error):
                return None
            self._complain(books, "FailedCreate", f"Error creating job: {error.message}")
            raise Again from error
        self.recorder.event(books.cron_job, "Normal", "SuccessfulCreate", f"Created job {name}")
        return job

    def _delete(self, books: _Books, job: Obj) -> bool:
        """Delete a Job, given its metadata or a reference to it; its Pods follow. False when that is refused."""
        try:
            self.client.delete("Job", job["name"], job["namespace"], propagation="Background", uid=job["uid"])
        except ApiError as error:
            self._complain(books, "FailedDelete", f"Deleted job: {error.message}")
            return False
        books.remove(job["uid"])
        self.recorder.event(books.cron_job, "Normal", "SuccessfulDelete", f"Deleted job {job['name']}")
        return True

    def _complain(self, books: _Books, reason: str, message: str) -> None:
        self.recorder.event(books.cron_job, "Warning", reason, message)


class _Books:
    """A CronJob and what its status ought to say: which Jobs are active, the last start, the last success."""

    def __init__(self, cron_job: Obj) -> None:
        self.cron_job, self.spec = cron_job, cron_job["spec"]
        self.status: Obj = dict(cron_job.get("status") or {})
        self.active: list[Obj] = list(self.status.get("active") or ())

    def has(self, field: str, value: str) -> bool:
        """A Job with this name or uid is noted as active."""
        return any(reference[field] == value for reference in self.active)

    def remove(self, uid: str) -> bool:
        """Note that a Job is no longer active; False if it was not."""
        before, self.active = self.active, [reference for reference in self.active if reference["uid"] != uid]
        return len(before) > len(self.active)

    def note_success(self, moment: str) -> None:
        """Note when a Job succeeded, if none did later."""
        if moment > self.status.get("lastSuccessfulTime", ""):
            self.status["lastSuccessfulTime"] = moment

    def changes(self) -> Obj:
        """What to write into the status."""
        before, wanted = self.cron_job.get("status") or {}, {**self.status, "active": self.active or None}
        return {name: value for name, value in wanted.items() if before.get(name) != value}


def _new_job(cron_job: Obj, moment: float) -> Obj:
    """The Job for one start, named after the minute so that none is made twice."""
    metadata, template, zone = cron_job["metadata"], cron_job["spec"]["jobTemplate"], cron_job["spec"].get("timeZone")
    given = template.get("metadata") or {}
    local = datetime.fromtimestamp(int(moment), ZoneInfo(zone) if zone else UTC)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{metadata['name']}-{int(moment) // 60}",
            "namespace": metadata["namespace"],
            "labels": given.get("labels") or {},
            "annotations": {**(given.get("annotations") or {}), SCHEDULED: local.isoformat().replace("+00:00", "Z")},
            "ownerReferences": [owner_reference(cron_job)],
        },
        "spec": template["spec"],
    }


def _reference(job: Obj) -> Obj:
    fields = ("name", "namespace", "uid", "resourceVersion")
    return {"kind": "Job", "apiVersion": "batch/v1", **{name: job["metadata"][name] for name in fields}}


def _timing(cron_job: Obj) -> tuple[str, str]:
    return cron_job["spec"]["schedule"], cron_job["spec"].get("timeZone") or ""


def _age(job: Obj) -> tuple[bool, str, str]:
    start = (job.get("status") or {}).get("startTime") or ""
    return not start, start, job["metadata"]["name"]
