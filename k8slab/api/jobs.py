"""What the server itself adds to a Job: labels by which its Pods are known, and the selector that finds them.

Source    pkg/registry/batch/job/strategy.go (generateSelector); pkg/apis/batch/v1/defaults.go (SetDefaults_Job)
"""

from __future__ import annotations

from typing import Any

__all__ = ["with_template_labels", "with_unique_selector"]

Obj = dict[str, Any]

NAME_LABELS = ("batch.kubernetes.io/job-name", "job-name")
UID_LABELS = ("batch.kubernetes.io/controller-uid", "controller-uid")


def with_unique_selector(job: Obj) -> Obj:
    """The Job with a selector of its own, unless somebody answers for theirs with manualSelector."""
    spec, metadata = job["spec"], job["metadata"]
    if spec.get("manualSelector"):
        return job
    template = spec.get("template") or {}
    given = template.get("metadata") or {}
    own = dict.fromkeys(UID_LABELS, metadata["uid"]) | dict.fromkeys(NAME_LABELS, metadata["name"])
    selector = spec.get("selector") or {}
    labelled = {**template, "metadata": {**given, "labels": own | (given.get("labels") or {})}}
    wanted = {UID_LABELS[0]: metadata["uid"]} | (selector.get("matchLabels") or {})
    return {**job, "spec": {**spec, "selector": {**selector, "matchLabels": wanted}, "template": labelled}}


def with_template_labels(job: Obj) -> Obj:
    """The Job with its template's labels when it has none itself."""
    template = (job.get("spec") or {}).get("template") or {}
    labels = (template.get("metadata") or {}).get("labels")
    if not labels or job["metadata"].get("labels"):
        return job
    return {**job, "metadata": {**job["metadata"], "labels": labels}}
