"""A Job's Pods as the Job sees them: which count as failed, what the policy says, which can go.

Source    pkg/controller/job/{job_controller,pod_failure_policy}.go; controller_utils.go (ActivePods)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from k8slab.objects import get_condition, is_leaving, is_ready, parse_rfc3339

__all__ = [
    "TRACKING",
    "finished_condition",
    "has_restarted_too_often",
    "is_failed",
    "is_terminating",
    "judge",
    "least_useful_first",
    "waits_for_the_end",
]

Obj = dict[str, Any]

TRACKING = "batch.kubernetes.io/job-tracking"  # the finalizer of a Pod that is not counted yet
ENDED = ("Succeeded", "Failed")
PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


class Verdict(NamedTuple):
    """What a Job's podFailurePolicy says of a failed Pod: an action ("" if no rule fits), and why for FailJob."""

    action: str = ""
    message: str = ""

    @property
    def counts(self) -> bool:
        """The failure counts towards the limits."""
        return self.action != "Ignore"


def finished_condition(job: Obj) -> Obj | None:
    """The condition by which the Job has ended for good, Complete or Failed; None while it goes on."""
    for type in ("Complete", "Failed"):
        condition = get_condition(job, type)
        if condition is not None and condition["status"] == "True":
            return condition
    return None


def waits_for_the_end(job: Obj) -> bool:
    """A Pod on its way out has no successor yet, and is no failure yet."""
    spec = job["spec"]
    return spec.get("podReplacementPolicy") == "Failed" or spec.get("podFailurePolicy") is not None


def is_terminating(pod: Obj) -> bool:
    """The Pod is on its way out and its containers may still run."""
    return is_leaving(pod) and (pod.get("status") or {}).get("phase") not in ENDED


def is_failed(pod: Obj, job: Obj) -> bool:
    """The Pod has failed; one that was deleted before it succeeded has, too, unless the Job waits for the end."""
    phase = (pod.get("status") or {}).get("phase")
    return phase == "Failed" or (is_leaving(pod) and phase != "Succeeded" and not waits_for_the_end(job))


def judge(job: Obj, pod: Obj) -> Verdict:
    """What the first rule of the Job's podFailurePolicy that fits a failed Pod says of it."""
    policy = job["spec"].get("podFailurePolicy")
    name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
    for i, rule in enumerate((policy or {}).get("rules") or ()):
        text = _exit_text(rule, pod, name) if rule.get("onExitCodes") else _condition_text(rule, pod, name)
        if text:
            return Verdict(rule["action"], f"{text} matching {rule['action']} rule at index {i}")
    return Verdict()


def _exit_text(rule: Obj, pod: Obj, name: str) -> str:
    wish, status = rule["onExitCodes"], pod.get("status") or {}
    for container in (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())):
        code = ((container.get("state") or {}).get("terminated") or {}).get("exitCode", 0)
        if not code or wish.get("containerName", container["name"]) != container["name"]:
            continue
        if (code in wish["values"]) == (wish["operator"] == "In"):
            return f"Container {container['name']} for pod {name} failed with exit code {code}"
    return ""


def _condition_text(rule: Obj, pod: Obj, name: str) -> str:
    for pattern in rule.get("onPodConditions") or ():
        condition = get_condition(pod, pattern["type"])
        if condition is not None and condition["status"] == pattern.get("status", "True"):
            return f"Pod {name} has condition {pattern['type']}"
    return ""


def has_restarted_too_often(job: Obj, pods: Iterable[Obj]) -> bool:
    """With restartPolicy OnFailure the restarts of containers count, not Pods."""
    if job["spec"]["template"]["spec"].get("restartPolicy") != "OnFailure":
        return False
    alive = [pod for pod in pods if (pod.get("status") or {}).get("phase") in ("Running", "Pending")]
    restarts = sum(map(_restarts, alive))
    return restarts > 0 and restarts >= job["spec"]["backoffLimit"]


def _restarts(pod: Obj) -> int:
    status = pod.get("status") or {}
    containers = (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))
    return sum(container.get("restartCount", 0) for container in containers)


def least_useful_first(pods: Iterable[Obj]) -> list[Obj]:
    """The order in which a Job gives Pods up: unscheduled, pending, unready, ready for a short time, the younger."""
    return sorted(pods, key=_usefulness)


def _usefulness(pod: Obj) -> tuple[Any, ...]:
    ready = get_condition(pod, "Ready") or {}
    since = parse_rfc3339(ready["lastTransitionTime"]) if is_ready(pod) and ready.get("lastTransitionTime") else 0.0
    return (
        bool(pod["spec"].get("nodeName")),
        PHASES.get((pod.get("status") or {}).get("phase", ""), 1),
        is_ready(pod),
        -since,
        -max((c.get("restartCount", 0) for c in (pod.get("status") or {}).get("containerStatuses") or ()), default=0),
        -parse_rfc3339(pod["metadata"]["creationTimestamp"]),
    )
