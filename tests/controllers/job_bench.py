"""Jobs and their Pods, as the tests of the batch controllers need them."""

from __future__ import annotations

from typing import Any

from bench import Bench

from k8slab.objects import owner_reference, rfc3339

Obj = dict[str, Any]

TRACKING = "batch.kubernetes.io/job-tracking"
INDEX = "batch.kubernetes.io/job-completion-index"
PHASES = {"S": "Succeeded", "F": "Failed", "R": "Running", "P": "Pending"}


def job(name: str = "pi", **spec: Any) -> Obj:
    """A Job of one container that does not restart."""
    containers = [{"name": "main", "image": "busybox", "resources": {}}]
    template = {"spec": {"restartPolicy": "Never", "containers": containers}}
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": template, **spec}}


def indexed(completions: int, **spec: Any) -> Obj:
    """An Indexed Job, all of its Pods at once."""
    return job(**{"completionMode": "Indexed", "completions": completions, "parallelism": completions, **spec})


def job_pod(owner: Obj, name: str, phase: str, *, index: int | None = None, ended: float = 0.0, code: int = 1) -> Obj:
    """One Pod of a Job in the phase S, F, R or P; a failed one ended with a code at a moment."""
    annotations = {} if index is None else {INDEX: str(index)}
    metadata = {"name": name, "namespace": "default", "annotations": annotations, "finalizers": [TRACKING]}
    metadata |= {"labels": owner["spec"]["template"]["metadata"]["labels"], "ownerReferences": [owner_reference(owner)]}
    status: Obj = {"phase": PHASES[phase]}
    if phase in "SF":
        end = {"exitCode": code if phase == "F" else 0, "finishedAt": rfc3339(ended)}
        status["containerStatuses"] = [{"name": "main", "state": {"terminated": end}}]
    if phase == "R":
        status["conditions"] = [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}]
    spec = {**owner["spec"]["template"]["spec"], "nodeName": "n1"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def given_job(bench: Bench, new: Obj, phases: str = "") -> Obj:
    """Create a Job and one Pod per letter: pi-0, pi-1 …, with the index of its place if the Job is Indexed."""
    made: Obj = bench.given(new)
    is_indexed = new["spec"].get("completionMode") == "Indexed"
    for i, phase in enumerate(phases):
        index = i if is_indexed else None
        bench.given(job_pod(made, f"pi-{i}", phase, index=index, ended=bench.loop.now))
    return made


def status_of(bench: Bench, *names: str) -> list[Any]:
    """These fields of the Job's status."""
    status = bench.client.get("Job", "pi", "default").get("status") or {}
    return [status.get(name) for name in names]


def conditions(bench: Bench) -> list[str]:
    """`Type: reason` of the Job's conditions; `!` stands before one that does not hold."""
    (found,) = status_of(bench, "conditions")
    return [f"{'' if c['status'] == 'True' else '!'}{c['type']}: {c['reason']}" for c in found or ()]


def counts(bench: Bench) -> tuple[int, int]:
    """How many Pods the last step made, and how many it deleted."""
    return (
        sum(write == "create Pod" for write in bench.writes),
        sum(write.startswith("delete Pod/") for write in bench.writes),
    )
