"""Indexed Jobs: each index succeeds once, fails by itself if it may, and its Pods know which one they work on."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench
from job_bench import INDEX, conditions, counts, given_job, indexed, job_pod, status_of

from k8slab.client import After
from k8slab.controllers.job import JobController
from k8slab.controllers.job_indexes import index_of, indexed_pod, indexes_text, parse_indexes

Obj = dict[str, Any]

CONTROLLER = JobController
FAILURES = "batch.kubernetes.io/job-index-failure-count"
IGNORED = "batch.kubernetes.io/job-index-ignored-failure-count"
FIELD = {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX}']"}
ENV = {"name": "JOB_COMPLETION_INDEX", "valueFrom": {"fieldRef": FIELD}}


def indexes(bench: Bench) -> list[int | None]:
    """The indexes of all Pods there are."""
    return sorted(index_of(pod) for pod in bench.client.list("Pod"))


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ([], ""),
        ([3], "3"),
        ([0, 1], "0,1"),
        ([0, 1, 2], "0-2"),
        ([1, 3, 4, 5, 7], "1,3-5,7"),
        ([9, 0, 2, 1], "0-2,9"),
        ([0, 1, 3, 4], "0,1,3,4"),
    ],
)
def test_completed_indexes_as_text_and_back(found: list[int], text: str) -> None:
    """Source: indexed_job_utils.go, orderedIntervals.String, parseIndexesFromString; JobStatus.completedIndexes."""
    assert indexes_text(found) == text
    assert parse_indexes(text, completions=10) == set(found)


@pytest.mark.parametrize(("text", "expected"), [("0-9", {0, 1, 2, 3, 4}), ("3,7", {3}), ("5-8", set())])
def test_indexes_beyond_the_last_are_forgotten(text: str, expected: set[int]) -> None:
    """Source: indexed_job_utils.go, parseIndexesFromString: a Job may be scaled down."""
    assert parse_indexes(text, completions=5) == expected


@pytest.mark.parametrize(
    ("annotations", "expected"), [({INDEX: "3"}, 3), ({INDEX: "-1"}, None), ({INDEX: "x"}, None), ({}, None)]
)
def test_the_index_of_a_pod(annotations: dict[str, str], expected: int | None) -> None:
    """Source: indexed_job_utils.go, getCompletionIndex."""
    assert index_of({"metadata": {"annotations": annotations}}) == expected


def test_a_pod_knows_its_index(bench: Bench) -> None:
    """Source: kubernetes.io, "Jobs", Completion mode; indexed_job_utils.go, addCompletionIndexEnvVariables."""
    spec = indexed(1)
    spec["spec"]["template"]["spec"]["initContainers"] = [{"name": "init", "image": "busybox"}]
    given_job(bench, spec)

    bench.reconcile("default/pi")

    (pod,) = bench.client.list("Pod")
    metadata = pod["metadata"]
    assert (metadata["generateName"], pod["spec"]["hostname"]) == ("pi-0-", "pi-0")
    assert (metadata["annotations"], metadata["labels"][INDEX]) == ({INDEX: "0"}, "0")
    assert [c["env"] for c in (*pod["spec"]["containers"], *pod["spec"]["initContainers"])] == [[ENV], [ENV]]


def test_a_variable_of_the_same_name_stays(bench: Bench) -> None:
    """Source: indexed_job_utils.go, addCompletionIndexEnvVariable."""
    own = {"name": "JOB_COMPLETION_INDEX", "value": "mine"}
    pod = {"metadata": {}, "spec": {"containers": [{"name": "main", "env": [own]}]}}

    made = indexed_pod(pod, {"metadata": {"name": "pi"}, "spec": {}}, 0, None)

    assert made["spec"]["containers"][0]["env"] == [own]


@pytest.mark.parametrize(("index", "expected"), [(0, "a" * 55 + "-0-"), (123, "a" * 53 + "-123-")])
def test_the_name_of_a_pod_has_room_for_its_index(index: int, expected: str) -> None:
    """Source: indexed_job_utils.go, podGenerateNameWithIndex; MaxGeneratedNameLength is 58."""
    long = {"metadata": {"name": "a" * 60}, "spec": {}}

    made = indexed_pod({"metadata": {}, "spec": {"containers": []}}, long, index, None)

    assert made["metadata"]["generateName"] == expected


@pytest.mark.parametrize(
    ("phases", "parallelism", "after", "completed"),
    [
        ("", 2, [0, 1], None),
        ("SS", 2, [0, 1, 2, 3], "0,1"),
        ("RSR", 4, [0, 1, 2, 3, 4], "1"),
        ("SSSS", 3, [0, 1, 2, 3, 4], "0-3"),
        ("SSSSS", 3, [0, 1, 2, 3, 4], "0-4"),
    ],
)
def test_the_first_indexes_without_a_pod_get_one(
    bench: Bench, phases: str, parallelism: int, after: list[int], completed: str | None
) -> None:
    """Source: indexed_job_utils.go, firstPendingIndexes, calculateSucceededIndexes."""
    given_job(bench, indexed(5, parallelism=parallelism), phases)

    bench.reconcile("default/pi")

    assert (indexes(bench), status_of(bench, "completedIndexes")) == (after, [completed])


def test_an_index_that_succeeded_needs_no_pod_any_more(bench: Bench) -> None:
    """Source: indexed_job_utils.go, calculateSucceededIndexes."""
    made = given_job(bench, indexed(4))
    bench.client.patch_status(made, {"completedIndexes": "0,2"})

    bench.reconcile("default/pi")

    assert (indexes(bench), status_of(bench, "completedIndexes", "succeeded")) == ([1, 3], ["0,2", 2])


@pytest.mark.parametrize(
    ("have", "deleted"), [([0, 0, 1], 1), ([0, 7], 1), ([None, 0], 1), ([0, 1, 2], 0), ([0, 0, 0], 2)]
)
def test_pods_that_nobody_needs_go(bench: Bench, have: list[int | None], deleted: int) -> None:
    """Source: indexed_job_utils.go, appendDuplicatedIndexPodsForRemoval."""
    made = given_job(bench, indexed(3))
    for i, index in enumerate(have):
        bench.given(job_pod(made, f"pi-{i}", "R", index=index))

    bench.reconcile("default/pi")

    assert counts(bench) == (0, deleted)


def test_a_job_can_grow_and_shrink_with_its_parallelism(bench: Bench) -> None:
    """Source: kubernetes.io, "Jobs", Elastic Indexed Jobs."""
    given_job(bench, indexed(4), "SRRS")
    bench.client.patch("Job", "pi", "default", {"spec": {"completions": 2, "parallelism": 2}})

    bench.reconcile("default/pi")

    assert "delete Pod/pi-2" in bench.writes
    assert status_of(bench, "completedIndexes", "succeeded", "active") == ["0", 1, 1]


@pytest.mark.parametrize(
    ("limit", "most", "earlier", "phases", "failed", "ends"),
    [
        (1, None, "0", "FR", "", []),
        (1, None, "1", "FR", "0", []),
        (0, None, "0", "FR", "0", []),
        (0, None, "0", "FS", "0", ["FailureTarget: FailedIndexes", "Failed: FailedIndexes"]),
        (0, 1, "0", "FR", "0", []),
        (0, 0, "0", "FS", "0", ["FailureTarget: MaxFailedIndexesExceeded", "Failed: MaxFailedIndexesExceeded"]),
        (0, None, "0", "SS", "", ["SuccessCriteriaMet: CompletionsReached", "Complete: CompletionsReached"]),
    ],
)
def test_an_index_fails_by_itself(
    bench: Bench, limit: int, most: int | None, earlier: str, phases: str, failed: str, ends: list[str]
) -> None:
    """Source: indexed_job_utils.go, isIndexFailed; kubernetes.io, "Jobs", Backoff limit per index."""
    made = bench.given(indexed(2, backoffLimitPerIndex=limit, maxFailedIndexes=most))
    for i, phase in enumerate(phases):
        pod = job_pod(made, f"pi-{i}", phase, index=i, ended=bench.loop.now)
        pod["metadata"]["annotations"][FAILURES] = earlier
        bench.given(pod)

    bench.reconcile("default/pi")

    assert (status_of(bench, "failedIndexes"), conditions(bench)) == ([failed], ends)


@pytest.mark.parametrize(
    ("earlier", "action", "expected", "wait_s"),
    [
        ({}, "", {FAILURES: "1"}, 10),
        ({FAILURES: "2"}, "", {FAILURES: "3"}, 40),
        ({FAILURES: "1"}, "Ignore", {FAILURES: "1", IGNORED: "1"}, 20),
        ({FAILURES: "1", IGNORED: "1"}, "Ignore", {FAILURES: "1", IGNORED: "2"}, 40),
        ({FAILURES: "1", IGNORED: "1"}, "Count", {FAILURES: "2", IGNORED: "1"}, 40),
    ],
)
def test_the_next_pod_of_an_index_inherits_its_failures_and_waits_accordingly(
    bench: Bench, earlier: dict[str, str], action: str, expected: dict[str, str], wait_s: float
) -> None:
    """Source: indexed_job_utils.go, getNewIndexFailureCounts; backoff_utils.go, getRemainingTimePerIndex."""
    rules = [{"action": action, "onExitCodes": {"operator": "In", "values": [1]}}]
    policy = {"podFailurePolicy": {"rules": rules}} if action else {}
    made = bench.given(indexed(1, backoffLimitPerIndex=9, **policy))
    pod = job_pod(made, "pi-0", "F", index=0, ended=bench.loop.now)
    pod["metadata"]["annotations"] |= earlier
    bench.given(pod)
    assert bench.reconcile("default/pi") == After(wait_s)

    bench.loop.run_until(bench.loop.now + wait_s + 1)

    new = [pod for pod in bench.client.list("Pod") if pod["metadata"]["name"] != "pi-0"]
    assert [pod["metadata"]["annotations"] for pod in new] == [{INDEX: "0", **expected}]
    assert status_of(bench, "failed") == [None if action == "Ignore" else 1]


def test_a_failed_pod_is_counted_only_when_its_index_has_a_successor(bench: Bench) -> None:
    """Source: job_controller.go, canRemoveFinalizer; indexed_job_utils.go, getPodsWithDelayedDeletionPerIndex."""
    given_job(bench, indexed(2, backoffLimitPerIndex=3), "FR")

    bench.reconcile("default/pi")

    assert status_of(bench, "failed", "active") == [None, 1]
    assert "patch Pod/pi-0" not in bench.writes


def test_an_index_that_a_rule_gives_up_is_not_tried_again(bench: Bench) -> None:
    """Source: kubernetes.io, "Jobs", Pod failure policy (FailIndex)."""
    rule = {"action": "FailIndex", "onExitCodes": {"operator": "In", "values": [1]}}
    given_job(bench, indexed(2, backoffLimitPerIndex=3, podFailurePolicy={"rules": [rule]}), "FR")

    bench.reconcile("default/pi")

    assert (status_of(bench, "failedIndexes", "failed"), counts(bench)) == (["0", 1], (0, 0))
