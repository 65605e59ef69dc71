"""The fields of Jobs and CronJobs that the server fills in.

Source    pkg/apis/batch/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.defaults.filling import each, filled, replaced
from k8slab.api.defaults.pods import default_pod_spec

__all__ = ["DEFAULTS"]

Obj = dict[str, Any]

RETRIES, UNLIMITED = 6, 2**31 - 1
JOB = {"parallelism": 1, "completionMode": "NonIndexed", "suspend": False, "manualSelector": False}
CRON_JOB = {
    "concurrencyPolicy": "Allow",
    "suspend": False,
    "successfulJobsHistoryLimit": 3,
    "failedJobsHistoryLimit": 1,
}


def _job(obj: Obj) -> Obj:
    return replaced(obj, "spec", _job_spec(obj.get("spec") or {}))


def _job_spec(spec: Obj) -> Obj:
    """A Job of one Pod, which may fail six times."""
    more: Obj = {"backoffLimit": RETRIES if spec.get("backoffLimitPerIndex") is None else UNLIMITED}
    if spec.get("completions") is None and spec.get("parallelism") is None:
        more["completions"] = 1
    policy = spec.get("podFailurePolicy")
    more["podReplacementPolicy"] = "TerminatingOrFailed" if policy is None else "Failed"
    if policy and policy.get("rules"):
        spec = replaced(spec, "podFailurePolicy", replaced(policy, "rules", each(policy["rules"], _failure_rule)))
    spec = filled(spec, {**JOB, **more})
    template = filled(spec.get("template") or {}, {"metadata": {}})
    return replaced(spec, "template", replaced(template, "spec", default_pod_spec(template.get("spec") or {})))


def _failure_rule(rule: Obj) -> Obj:
    conditions = rule.get("onPodConditions")
    if not conditions:
        return rule
    return replaced(rule, "onPodConditions", each(conditions, lambda pattern: filled(pattern, {"status": "True"})))


def _cron_job(obj: Obj) -> Obj:
    spec = filled(obj.get("spec") or {}, CRON_JOB)
    template = filled(spec.get("jobTemplate") or {}, {"metadata": {}})
    template = replaced(template, "spec", _job_spec(template.get("spec") or {}))
    return replaced(obj, "spec", replaced(spec, "jobTemplate", template))


DEFAULTS: dict[tuple[str, str], Callable[[Obj], Obj]] = {
    ("batch/v1", "CronJob"): _cron_job,
    ("batch/v1", "Job"): _job,
}
