"""Jobs: how many Pods run, how their ends are counted, and when a Job is over."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench
from job_bench import TRACKING, conditions, counts, given_job, job, status_of

from k8slab.client import After
from k8slab.controllers.job import JobController

Obj = dict[str, Any]

CONTROLLER = JobController
STATUS = "patch Job/pi/status"
FIVE_BY_TWO = {"completions": 5, "parallelism": 2}


@pytest.mark.parametrize(
    ("spec", "phases", "made", "deleted", "active", "succeeded"),
    [
        ({}, "", 1, 0, 1, None),
        (FIVE_BY_TWO, "", 2, 0, 2, None),
        (FIVE_BY_TWO, "R", 1, 0, 2, None),
        (FIVE_BY_TWO, "RR", 0, 0, 2, None),
        (FIVE_BY_TWO, "SSR", 1, 0, 2, 2),
        (FIVE_BY_TWO, "SSSS", 1, 0, 1, 4),
        (FIVE_BY_TWO, "SSSSR", 0, 0, 1, 4),
        (FIVE_BY_TWO, "SSSSRR", 0, 1, 1, 4),
        ({"completions": 5, "parallelism": 0}, "RR", 0, 2, None, None),
        ({"parallelism": 3}, "", 3, 0, 3, None),
        ({"parallelism": 3}, "SRR", 0, 0, 2, 1),
    ],
)
def test_as_many_pods_run_as_there_is_still_to_do_but_no_more_than_parallelism(
    bench: Bench, spec: Obj, phases: str, made: int, deleted: int, active: int | None, succeeded: int | None
) -> None:
    """Source: job_controller.go, manageJob; kubernetes.io, "Jobs", Parallel execution for Jobs."""
    given_job(bench, job(**spec), phases)

    bench.reconcile("default/pi")

    assert counts(bench) == (made, deleted)
    assert status_of(bench, "active", "succeeded") == [active, succeeded]


@pytest.mark.parametrize(
    ("spec", "phases", "is_complete"),
    [
        ({}, "S", True),
        ({"completions": 2, "parallelism": 2}, "SS", True),
        ({"completions": 2, "parallelism": 2}, "SF", False),
        ({"completions": 0}, "", True),
        ({"parallelism": 3}, "SSS", True),
        ({"parallelism": 3}, "SFF", True),
        ({"parallelism": 3}, "SSR", False),
    ],
)
def test_a_job_is_complete_when_enough_pods_have_succeeded_and_none_runs(
    bench: Bench, spec: Obj, phases: str, is_complete: bool
) -> None:
    """Source: job_controller.go, syncJob, enactJobFinished."""
    given_job(bench, job(**spec), phases)

    bench.reconcile("default/pi")

    reached = ["SuccessCriteriaMet: CompletionsReached", "Complete: CompletionsReached"]
    assert conditions(bench) == (reached if is_complete else [])
    assert ("Completed: Job completed" in bench.events()) == is_complete
    assert (status_of(bench, "completionTime") != [None]) == is_complete


def test_more_success_than_wanted_is_said(bench: Bench) -> None:
    """Source: job_controller.go, recordJobFinished."""
    given_job(bench, job(), "SS")

    bench.reconcile("default/pi")

    text = "TooManySucceededPods: Too many succeeded pods running after completion count reached"
    assert bench.events() == [text, "Completed: Job completed"]
    assert status_of(bench, "succeeded") == [2]


def test_a_new_pod_is_held_by_a_finalizer_and_named_after_its_job(bench: Bench) -> None:
    """Source: job_controller.go, manageJob (appendJobCompletionFinalizerIfNotFound)."""
    given_job(bench, job())

    bench.reconcile("default/pi")

    (made,) = bench.client.list("Pod")
    metadata = made["metadata"]
    assert (metadata["generateName"], metadata["finalizers"]) == ("pi-", [TRACKING])
    assert metadata["labels"]["batch.kubernetes.io/job-name"] == "pi"
    assert bench.events() == [f"SuccessfulCreate: Created pod: {metadata['name']}"]


def test_a_first_look_writes_the_start_and_what_runs(bench: Bench) -> None:
    """Source: kubernetes.io, "Jobs", Running an example Job."""
    given_job(bench, job(**FIVE_BY_TWO), "RP")

    bench.reconcile("default/pi")

    names = ("startTime", "active", "ready", "terminating", "uncountedTerminatedPods")
    assert status_of(bench, *names) == ["2026-01-01T00:00:00Z", 2, 1, 0, {}]
    assert bench.writes == [STATUS]


def test_a_second_look_at_the_same_pods_writes_nothing(bench: Bench) -> None:
    given_job(bench, job(**FIVE_BY_TWO), "SSRR")
    bench.reconcile("default/pi")

    bench.reconcile("default/pi")

    assert bench.writes == []


def test_an_end_is_written_down_before_the_pod_is_let_go_and_counted_after(bench: Bench) -> None:
    """Source: job_controller.go, trackJobStatusAndRemoveFinalizers; KEP-2307."""
    given_job(bench, job(parallelism=0, completions=2), "SF")

    bench.reconcile("default/pi")

    assert bench.writes == [STATUS, "patch Pod/pi-0", "patch Pod/pi-1", STATUS]
    assert status_of(bench, "succeeded", "failed", "uncountedTerminatedPods") == [1, 1, {}]
    assert [pod["metadata"].get("finalizers") for pod in bench.client.list("Pod")] == [None, None]


@pytest.mark.parametrize("is_held", [True, False])
def test_a_pod_that_was_written_down_before_a_crash_is_counted_once(bench: Bench, is_held: bool) -> None:
    """Source: KEP-2307, "Job tracking with finalizers": the controller may crash between any two writes."""
    made = given_job(bench, job(parallelism=3, completions=3), "S")
    (pod,) = bench.client.list("Pod")
    noted = {"succeeded": [pod["metadata"]["uid"]]}
    bench.client.patch_status(made, {"uncountedTerminatedPods": noted, "startTime": "2026-01-01T00:00:00Z"})
    if not is_held:
        bench.client.patch("Pod", "pi-0", "default", {"metadata": {"finalizers": None}}, type="merge")

    bench.reconcile("default/pi")

    assert status_of(bench, "succeeded", "uncountedTerminatedPods") == [1, {}]
    assert counts(bench) == (2, 0)


def test_a_failure_that_was_written_down_before_a_crash_counts_once_and_towards_the_limit(bench: Bench) -> None:
    """Source: job_controller.go, syncJob: status.failed + new + uncounted."""
    made = given_job(bench, job(backoffLimit=0), "F")
    (pod,) = bench.client.list("Pod")
    bench.client.patch_status(made, {"uncountedTerminatedPods": {"failed": [pod["metadata"]["uid"]]}})

    bench.reconcile("default/pi")

    assert status_of(bench, "failed", "uncountedTerminatedPods") == [1, {}]
    assert conditions(bench)[-1] == "Failed: BackoffLimitExceeded"


def test_a_step_counts_no_more_than_so_many_pods(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: job_controller.go, MaxUncountedPods: the Job is not over before all are counted."""
    monkeypatch.setattr("k8slab.controllers.job_tally.MOST_UNCOUNTED", 2)
    given_job(bench, job(completions=3, parallelism=3), "SSS")

    bench.reconcile("default/pi")
    assert (status_of(bench, "succeeded"), conditions(bench)) == ([2], ["SuccessCriteriaMet: CompletionsReached"])
    bench.reconcile("default/pi")

    assert status_of(bench, "succeeded") == [3]
    assert conditions(bench)[-1] == "Complete: CompletionsReached"


