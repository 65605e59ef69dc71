"""CronJobs: Jobs that start by the clock, what an earlier one still running means, and how many are kept."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench
from job_bench import job

from k8slab.client import After, Again
from k8slab.controllers.cronjob import CronJobController
from k8slab.objects import key_of, owner_reference
from k8slab.wire import Forbidden, Request, Response

Obj = dict[str, Any]

CONTROLLER = CronJobController
START = 1_767_225_600.0  # 2026-01-01T00:00:00Z, when the CronJobs of these tests are made
MINUTE = int(START) // 60
KEY = "default/hello"
COMPLETE = {"type": "Complete", "status": "True"}
FAILED = {"type": "Failed", "status": "True"}
TOO_MANY = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"


def given_cron_job(bench: Bench, schedule: str = "*/5 * * * *", **spec: Any) -> Obj:
    """Create a CronJob, and let nothing happen by itself."""
    bench.controller.queue._work = lambda key: None
    metadata = {"name": "hello", "namespace": "default"}
    body = {"schedule": schedule, "jobTemplate": {"spec": job()["spec"]}, **spec}
    made: Obj = bench.given({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": body})
    return made


def given_run(bench: Bench, owner: Obj, name: str, *ends: Obj, start: str = "", done: str = "") -> Obj:
    """A Job of the CronJob, with these conditions."""
    new = job(name)
    new["metadata"]["ownerReferences"] = [owner_reference(owner)]
    times = {"startTime": start, "completionTime": done}
    status = {"conditions": list(ends), **{field: text for field, text in times.items() if text}}
    made: Obj = bench.given({**new, "status": status})
    return made


def at(bench: Bench, minute: float) -> None:
    """Let time pass until so many minutes after the CronJob was made, and look at it."""
    bench.loop.run_until(START + 60 * minute)
    bench.reconcile(KEY)


def jobs(bench: Bench) -> list[str]:
    """The Jobs that are there; of those that were started by the clock, at which minute."""
    names = [found["metadata"]["name"] for found in bench.client.list("Job")]
    return sorted(f"+{int(n[6:]) - MINUTE}" if n[6:].isdigit() else n for n in names)


def status(bench: Bench, *names: str) -> list[Any]:
    """These fields of the CronJob's status; of active Jobs their names."""
    found = bench.client.get("CronJob", "hello", "default").get("status") or {}
    found = {**found, "active": [reference["name"] for reference in found.get("active") or ()]}
    return [found.get(name) for name in names]


@pytest.mark.parametrize(
    ("spec", "minute", "started"),
    [
        ({}, 4, []),
        ({}, 5, ["+5"]),
        ({}, 7, ["+5"]),
        ({}, 22, ["+20"]),
        ({"suspend": True}, 7, []),
        ({"startingDeadlineSeconds": 60}, 5.5, ["+5"]),
        ({"startingDeadlineSeconds": 60}, 7, []),
        ({"schedule": "30 5 * * *", "timeZone": "Asia/Kolkata"}, 5, ["+0"]),
        ({"schedule": "59 23 31 2 *"}, 5, []),
    ],
)
def test_the_latest_start_that_was_due_is_made(bench: Bench, spec: Obj, minute: float, started: list[str]) -> None:
    """Source: cronjob_controllerv2.go, syncCronJob."""
    made = given_cron_job(bench, **spec)
    earlier = {"lastScheduleTime": "2025-12-31T23:59:00Z"} if "timeZone" in spec else {}
    bench.client.patch_status(made, earlier)

    at(bench, minute)

    assert jobs(bench) == started
    assert len(status(bench, "active")[0]) == len(started)


