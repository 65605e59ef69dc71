"""What a Job says of its failed Pods, of success before the end, of Pods on their way out; and Jobs that rest."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench
from job_bench import conditions, counts, given_job, indexed, job, status_of

from k8slab.controllers.job import JobController
from k8slab.controllers.job_indexes import matched_success_rule
from k8slab.controllers.job_pods import Verdict, is_failed, judge

Obj = dict[str, Any]

CONTROLLER = JobController
NAME = "default/pi-0"


def on_exit(operator: str, *codes: int, action: str = "FailJob", container: str = "") -> Obj:
    """A rule on exit codes."""
    named = {"containerName": container} if container else {}
    return {"action": action, "onExitCodes": {"operator": operator, "values": list(codes), **named}}


def on_condition(type: str, status: str = "True", action: str = "Ignore") -> Obj:
    """A rule on a condition of the Pod."""
    return {"action": action, "onPodConditions": [{"type": type, "status": status}]}


def failed_pod(codes: dict[str, int], init: dict[str, int], condition: str) -> Obj:
    """A Pod whose containers and init containers ended with these codes."""
    main, before = (
        [{"name": name, "state": {"terminated": {"exitCode": code}}} for name, code in group.items()]
        for group in (codes, init)
    )
    status: Obj = {"phase": "Failed", "containerStatuses": main, "initContainerStatuses": before}
    if condition:
        status["conditions"] = [{"type": condition, "status": "True"}]
    return {"metadata": {"name": "pi-0", "namespace": "default"}, "status": status}


def said(container: str, code: int, rule: int = 0, action: str = "FailJob") -> Verdict:
    """What is said of a container that failed."""
    text = f"Container {container} for pod {NAME} failed with exit code {code} matching {action} rule at index {rule}"
    return Verdict(action, text)


DISRUPTED = f"Pod {NAME} has condition DisruptionTarget matching"


@pytest.mark.parametrize(
    ("rules", "codes", "init", "condition", "verdict"),
    [
        ([on_exit("In", 2, 42)], {"main": 42}, {}, "", said("main", 42)),
        ([on_exit("In", 2, 42)], {"main": 1}, {}, "", Verdict()),
        ([on_exit("NotIn", 2, 42)], {"main": 1}, {}, "", said("main", 1)),
        ([on_exit("NotIn", 2, 42)], {"main": 0}, {}, "", Verdict()),
        ([on_exit("In", 1)], {"one": 0, "two": 1}, {}, "", said("two", 1)),
        ([on_exit("In", 1, container="one")], {"one": 0, "two": 1}, {}, "", Verdict()),
        ([on_exit("In", 1)], {}, {"init": 1}, "", said("init", 1)),
        ([on_exit("In", 7), on_exit("In", 1)], {"main": 1}, {}, "", said("main", 1, rule=1)),
        ([on_exit("In", 1, action="Count"), on_exit("In", 1)], {"main": 1}, {}, "", said("main", 1, 0, "Count")),
        ([on_condition("DisruptionTarget")], {}, {}, "DisruptionTarget",
         Verdict("Ignore", f"{DISRUPTED} Ignore rule at index 0")),
        ([on_condition("DisruptionTarget", "False")], {}, {}, "DisruptionTarget", Verdict()),
        ([on_condition("ConfigIssue", action="FailJob")], {}, {}, "DisruptionTarget", Verdict()),
    ],
)  # fmt: skip
def test_the_first_rule_that_fits_a_failed_pod_decides(
    rules: list[Obj], codes: dict[str, int], init: dict[str, int], condition: str, verdict: Verdict
) -> None:
    """Source: pod_failure_policy.go, matchPodFailurePolicy; pod_failure_policy_test.go."""
    assert judge({"spec": {"podFailurePolicy": {"rules": rules}}}, failed_pod(codes, init, condition)) == verdict


@pytest.mark.parametrize(
    ("action", "failed", "ends"),
    [
        ("FailJob", [1], ["FailureTarget: PodFailurePolicy", "Failed: PodFailurePolicy"]),
        ("Ignore", [None], []),
        ("Count", [1], ["FailureTarget: BackoffLimitExceeded", "Failed: BackoffLimitExceeded"]),
    ],
)
def test_what_an_action_does_to_the_job(bench: Bench, action: str, failed: list[int | None], ends: list[str]) -> None:
    """Source: kubernetes.io, "Jobs", Pod failure policy."""
    policy = {"rules": [on_exit("In", 1, action=action)]}
    given_job(bench, job(backoffLimit=0, podFailurePolicy=policy), "F")

    bench.reconcile("default/pi")

    assert (status_of(bench, "failed"), conditions(bench)) == (failed, ends)


def test_an_ignored_failure_holds_the_next_pod_back_all_the_same(bench: Bench) -> None:
    """Source: job_controller.go, syncJob: newBackoffRecord is given all new failed Pods."""
    policy = {"rules": [on_exit("In", 1, action="Ignore")]}
    given_job(bench, job(backoffLimit=0, podFailurePolicy=policy), "F")

    again = bench.reconcile("default/pi")

    assert (again.seconds, counts(bench)) == (10.0, (0, 0))


@pytest.mark.parametrize(
    ("spec", "phase", "is_leaving", "expected"),
    [
        ({}, "Failed", False, True),
        ({}, "Running", False, False),
        ({}, "Running", True, True),
        ({}, "Succeeded", True, False),
        ({"podReplacementPolicy": "TerminatingOrFailed"}, "Running", True, True),
        ({"podReplacementPolicy": "Failed"}, "Running", True, False),
        ({"podReplacementPolicy": "Failed"}, "Failed", True, True),
        ({"podFailurePolicy": {}}, "Running", True, False),
    ],
)
def test_when_a_pod_has_failed(spec: Obj, phase: str, is_leaving: bool, expected: bool) -> None:
    """Source: job_controller.go, isPodFailed, onlyReplaceFailedPods."""
    metadata = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if is_leaving else {}

    assert is_failed({"metadata": metadata, "status": {"phase": phase}}, {"spec": spec}) == expected


@pytest.mark.parametrize(("policy", "made"), [("TerminatingOrFailed", 1), ("Failed", 0)])
def test_who_replaces_failed_pods_only_waits_for_the_end(bench: Bench, policy: str, made: int) -> None:
    """Source: kubernetes.io, "Jobs", Delayed creation of replacement pods."""
    given_job(bench, job(podReplacementPolicy=policy), "R")
    bench.client.delete("Pod", "pi-0", "default")
    bench.loop.run_until(bench.loop.now + 15)

    bench.reconcile("default/pi")

    assert len(bench.client.list("Pod")) == 1 + made
    assert status_of(bench, "active", "terminating") == [made or None, 1]


@pytest.mark.parametrize(
    ("rules", "succeeded", "rule"),
    [
        ([{"succeededIndexes": "0,2-3"}], {0, 2}, None),
        ([{"succeededIndexes": "0,2-3"}], {0, 1, 2, 3}, 0),
        ([{"succeededIndexes": "0-4", "succeededCount": 2}], {3, 4}, 0),
        ([{"succeededIndexes": "0-4", "succeededCount": 2}], {4, 5, 6}, None),
        ([{"succeededCount": 2}], {7}, None),
        ([{"succeededCount": 2}], {7, 9}, 0),
        ([{"succeededIndexes": "0"}, {"succeededCount": 1}], {5}, 1),
        ([{"succeededIndexes": "0"}], set(), None),
        ([{"succeededIndexes": "20"}], {0}, None),
        (None, {0}, None),
    ],
)
def test_which_rule_of_a_success_policy_is_met(rules: list[Obj] | None, succeeded: set[int], rule: int | None) -> None:
    """Source: success_policy.go, matchSuccessPolicy; success_policy_test.go."""
    spec: Obj = {"completions": 10, **({"successPolicy": {"rules": rules}} if rules else {})}

    assert matched_success_rule({"spec": spec}, succeeded) == rule


def test_a_job_with_enough_success_ends_its_other_pods_and_counts_them_not_as_failed(bench: Bench) -> None:
    """Source: kubernetes.io, "Jobs", Success policy."""
    given_job(bench, indexed(3, successPolicy={"rules": [{"succeededIndexes": "0"}]}), "SRR")
    bench.reconcile("default/pi")
    assert (conditions(bench), counts(bench)) == (["SuccessCriteriaMet: SuccessPolicy"], (0, 2))
    for name in ("pi-1", "pi-2"):
        bench.client.delete("Pod", name, "default", grace_s=0)

    bench.reconcile("default/pi")

    assert conditions(bench) == ["SuccessCriteriaMet: SuccessPolicy", "Complete: SuccessPolicy"]
    assert status_of(bench, "conditions")[0][1]["message"] == "Matched rules at index 0"
    assert status_of(bench, "succeeded", "failed", "completedIndexes") == [1, None, "0"]


def test_a_suspended_job_gives_up_its_pods_and_they_count_for_nothing(bench: Bench) -> None:
    """Source: kubernetes.io, "Jobs", Suspending a Job; KEP-5440: the start is forgotten."""
    given_job(bench, job(parallelism=3, completions=3), "SRR")
    bench.reconcile("default/pi")
    bench.client.patch("Job", "pi", "default", {"spec": {"suspend": True}})

    bench.reconcile("default/pi")

    assert bench.events()[-1] == "Suspended: Job suspended"
    assert (conditions(bench), counts(bench)) == (["Suspended: JobSuspended"], (0, 2))
    bench.reconcile("default/pi")
    assert status_of(bench, "succeeded", "failed", "active", "terminating", "startTime") == [1, None, None, 2, None]


def test_a_job_that_goes_on_starts_its_clock_anew(bench: Bench) -> None:
    """Source: job_controller.go, syncJob: a resumed Job resets startTime."""
    made = given_job(bench, job(parallelism=2, completions=2, suspend=True))
    bench.reconcile("default/pi")
    bench.client.patch_status(made, {"startTime": "2025-01-01T00:00:00Z"})
    bench.client.patch("Job", "pi", "default", {"spec": {"suspend": False}})

    bench.reconcile("default/pi")

    assert (conditions(bench), counts(bench)) == (["!Suspended: JobResumed"], (2, 0))
    assert status_of(bench, "startTime", "active") == ["2026-01-01T00:00:00Z", 2]
    assert "Resumed: Job resumed" in bench.events()


def test_a_suspended_job_that_has_all_it_wanted_is_complete(bench: Bench) -> None:
    """Source: job_controller.go, syncJob: a Job is suspended only if it is not complete."""
    given_job(bench, job(suspend=True), "S")

    bench.reconcile("default/pi")

    assert conditions(bench) == ["SuccessCriteriaMet: CompletionsReached", "Complete: CompletionsReached"]
