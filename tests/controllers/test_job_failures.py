"""Jobs whose Pods fail: when the next one comes, what counts, and when it has been enough."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench
from job_bench import conditions, counts, given_job, job, job_pod, status_of

from k8slab.client import After, Again
from k8slab.controllers.job import JobController
from k8slab.controllers.job_backoff import Backoff
from k8slab.controllers.job_pods import least_useful_first
from k8slab.wire import Forbidden, Request, Response

Obj = dict[str, Any]

CONTROLLER = JobController
START = 1_767_225_600.0  # 2026-01-01T00:00:00Z
DELETED = {"deletionTimestamp": "2026-01-01T00:00:40Z", "deletionGracePeriodSeconds": 30}
NOT_READY = {"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-01T00:00:20Z"}
SIDECAR = {"name": "proxy", "image": "envoy", "restartPolicy": "Always"}
BACKOFF = "Job has reached the specified backoff limit"
DEADLINE = "Job was active longer than specified deadline"


def ended(second: int) -> Obj:
    """A Pod whose container ended in this second."""
    state = {"terminated": {"finishedAt": f"2026-01-01T00:00:{second:02}Z"}}
    metadata = {"creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"metadata": metadata, "spec": {}, "status": {"containerStatuses": [{"name": "main", "state": state}]}}


PLAIN = {"node": "n1", "phase": "Running", "ready": "True", "since": "2026-01-01T00:00:01Z", "restarts": 0}
PLAIN |= {"made": "2026-01-01T00:00:00Z"}


def sample(form: Obj) -> Obj:
    """A Pod of this form."""
    ready = {"type": "Ready", "status": form["ready"], "lastTransitionTime": form["since"]}
    status = {"phase": form["phase"], "conditions": [ready]}
    status["containerStatuses"] = [{"name": "main", "restartCount": form["restarts"]}]
    return {"metadata": {"creationTimestamp": form["made"]}, "spec": {"nodeName": form["node"]}, "status": status}


@pytest.mark.parametrize(
    ("failures", "wait_s"), [(1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 320), (7, 600), (90, 600)]
)
def test_after_each_failure_the_next_pod_waits_twice_as_long(failures: int, wait_s: float) -> None:
    """Source: backoff_utils.go, getRemainingTimeForFailuresCount; MaxJobPodFailureBackOff is ten minutes."""
    assert Backoff(failures, START).remaining_s(START) == wait_s
    assert Backoff(failures, START).remaining_s(START + 4) == wait_s - 4
    assert Backoff(failures, START).remaining_s(START + 601) == 0


@pytest.mark.parametrize(
    ("succeeded", "failed", "expected"),
    [
        ([], [], Backoff(3, START)),
        ([], [10, 5], Backoff(5, START + 10)),
        ([10], [], Backoff()),
        ([10], [5, 10], Backoff()),
        ([10], [5, 11, 12], Backoff(2, START + 12)),
    ],
)
def test_a_success_makes_the_failures_before_it_forgotten(
    succeeded: list[int], failed: list[int], expected: Backoff
) -> None:
    """Source: backoff_utils.go, newBackoffRecord."""
    record = Backoff(3, START).after([ended(second) for second in succeeded], [ended(second) for second in failed])

    assert record == expected


@pytest.mark.parametrize(
    ("changes", "second"),
    [
        ({}, 10),
        ({"spec": {"initContainers": [{"name": "init"}]}, "initContainerStatuses": [("init", 30)]}, 10),
        ({"spec": {"initContainers": [SIDECAR]}, "initContainerStatuses": [("proxy", 12)]}, 12),
        ({"containerStatuses": []}, 0),
        ({"containerStatuses": [], "conditions": [NOT_READY]}, 20),
        ({"containerStatuses": [], "conditions": [{**NOT_READY, "status": "True"}]}, 0),
        ({"containerStatuses": [], "metadata": DELETED}, 10),
    ],
)
def test_when_a_pod_ended(changes: Obj, second: int) -> None:
    """Source: backoff_utils.go, getFinishedTime."""
    pod = ended(10)
    pod["metadata"] |= changes.get("metadata", {})
    pod["spec"] |= changes.get("spec", {})
    pod["status"] |= {name: changes[name] for name in ("containerStatuses", "conditions") if name in changes}
    pod["status"]["initContainerStatuses"] = [
        {"name": name, "state": ended(at)["status"]["containerStatuses"][0]["state"]}
        for name, at in changes.get("initContainerStatuses", ())
    ]

    assert Backoff().after([], [pod]).last == START + second


def test_the_successor_of_a_failed_pod_waits(bench: Bench) -> None:
    """Source: kubernetes.io, "Jobs", Pod backoff failure policy."""
    given_job(bench, job(), "F")
    assert bench.reconcile("default/pi") == After(10.0)

    pods = []
    for second in (9, 11):
        bench.loop.run_until(START + second)
        pods.append(len(bench.client.list("Pod")))

    assert (pods, status_of(bench, "failed")) == ([1, 2], [1])


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({"node": ""}, {}),
        ({"phase": "Pending"}, {}),
        ({"ready": "False"}, {}),
        ({"since": "2026-01-01T00:00:05Z"}, {}),
        ({"restarts": 1}, {}),
        ({"made": "2026-01-01T00:00:05Z"}, {}),
        ({"phase": "Pending"}, {"ready": "False"}),
        ({"node": "", "ready": "True"}, {"phase": "Pending"}),
    ],
)
def test_which_pod_is_given_up_first(less: Obj, more: Obj) -> None:
    """Source: controller_utils.go, ActivePods.Less."""
    one, other = (sample({**PLAIN, **changes}) for changes in (less, more))

    assert least_useful_first([other, one]) == least_useful_first([one, other]) == [one, other]


@pytest.mark.parametrize(
    ("limit", "phases", "is_over"),
    [(0, "F", True), (1, "F", False), (1, "FF", True), (2, "FF", False), (2, "FFF", True), (2, "FSFF", True)],
)
def test_one_failure_more_than_backoff_limit_is_too_many(bench: Bench, limit: int, phases: str, is_over: bool) -> None:
    """Source: job_controller.go, syncJob (exceedsBackoffLimit)."""
    given_job(bench, job(backoffLimit=limit, completions=9, parallelism=1), phases)

    bench.reconcile("default/pi")

    reason = "BackoffLimitExceeded"
    assert conditions(bench) == ([f"FailureTarget: {reason}", f"Failed: {reason}"] if is_over else [])
    assert (f"{reason}: {BACKOFF}" in bench.events()) == is_over


@pytest.mark.parametrize(
    ("policy", "limit", "restarts", "is_over"),
    [
        ("OnFailure", 3, ["R2"], False),
        ("OnFailure", 3, ["R2", "R1"], True),
        ("OnFailure", 3, ["R2", "P1"], True),
        ("OnFailure", 3, ["R2", "S1"], False),
        ("OnFailure", 0, ["R0"], False),
        ("OnFailure", 0, ["R1"], True),
        ("Never", 0, ["R3"], False),
    ],
)
def test_restarts_count_where_containers_restart(
    bench: Bench, policy: str, limit: int, restarts: list[str], is_over: bool
) -> None:
    """Source: job_controller.go, pastBackoffLimitOnFailure."""
    spec = job(backoffLimit=limit, parallelism=2)
    spec["spec"]["template"]["spec"]["restartPolicy"] = policy
    made = given_job(bench, spec)
    for i, (phase, count) in enumerate(restarts):
        group = "initContainerStatuses" if phase == "P" else "containerStatuses"
        pod = job_pod(made, f"pi-{i}", phase)
        pod["status"][group] = [{"name": "main", "restartCount": int(count)}]
        bench.given(pod)

    bench.reconcile("default/pi")

    assert (conditions(bench) == ["FailureTarget: BackoffLimitExceeded"]) == is_over


def test_a_failed_job_ends_when_its_last_pod_has_gone(bench: Bench) -> None:
    """Source: job_controller.go, deleteActivePods, enactJobFinished; kubernetes.io, "Jobs", Termination of Job pods."""
    given_job(bench, job(backoffLimit=0, parallelism=2), "FR")
    bench.reconcile("default/pi")
    assert (conditions(bench), counts(bench)) == (["FailureTarget: BackoffLimitExceeded"], (0, 1))
    assert status_of(bench, "active", "ready", "terminating", "failed") == [None, 0, 1, 2]

    bench.client.delete("Pod", "pi-1", "default", grace_s=0)
    bench.reconcile("default/pi")

    assert conditions(bench) == ["FailureTarget: BackoffLimitExceeded", "Failed: BackoffLimitExceeded"]
    assert status_of(bench, "terminating", "failed", "completionTime") == [0, 2, None]
    assert bench.events() == ["SuccessfulDelete: Deleted pod: pi-1", f"BackoffLimitExceeded: {BACKOFF}"]


def test_a_job_is_not_over_while_a_pod_cannot_be_deleted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: job_controller.go, syncJob (deleteActivePods); controller_utils.go, DeletePod."""
    given_job(bench, job(backoffLimit=0, parallelism=2), "FR")
    handle = bench.api.handle

    def refuse(request: Request) -> Response:
        if (request.verb, request.resource) == ("delete", "pods"):
            raise Forbidden("a webhook says no")
        return handle(request)

    monkeypatch.setattr(bench.api, "handle", refuse)
    with pytest.raises(Again):
        bench.reconcile("default/pi")

    assert (conditions(bench), status_of(bench, "active")) == ([], [1])
    assert bench.events() == ["FailedDelete: Error deleting: a webhook says no"]


