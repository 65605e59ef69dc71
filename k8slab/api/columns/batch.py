"""The columns of Jobs and CronJobs.

Source    pkg/printers/internalversion/printers.go (printJob, printCronJob)
"""

from __future__ import annotations

from typing import Any

from k8slab.api.columns.cells import NONE, Aging, Columns, age, since
from k8slab.objects import as_text, has_condition, parse_rfc3339

__all__ = ["COLUMNS"]

Obj = dict[str, Any]
Cells = list[Any]

WORKLOAD = ("*Containers", "*Images", "*Selector")


def _job(job: Obj) -> Cells:
    counts = [_status(job), _completions(job), _duration(job.get("status") or {}), age(job)]
    return [job["metadata"]["name"], *counts, *_containers(job["spec"])]


def _status(job: Obj) -> str:
    for word in ("Complete", "Failed"):
        if has_condition(job, word):
            return word
    if job["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return next((word for word in ("Suspended", "FailureTarget") if has_condition(job, word)), "Running")


def _completions(job: Obj) -> str:
    spec, succeeded = job["spec"], (job.get("status") or {}).get("succeeded", 0)
    if spec.get("completions") is not None:
        return f"{succeeded}/{spec['completions']}"
    at_once = spec.get("parallelism", 1)
    return f"{succeeded}/1 of {at_once}" if at_once > 1 else f"{succeeded}/1"


def _duration(status: Obj) -> Aging | str:
    if not status.get("startTime"):
        return ""
    took = since(status["startTime"])
    return took(parse_rfc3339(status["completionTime"])) if status.get("completionTime") else took


def _containers(spec: Obj) -> Cells:
    containers = spec["template"]["spec"].get("containers") or ()
    names, images = (",".join(c[field] for c in containers) for field in ("name", "image"))
    return [names, images, as_text(spec.get("selector") or {}) or NONE]


def _cron_job(cron_job: Obj) -> Cells:
    spec, status = cron_job["spec"], cron_job.get("status") or {}
    last = since(status["lastScheduleTime"]) if status.get("lastScheduleTime") else NONE
    return [
        cron_job["metadata"]["name"],
        spec["schedule"],
        spec.get("timeZone") or NONE,
        "True" if spec.get("suspend") else "False",
        len(status.get("active") or ()),
        last,
        age(cron_job),
        *_containers(spec["jobTemplate"]["spec"]),
    ]


COLUMNS: dict[str, Columns] = {
    "CronJob": Columns(
        ("Name", "Schedule", "Timezone", "Suspend", "Active", "Last Schedule", "Age", *WORKLOAD),
        _cron_job,
    ),
    "Job": Columns(("Name", "Status", "Completions", "Duration", "Age", *WORKLOAD), _job),
}
