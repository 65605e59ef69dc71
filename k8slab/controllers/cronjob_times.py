"""When a CronJob ought to have started last, how many starts it has missed, and when it starts next.

Source    pkg/controller/cronjob/utils.go (mostRecentScheduleTime, nextScheduleTimeDuration)
"""

from __future__ import annotations

from typing import Any, NamedTuple

from k8slab.objects import Schedule, parse_rfc3339, parse_schedule

__all__ = ["Due", "latest_start", "next_start_in_s", "schedule_of"]

Obj = dict[str, Any]

LATE_S = 0.1  # upstream: nextScheduleDelta, for clocks that differ a little
NEVER = "time difference between two schedules is less than 1 second"


class Due(NamedTuple):
    """The latest start that was due by now, None if none was; and about how many were."""

    moment: float | None = None
    starts: int = 0


def schedule_of(cron_job: Obj) -> Schedule:
    """The CronJob's schedule in its time zone. Raises ValueError with the words of the real server."""
    spec = cron_job["spec"]
    return parse_schedule(spec["schedule"], spec.get("timeZone") or "")


def latest_start(cron_job: Obj, schedule: Schedule, now: float, *, heeds_deadline: bool = True) -> Due:
    """What was due since the last start, or since the CronJob was made, or since startingDeadlineSeconds ago.

    Starts are counted as if all were as far apart as the first two. Raises ValueError for a schedule without any.
    """
    earliest, deadline_s = _last_start(cron_job), cron_job["spec"].get("startingDeadlineSeconds")
    if heeds_deadline and deadline_s is not None:
        earliest = max(earliest, now - float(deadline_s))
    first = schedule.after(earliest)
    second = schedule.after(first) if first is not None else None
    if first is None or second is None:
        raise ValueError(NEVER)
    if now < first:
        return Due()
    if now < second:
        return Due(first, 1)
    apart_s = second - first
    starts, latest = int((now - first) // apart_s) + 1, None
    moment = schedule.after(first + (starts - 2) * apart_s)
    while moment is not None and moment <= now:
        latest, moment = moment, schedule.after(moment)
    return Due(latest, starts)


def next_start_in_s(cron_job: Obj, schedule: Schedule, now: float) -> float | None:
    """How long until the next start, however many were missed; None if there is never one."""
    try:
        due = latest_start(cron_job, schedule, now, heeds_deadline=False)
    except ValueError:
        return None
    since = now if due.starts else _last_start(cron_job)
    moment = schedule.after(due.moment if due.moment is not None else since)
    return moment + LATE_S - now if moment is not None else None


def _last_start(cron_job: Obj) -> float:
    started = (cron_job.get("status") or {}).get("lastScheduleTime")
    return parse_rfc3339(started or cron_job["metadata"]["creationTimestamp"])