def test_a_counted_pod_that_is_deleted_stays_counted(bench: Bench) -> None:
    """Source: KEP-2307, Motivation."""
    given_job(bench, job(**FIVE_BY_TWO), "SS")
    bench.reconcile("default/pi")
    for name in ("pi-0", "pi-1"):
        bench.client.delete("Pod", name, "default", grace_s=0)

    bench.reconcile("default/pi")

    assert status_of(bench, "succeeded", "active") == [2, 2]


def test_a_deleted_pod_waits_until_it_is_counted_as_failed(bench: Bench) -> None:
    """Source: job_controller.go, isPodFailed."""
    given_job(bench, job(parallelism=1), "R")
    bench.client.delete("Pod", "pi-0", "default", grace_s=0)
    assert len(bench.client.list("Pod")) == 1

    bench.reconcile("default/pi")

    assert status_of(bench, "failed") == [1]
    assert [pod for pod in bench.client.list("Pod") if pod["metadata"]["name"] == "pi-0"] == []


def test_a_job_of_another_manager_is_left_alone(bench: Bench) -> None:
    """Source: kubernetes.io, "Jobs", Delegation of managing a Job object to external controller."""
    given_job(bench, job(managedBy="acme.io/jobs"), "S")

    bench.reconcile("default/pi")

    assert bench.writes == []


def test_the_deadline_is_looked_at_when_it_is_due(bench: Bench) -> None:
    """Source: job_controller.go, syncJob: AddAfter(activeDeadlineSeconds)."""
    given_job(bench, job(activeDeadlineSeconds=60), "R")

    assert bench.reconcile("default/pi") == After(60.0, background=True)
