"""Whose a Job's Pods are: adopted, released, left behind; and what happens when Pods cannot be made."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench
from job_bench import TRACKING, conditions, counts, given_job, job, job_pod, status_of

from k8slab.client import Again
from k8slab.controllers.job import JobController
from k8slab.objects import owner_reference
from k8slab.wire import Forbidden, Request, Response

Obj = dict[str, Any]

CONTROLLER = JobController


def finalizers(bench: Bench, name: str) -> list[str] | None:
    """The finalizers of a Pod, None if there is no such Pod."""
    found = [pod["metadata"] for pod in bench.client.list("Pod") if pod["metadata"]["name"] == name]
    return found[0].get("finalizers", []) if found else None


def test_an_orphan_that_the_job_means_becomes_its_own_and_is_held(bench: Bench) -> None:
    """Source: job_controller.go, getPodsForJob; controller_ref_manager.go, AdoptPod."""
    made = given_job(bench, job())
    orphan = job_pod(made, "orphan", "R")
    orphan["metadata"] |= {"ownerReferences": [], "finalizers": []}
    bench.given(orphan)

    bench.reconcile("default/pi")

    metadata = bench.client.get("Pod", "orphan", "default")["metadata"]
    assert (metadata["ownerReferences"], metadata["finalizers"]) == ([owner_reference(made)], [TRACKING])
    assert (counts(bench), status_of(bench, "active")) == ((0, 0), [1])


def test_a_pod_that_the_job_no_longer_means_is_let_go(bench: Bench) -> None:
    """Source: controller_ref_manager.go, ReleasePod with the finalizer."""
    given_job(bench, job(), "R")
    bench.client.patch("Pod", "pi-0", "default", {"metadata": {"labels": None}}, type="merge")

    bench.reconcile("default/pi")

    metadata = bench.client.get("Pod", "pi-0", "default")["metadata"]
    assert [metadata.get(name) for name in ("ownerReferences", "finalizers")] == [None, None]
    assert counts(bench) == (1, 0)


@pytest.mark.parametrize(
    ("remains", "is_held"),
    [("running", True), ("finished", False), ("gone", False), ("made anew", False), ("orphaned", False)],
)
def test_a_pod_whose_end_nobody_will_count_is_not_held(bench: Bench, remains: str, is_held: bool) -> None:
    """Source: job_controller.go, syncOrphanPod, cleanupPodFinalizers."""
    made = given_job(bench, job(parallelism=1), "R")
    if remains == "finished":
        bench.client.patch_status(made, {"conditions": [{"type": "Failed", "status": "True"}]})
    elif remains == "orphaned":
        change = {"ownerReferences": None, "labels": None}
        bench.client.patch("Pod", "pi-0", "default", {"metadata": change}, type="merge")
    elif remains != "running":
        bench.client.delete("Job", "pi", "default", propagation="Background")
    if remains == "made anew":
        bench.given(job(parallelism=0))

    bench.reconcile("default/pi")

    assert finalizers(bench, "pi-0") == ([TRACKING] if is_held else [])


def test_a_job_that_leaves_makes_no_pods_and_counts_no_more(bench: Bench) -> None:
    """Source: job_controller.go, syncJob, canRemoveFinalizer."""
    given_job(bench, job(parallelism=2, completions=2), "R")
    bench.client.delete("Job", "pi", "default", propagation="Foreground")

    bench.reconcile("default/pi")

    assert (counts(bench), conditions(bench), finalizers(bench, "pi-0")) == ((0, 0), [], [])


def test_what_hinders_a_new_pod_is_said_and_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: controller_utils.go, createPods; job_controller.go, manageJob: a slow start."""
    given_job(bench, job(parallelism=5, completions=5))
    handle = bench.api.handle

    def refuse(request: Request) -> Response:
        if (request.verb, request.resource) == ("create", "pods"):
            raise Forbidden("exceeded quota")
        return handle(request)

    monkeypatch.setattr(bench.api, "handle", refuse)
    with pytest.raises(Again):
        bench.reconcile("default/pi")

    assert bench.events() == ["FailedCreate: Error creating: exceeded quota"]
    assert status_of(bench, "active", "startTime") == [None, "2026-01-01T00:00:00Z"]


def test_a_namespace_that_is_going_is_no_failure(bench: Bench) -> None:
    """Source: job_controller.go, manageJob: NamespaceTerminatingCause."""
    bench.given({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    new = job()
    new["metadata"]["namespace"] = "shop"
    bench.given(new)
    bench.client.delete("Namespace", "shop")

    bench.reconcile("shop/pi")

    assert bench.writes == ["create Pod -> 403", "patch Job/pi/status"]
    assert bench.events() == []
