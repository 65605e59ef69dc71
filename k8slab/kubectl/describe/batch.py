"""kubectl describe job and cronjob.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeJob and describeCronJob
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.layout import NONE, head, marks, names
from k8slab.kubectl.describe.moments import date
from k8slab.kubectl.describe.pods import controlled_by, pod_template
from k8slab.objects import as_text, human_age, parse_rfc3339

__all__ = [
    "cronjob",
    "job",
]

Obj = dict[str, Any]

UNSET = "<unset>"
MOST_INDEXES = 50  # characters of them


def job(client: Client, obj: Obj) -> Iterator[str]:
    """A Job: what it wants, how far it is, its template."""
    spec, status = obj["spec"], obj.get("status") or {}
    yield from names(obj)
    yield f"Selector:\t{as_text(spec.get('selector') or {})}"
    yield from marks(obj)
    yield from controlled_by(obj)
    yield f"Parallelism:\t{spec.get('parallelism', UNSET)}"
    yield f"Completions:\t{spec.get('completions', UNSET)}"
    words = {"completionMode": "Completion Mode", "suspend": "Suspend", "backoffLimit": "Backoff Limit",
             "ttlSecondsAfterFinished": "TTL Seconds After Finished"}  # fmt: skip
    yield from (f"{word}:\t{_text(spec[field])}" for field, word in words.items() if field in spec)
    yield from _times(status)
    if "activeDeadlineSeconds" in spec:
        yield f"Active Deadline Seconds:\t{spec['activeDeadlineSeconds']}s"
    ready = f" ({status['ready']} Ready)" if "ready" in status else ""
    counts = f"{status.get('succeeded', 0)} Succeeded / {status.get('failed', 0)} Failed"
    yield f"Pods Statuses:\t{status.get('active', 0)} Active{ready} / {counts}"
    if spec.get("completionMode") == "Indexed":
        yield f"Completed Indexes:\t{_capped(status.get('completedIndexes', '')) or NONE}"
    yield from pod_template(spec["template"])


def _times(status: Obj) -> Iterator[str]:
    started, completed = status.get("startTime"), status.get("completionTime")
    if started:
        yield f"Start Time:\t{date(started)}"
    if completed:
        yield f"Completed At:\t{date(completed)}"
    if started and completed:
        yield f"Duration:\t{human_age(parse_rfc3339(completed) - parse_rfc3339(started))}"


def _capped(indexes: str) -> str:
    """The list up to the first comma behind the longest that is shown whole."""
    comma = indexes.find(",", MOST_INDEXES)
    return indexes if comma < 0 else indexes[: comma + 1] + "..."


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def cronjob(client: Client, obj: Obj) -> Iterator[str]:
    """A CronJob: its times, the Job it starts, and those that run."""
    spec, status, template = obj["spec"], obj.get("status") or {}, obj["spec"]["jobTemplate"]["spec"]
    yield from head(obj)
    yield f"Schedule:\t{spec['schedule']}"
    yield f"Concurrency Policy:\t{spec.get('concurrencyPolicy', '')}"
    yield f"Suspend:\t{str(spec.get('suspend', False)).capitalize()}"
    yield f"Time Zone:\t{spec.get('timeZone', UNSET)}"
    yield f"Successful Job History Limit:\t{spec.get('successfulJobsHistoryLimit', UNSET)}"
    yield f"Failed Job History Limit:\t{spec.get('failedJobsHistoryLimit', UNSET)}"
    yield f"Starting Deadline Seconds:\t{_seconds(spec, 'startingDeadlineSeconds')}"
    yield f"Selector:\t{as_text(template['selector']) if template.get('selector') else UNSET}"
    yield f"Parallelism:\t{template.get('parallelism', UNSET)}"
    yield f"Completions:\t{template.get('completions', UNSET)}"
    if "activeDeadlineSeconds" in template:
        yield f"Active Deadline Seconds:\t{_seconds(template, 'activeDeadlineSeconds')}"
    yield from pod_template(template["template"])
    yield f"Last Schedule Time:\t{date(status['lastScheduleTime']) if status.get('lastScheduleTime') else UNSET}"
    yield f"Active Jobs:\t{', '.join(job['name'] for job in status.get('active') or ()) or NONE}"


def _seconds(spec: Obj, field: str) -> str:
    return f"{spec[field]}s" if field in spec else UNSET
