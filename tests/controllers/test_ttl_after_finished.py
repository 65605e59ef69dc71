"""Jobs that are over are deleted after a time, if they say so."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench
from job_bench import job

from k8slab.client import After
from k8slab.controllers.ttl_after_finished import TtlAfterFinishedController

Obj = dict[str, Any]

CONTROLLER = TtlAfterFinishedController
DELETED = ["delete Job/pi"]


def end(type: str, status: str = "True") -> Obj:
    """A Job's status with one condition, ten seconds before the start of the cluster."""
    return {"conditions": [{"type": type, "status": status, "lastTransitionTime": "2025-12-31T23:59:50Z"}]}


@pytest.mark.parametrize(
    ("ttl_s", "status", "writes", "again"),
    [
        (0, end("Complete"), DELETED, None),
        (10, end("Complete"), DELETED, None),
        (10, end("Failed"), DELETED, None),
        (11, end("Complete"), [], After(1.0, background=True)),
        (100, end("Failed"), [], After(90.0, background=True)),
        (None, end("Complete"), [], None),
        (0, end("Complete", "False"), [], None),
        (0, end("SuccessCriteriaMet"), [], None),
        (0, end("Suspended"), [], None),
        (0, {}, [], None),
    ],
)
def test_a_job_is_deleted_when_it_has_been_over_for_its_time_to_live(
    bench: Bench, ttl_s: int | None, status: Obj, writes: list[str], again: After | None
) -> None:
    """Source: ttlafterfinished_controller.go, processTTL, needsCleanup, timeLeft."""
    bench.given({**job(ttlSecondsAfterFinished=ttl_s), "status": status})

    assert bench.reconcile("default/pi") == again
    assert bench.writes == writes


def test_a_job_that_is_over_stays_until_its_pods_have_gone(bench: Bench) -> None:
    """Source: kubernetes.io, "Automatic Cleanup for Finished Jobs": cascading, in the foreground."""
    bench.given({**job(ttlSecondsAfterFinished=0), "status": end("Complete")})

    bench.reconcile("default/pi")

    metadata = bench.client.get("Job", "pi", "default")["metadata"]
    assert (metadata["finalizers"], "deletionTimestamp" in metadata) == (["foregroundDeletion"], True)
    assert (bench.reconcile("default/pi"), bench.writes) == (None, [])


def test_time_to_live_that_was_changed_just_now_holds(bench: Bench) -> None:
    """Source: ttlafterfinished_controller.go, processJob: the latest Job is asked before it is deleted."""
    bench.given({**job(ttlSecondsAfterFinished=5), "status": end("Complete")})
    bench.reconcile("default/gone")
    bench.client.patch("Job", "pi", "default", {"spec": {"ttlSecondsAfterFinished": 60}})

    again = bench.controller.reconcile(next(iter(bench.informers.of("Job").objects)))

    assert (again, bench.writes) == (After(50.0, background=True), [])


def test_nothing_is_done_for_a_job_that_is_gone(bench: Bench) -> None:
    assert (bench.reconcile("default/pi"), bench.writes) == (None, [])
