"""When CronJobs start: what is due, how much was missed, and when to look again."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.controllers.cronjob_times import Due, latest_start, next_start_in_s, schedule_of
from k8slab.objects import parse_rfc3339

Obj = dict[str, Any]

MADE = "2026-01-01T10:05:00Z"


def cron_job(schedule: str, last: str = "", **spec: Any) -> Obj:
    """A CronJob made at five past ten on the first of January."""
    status = {"lastScheduleTime": last} if last else {}
    return {"metadata": {"creationTimestamp": MADE}, "spec": {"schedule": schedule, **spec}, "status": status}


def at(text: str) -> float:
    """A moment of the year 2026: `02T10:00:00` is in January, `03-08T10:00:00` in March."""
    return parse_rfc3339(f"2026-{text if text.count('-') else '01-' + text}Z")


@pytest.mark.parametrize(
    ("schedule", "last", "now", "moment", "starts"),
    [
        ("0 * * * *", "", "01T10:59:59", None, 0),
        ("0 * * * *", "", "01T11:00:00", "01T11:00:00", 1),
        ("0 * * * *", "", "01T11:59:59", "01T11:00:00", 1),
        ("0 * * * *", "2026-01-01T11:00:00Z", "01T11:30:00", None, 0),
        ("0 * * * *", "2026-01-01T11:00:00Z", "01T12:00:00", "01T12:00:00", 1),
        ("0 * * * *", "", "01T12:00:00", "01T12:00:00", 2),
        ("0 * * * *", "", "01T15:10:00", "01T15:00:00", 5),
        ("0 * * * *", "", "09T15:10:00", "09T15:00:00", 197),
        ("*/5 * * * *", "", "01T18:24:59", "01T18:20:00", 99),
        ("@every 1h", "", "01T13:10:00", "01T13:05:00", 3),
        ("30 6-16/4 * * 1-5", "", "05T07:00:00", "05T06:30:00", 24),
        ("0 0 29 2 *", "", "01T13:10:00", None, 0),
    ],
)
def test_the_latest_start_that_was_due(schedule: str, last: str, now: str, moment: str | None, starts: int) -> None:
    """Source: utils.go, mostRecentScheduleTime; utils_test.go, TestMostRecentScheduleTime."""
    obj = cron_job(schedule, last)

    due = latest_start(obj, schedule_of(obj), at(now))

    assert due == Due(at(moment) if moment else None, starts)


@pytest.mark.parametrize(
    ("deadline_s", "moment", "starts"),
    [
        (None, "02T10:00:00", 24),
        (3600, "02T10:00:00", 1),
        (1800, None, 0),
        (7200, "02T10:00:00", 2),
        (999999, "02T10:00:00", 24),
    ],
)
def test_only_starts_within_the_deadline_are_made_up_for(
    deadline_s: int | None, moment: str | None, starts: int
) -> None:
    """Source: kubernetes.io, "CronJob", Deadline for delayed Job start."""
    obj = cron_job("0 * * * *", startingDeadlineSeconds=deadline_s)

    due = latest_start(obj, schedule_of(obj), at("02T10:45:00"))

    assert due == Due(at(moment) if moment else None, starts)


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("Etc/UTC", "01-02T02:30:00"),
        ("Europe/Berlin", "01-02T01:30:00"),
        ("America/New_York", "01-01T07:30:00"),
        ("Asia/Kolkata", "01-01T21:00:00"),
    ],
)
def test_a_schedule_is_read_in_its_time_zone(zone: str, moment: str) -> None:
    """Source: kubernetes.io, "CronJob", Time zones."""
    obj = cron_job("30 2 * * *", "2026-01-01T07:00:00Z", timeZone=zone)

    assert latest_start(obj, schedule_of(obj), at("02T07:00:00")).moment == at(moment)


def test_a_time_of_day_that_the_clocks_skip_has_no_start() -> None:
    """Source: robfig/cron, spec.go (Next); 2026-03-29, 2 o'clock is 3 o'clock in Berlin."""
    obj = cron_job("30 2 * * *", "2026-03-28T02:00:00Z", timeZone="Europe/Berlin")

    assert latest_start(obj, schedule_of(obj), at("03-29T12:00:00")) == Due()


def test_a_day_that_never_comes_is_an_error() -> None:
    """Source: utils.go, mostRecentScheduleTime."""
    obj = cron_job("59 23 31 2 *")

    with pytest.raises(ValueError, match="time difference between two schedules is less than 1 second"):
        latest_start(obj, schedule_of(obj), at("01T11:00:00"))
    assert next_start_in_s(obj, schedule_of(obj), at("01T11:00:00")) is None


@pytest.mark.parametrize(
    ("schedule", "last", "now", "wait_s"),
    [
        ("0 * * * *", "", "01T10:05:00", 55 * 60),
        ("0 * * * *", "2026-01-01T11:00:00Z", "01T11:00:00", 3600),
        ("0 * * * *", "", "01T15:10:00", 50 * 60),
        ("@every 1h", "", "01T10:05:00", 3600),
        ("@every 1h", "", "01T10:35:00", 1800),
        ("30 6-16/4 * * 1-5", "2026-01-02T14:30:00Z", "02T14:30:00", 64 * 3600),
    ],
)
def test_the_next_look_comes_just_after_the_next_start(schedule: str, last: str, now: str, wait_s: float) -> None:
    """Source: utils.go, nextScheduleTimeDuration: 100 ms later, for clocks that differ."""
    obj = cron_job(schedule, last)

    assert next_start_in_s(obj, schedule_of(obj), at(now)) == pytest.approx(wait_s + 0.1)


def test_the_deadline_does_not_put_off_the_next_look() -> None:
    """Source: utils.go, nextScheduleTimeDuration: startingDeadlineSeconds is left aside."""
    obj = cron_job("0 * * * *", startingDeadlineSeconds=10)

    assert next_start_in_s(obj, schedule_of(obj), at("01T15:10:00")) == pytest.approx(50 * 60 + 0.1)