@pytest.mark.parametrize(
    ("spec", "ran_s", "again"),
    [
        ({"activeDeadlineSeconds": 60}, 0, After(60.0, background=True)),
        ({"activeDeadlineSeconds": 60}, 59, After(1.0, background=True)),
        ({"activeDeadlineSeconds": 60}, 60, None),
        ({"activeDeadlineSeconds": 60, "suspend": True}, 60, None),
        ({}, 60, None),
    ],
)
def test_a_job_is_active_for_no_longer_than_its_deadline(
    bench: Bench, spec: Obj, ran_s: float, again: After | None
) -> None:
    """Source: job_controller.go, pastActiveDeadline; kubernetes.io, "Jobs", Job termination and cleanup."""
    made = given_job(bench, job(parallelism=1, **spec), "R")
    bench.client.patch_status(made, {"startTime": "2026-01-01T00:00:00Z"})
    bench.loop.run_until(START + ran_s)

    assert bench.reconcile("default/pi") == again
    is_late = spec == {"activeDeadlineSeconds": 60} and ran_s >= 60
    assert ("FailureTarget: DeadlineExceeded" in conditions(bench)) == is_late


def test_a_missed_deadline_is_said(bench: Bench) -> None:
    """Source: job_controller.go, syncJob, recordJobFinished."""
    made = given_job(bench, job(activeDeadlineSeconds=5))
    bench.client.patch_status(made, {"startTime": "2025-12-31T23:00:00Z"})

    bench.reconcile("default/pi")

    assert bench.events() == [f"DeadlineExceeded: {DEADLINE}"]
    assert status_of(bench, "conditions")[0][-1]["message"] == DEADLINE