@pytest.mark.parametrize(
    ("zone", "stamp"), [(None, "2026-01-01T00:05:00Z"), ("Europe/Berlin", "2026-01-01T01:05:00+01:00")]
)
def test_a_job_is_the_template_under_the_name_of_its_minute(bench: Bench, zone: str | None, stamp: str) -> None:
    """Source: utils.go, getJobFromTemplate2; kubernetes.io, "CronJob", Job creation."""
    template = {"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}, "spec": job()["spec"]}
    made = given_cron_job(bench, jobTemplate=template, timeZone=zone)

    at(bench, 5)

    (new,) = bench.client.list("Job")
    metadata = new["metadata"]
    assert (metadata["name"], metadata["labels"]["a"]) == (f"hello-{MINUTE + 5}", "b")
    assert (metadata["annotations"], metadata["ownerReferences"]) == (
        {"c": "d", "batch.kubernetes.io/cronjob-scheduled-timestamp": stamp},
        [owner_reference(made)],
    )
    assert status(bench, "active", "lastScheduleTime") == [[metadata["name"]], "2026-01-01T00:05:00Z"]
    assert bench.events() == [f"SuccessfulCreate: Created job {metadata['name']}"]


def test_the_next_look_is_when_the_next_start_is_due(bench: Bench) -> None:
    """Source: cronjob_controllerv2.go, syncCronJob (nextScheduleTimeDuration)."""
    given_cron_job(bench)
    bench.loop.run_until(START + 6 * 60)

    looks = [bench.reconcile(KEY), bench.reconcile(KEY)]

    assert looks == [After(pytest.approx(240.1), background=True)] * 2
    assert bench.writes == []


def test_a_start_is_made_once(bench: Bench) -> None:
    """Source: cronjob_controllerv2.go, syncCronJob: the scheduled time is already processed."""
    given_cron_job(bench)
    at(bench, 5)
    bench.client.delete("Job", f"hello-{MINUTE + 5}", "default", propagation="Background")

    at(bench, 6)
    at(bench, 7)

    assert (jobs(bench), status(bench, "active")) == ([], [[]])
    assert bench.events()[-1] == f"MissingJob: Active job went missing: hello-{MINUTE + 5}"


@pytest.mark.parametrize(
    ("policy", "running", "said"),
    [
        ("Allow", ["+10", "+5"], f"SuccessfulCreate: Created job hello-{MINUTE + 10}"),
        ("Replace", ["+10"], f"SuccessfulCreate: Created job hello-{MINUTE + 10}"),
        ("Forbid", ["+5"],
         "JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid"),
    ],
)  # fmt: skip
def test_what_happens_while_an_earlier_job_still_runs(bench: Bench, policy: str, running: list[str], said: str) -> None:
    """Source: kubernetes.io, "CronJob", Concurrency policy."""
    given_cron_job(bench, concurrencyPolicy=policy)
    at(bench, 5)

    at(bench, 10)

    active = [f"hello-{MINUTE + int(name)}" for name in running]
    assert (jobs(bench), sorted(status(bench, "active")[0])) == (running, sorted(active))
    assert [text for text in bench.events() if "Created job" not in text and text != said] == (
        [f"SuccessfulDelete: Deleted job hello-{MINUTE + 5}"] if policy == "Replace" else []
    )
    assert bench.events()[-1] == said


def test_a_forbidden_start_is_made_up_for_when_the_way_is_free(bench: Bench) -> None:
    """Source: kubernetes.io, "CronJob", Concurrency policy: a skipped start counts as missed."""
    given_cron_job(bench, concurrencyPolicy="Forbid")
    at(bench, 5)
    at(bench, 10)
    (first,) = bench.client.list("Job")
    bench.client.patch_status(first, {"conditions": [COMPLETE], "completionTime": "2026-01-01T00:11:00Z"})

    at(bench, 12)

    assert status(bench, "active", "lastScheduleTime") == [[f"hello-{MINUTE + 10}"], "2026-01-01T00:10:00Z"]


@pytest.mark.parametrize(("minutes", "said"), [(500, []), (501, []), (505, [f"TooManyMissedTimes: {TOO_MANY}"])])
def test_more_than_100_missed_starts_are_said_and_the_latest_is_made(
    bench: Bench, minutes: int, said: list[str]
) -> None:
    """Source: utils.go, nextScheduleTime; kubernetes.io, "CronJob", Job creation."""
    given_cron_job(bench)

    at(bench, minutes)

    assert jobs(bench) == [f"+{minutes // 5 * 5}"]
    assert bench.events() == [*said, f"SuccessfulCreate: Created job hello-{MINUTE + minutes // 5 * 5}"]


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ([COMPLETE], "SawCompletedJob: Saw completed job: once, condition: Complete"),
        ([FAILED], "SawCompletedJob: Saw completed job: once, condition: Failed"),
    ],
)
def test_a_job_that_ended_is_no_longer_active(bench: Bench, ends: list[Obj], said: str) -> None:
    """Source: cronjob_controllerv2.go, syncCronJob; batch/v1 CronJobStatus."""
    made = given_cron_job(bench, suspend=True)
    run = given_run(bench, made, "once", *ends, done="2026-01-01T00:01:00Z")
    bench.client.patch_status(made, {"active": [{"name": "once", "uid": run["metadata"]["uid"]}]})

    at(bench, 2)

    succeeded = "2026-01-01T00:01:00Z" if ends == [COMPLETE] else None
    assert status(bench, "active", "lastSuccessfulTime") == [[], succeeded]
    assert bench.events() == [said]


def test_the_latest_success_stays(bench: Bench) -> None:
    """Source: cronjob_controllerv2.go, syncCronJob: lastSuccessfulTime."""
    made = given_cron_job(bench, suspend=True)
    for name, done in (("a", "2026-01-01T00:02:00Z"), ("b", "2026-01-01T00:01:00Z")):
        given_run(bench, made, name, COMPLETE, done=done)

    at(bench, 3)

    assert status(bench, "lastSuccessfulTime") == ["2026-01-01T00:02:00Z"]


def test_a_job_that_somebody_else_started_is_noticed(bench: Bench) -> None:
    """Source: cronjob_controllerv2.go, syncCronJob (UnexpectedJob); kubectl create job --from."""
    made = given_cron_job(bench)
    given_run(bench, made, "manual")

    at(bench, 1)

    assert status(bench, "active") == [[]]
    assert bench.events() == ["UnexpectedJob: Saw a job that the controller did not create or forgot: manual"]


@pytest.mark.parametrize(
    ("limits", "kept"),
    [
        ({}, ["0", "a", "c", "run", "x"]),
        ({"successfulJobsHistoryLimit": 0}, ["run", "x"]),
        ({"successfulJobsHistoryLimit": 9, "failedJobsHistoryLimit": 0}, ["0", "a", "b", "c", "run"]),
        ({"successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 5}, ["0", "run", "x", "y"]),
        ({"successfulJobsHistoryLimit": 2}, ["0", "a", "run", "x"]),
    ],
)
def test_the_oldest_jobs_that_ended_are_cleared_away(bench: Bench, limits: Obj, kept: list[str]) -> None:
    """Source: cronjob_controllerv2.go, cleanupFinishedJobs; kubernetes.io, "CronJob", Jobs history limits."""
    made = given_cron_job(bench, suspend=True, **limits)
    for name, end, minute in [
        ("a", COMPLETE, 3),
        ("b", COMPLETE, 2),
        ("c", COMPLETE, 2),
        ("x", FAILED, 2),
        ("y", FAILED, 1),
    ]:
        given_run(bench, made, name, end, start=f"2026-01-01T00:0{minute}:00Z")
    given_run(bench, made, "0", COMPLETE)
    given_run(bench, made, "run", start="2026-01-01T00:00:00Z")

    at(bench, 9)

    assert jobs(bench) == kept
    assert sum(text.startswith("SuccessfulDelete: Deleted job ") for text in bench.events()) == 7 - len(kept)


def test_a_cron_job_that_leaves_starts_nothing(bench: Bench) -> None:
    """Source: cronjob_controllerv2.go, syncCronJob."""
    given_cron_job(bench)
    bench.client.delete("CronJob", "hello", "default", propagation="Foreground")

    at(bench, 6)

    assert jobs(bench) == []


@pytest.mark.parametrize("is_own", [True, False])
def test_a_job_that_is_there_already_is_taken_only_if_it_is_its_own(bench: Bench, is_own: bool) -> None:
    """Source: cronjob_controllerv2.go, syncCronJob: the name is the lock."""
    made = given_cron_job(bench)
    if is_own:
        given_run(bench, made, f"hello-{MINUTE + 5}")
    else:
        bench.given(job(f"hello-{MINUTE + 5}"))

    at(bench, 5)

    active = [f"hello-{MINUTE + 5}"] if is_own else []
    assert status(bench, "active", "lastScheduleTime") == [active, "2026-01-01T00:05:00Z" if is_own else None]


def test_what_hinders_a_new_job_is_said_and_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: cronjob_controllerv2.go, syncCronJob (FailedCreate)."""
    given_cron_job(bench)
    handle = bench.api.handle

    def refuse(request: Request) -> Response:
        if (request.verb, request.resource) == ("create", "jobs"):
            raise Forbidden("exceeded quota")
        return handle(request)

    monkeypatch.setattr(bench.api, "handle", refuse)
    with pytest.raises(Again):
        at(bench, 5)

    assert bench.events() == ["FailedCreate: Error creating job: exceeded quota"]


@pytest.mark.parametrize(
    ("before", "change", "started"),
    [
        ({"schedule": "0 9 * * *"}, {"schedule": "*/20 * * * *"}, ["+40"]),
        ({"schedule": "*/20 * * * *", "suspend": True}, {"suspend": False}, ["+20", "+40"]),
        ({"schedule": "*/20 * * * *", "timeZone": "Etc/UTC"}, {"timeZone": "Europe/Berlin"}, ["+20", "+40"]),
    ],
)
def test_a_new_schedule_makes_up_for_nothing_but_the_end_of_a_rest_does(
    bench: Bench, before: Obj, change: Obj, started: list[str]
) -> None:
    """Source: cronjob_controllerv2.go, updateCronJob; kubernetes.io, "CronJob", Schedule suspension."""
    work = bench.controller.queue._work
    given_cron_job(bench, **before)
    bench.controller.queue._work = work
    bench.reconcile("default/other")
    bench.loop.run_until(START + 60 * 30)

    bench.client.patch("CronJob", "hello", "default", {"spec": change})
    bench.loop.run_until(START + 60 * 41)

    assert jobs(bench) == started


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"schedule": "every day"},
         'UnparseableSchedule: unparseable schedule: "every day" : expected exactly 5 fields, found 2: [every day]'),
        ({"timeZone": "Mars/Base"}, 'UnknownTimeZone: invalid timeZone: "Mars/Base": unknown time zone Mars/Base'),
        ({"schedule": "59 23 31 2 *"}, "InvalidSchedule: invalid schedule: 59 23 31 2 * : "
         "time difference between two schedules is less than 1 second"),
    ],
)  # fmt: skip
def test_a_schedule_that_nobody_can_follow_is_said(bench: Bench, spec: Obj, said: str) -> None:
    """Source: cronjob_controllerv2.go, syncCronJob; such objects were stored before the server refused them."""
    made = given_cron_job(bench)
    bench.reconcile(KEY)
    bench.controller.cron_jobs.objects[key_of(made)] = {**made, "spec": {**made["spec"], **spec}}

    assert bench.controller.reconcile(key_of(made)) is None
    assert bench.events() == [said]


def test_a_namespace_that_is_going_is_no_failure(bench: Bench) -> None:
    """Source: cronjob_controllerv2.go, syncCronJob: NamespaceTerminatingCause."""
    made = given_cron_job(bench)
    bench.given({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    bench.given({**made, "metadata": {"name": "hello", "namespace": "shop"}})
    bench.client.delete("Namespace", "shop")
    bench.loop.run_until(START + 300)

    bench.reconcile("shop/hello")

    assert (bench.writes, bench.events()) == (["create Job -> 403"], [])
