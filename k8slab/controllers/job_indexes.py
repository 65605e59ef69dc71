"""The completion indexes of an Indexed Job: each index must succeed once, and its Pods know which one they work on.

Source    pkg/controller/job/{indexed_job_utils,success_policy}.go
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from k8slab.controllers.job_backoff import Backoff
from k8slab.controllers.job_pods import judge, least_useful_first

__all__ = [
    "backoff_of",
    "failures_of",
    "index_of",
    "indexed_pod",
    "indexes_text",
    "matched_success_rule",
    "parse_indexes",
    "spare_pods",
]

Obj = dict[str, Any]

INDEX = "batch.kubernetes.io/job-completion-index"
FAILURES = "batch.kubernetes.io/job-index-failure-count"
IGNORED = "batch.kubernetes.io/job-index-ignored-failure-count"
ENV: Obj = {"name": "JOB_COMPLETION_INDEX", "valueFrom": {"fieldRef": {"fieldPath": f"metadata.labels['{INDEX}']"}}}
LONGEST_BASE = 58  # of a generated name


def index_of(pod: Obj) -> int | None:
    """The completion index of a Pod."""
    text = (pod["metadata"].get("annotations") or {}).get(INDEX, "")
    return int(text) if text.isascii() and text.isdigit() else None


def parse_indexes(text: str, completions: int) -> set[int]:
    """The indexes below `completions` in a text like `1,3-5,7`."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, dash, last = part.partition("-")
        found.update(range(int(first), min(int(last if dash else first), completions - 1) + 1))
    return found


def indexes_text(indexes: Collection[int]) -> str:
    """The text for a set of indexes: three or more in a row are written with a dash."""
    runs: list[list[int]] = []
    for index in sorted(indexes):
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    return ",".join(str(a) if a == b else f"{a}{',' if b == a + 1 else '-'}{b}" for a, b in runs)


def spare_pods(pods: Iterable[Obj], completions: int) -> list[Obj]:
    """The Pods that nobody needs: without an index, beyond the last one, or a second one for the same."""
    groups: defaultdict[int | None, list[Obj]] = defaultdict(list)
    for pod in pods:
        groups[index_of(pod)].append(pod)
    spare: list[Obj] = []
    for index, group in groups.items():
        is_wanted = index is not None and index < completions
        spare += least_useful_first(group)[: len(group) - 1] if is_wanted else group
    return spare


def indexed_pod(pod: Obj, job: Obj, index: int, replaced: Obj | None) -> Obj:
    """The Pod for an index; it inherits the count of failures from the Pod that it replaces."""
    metadata, name, suffix = pod["metadata"], job["metadata"]["name"], f"-{index}-"
    annotations = {**(metadata.get("annotations") or {}), INDEX: str(index)}
    if job["spec"].get("backoffLimitPerIndex") is not None:
        annotations |= _inherited(job, replaced)
    metadata = {
        **metadata,
        "generateName": name[: LONGEST_BASE - len(suffix)] + suffix,
        "labels": {**(metadata.get("labels") or {}), INDEX: str(index)},
        "annotations": annotations,
    }
    spec = {**pod["spec"], "hostname": f"{name}-{index}"}
    for group in ("containers", "initContainers"):
        if spec.get(group):
            spec[group] = [_with_index(container) for container in spec[group]]
    return {**pod, "metadata": metadata, "spec": spec}


def _with_index(container: Obj) -> Obj:
    env = container.get("env") or []
    return container if any(var["name"] == ENV["name"] for var in env) else {**container, "env": [*env, ENV]}


def _inherited(job: Obj, replaced: Obj | None) -> dict[str, str]:
    counted, ignored = failures_of(replaced) if replaced is not None else (0, 0)
    if replaced is not None:
        counts = judge(job, replaced).counts
        counted, ignored = counted + counts, ignored + (not counts)
    return {FAILURES: str(counted), **({IGNORED: str(ignored)} if ignored else {})}


def failures_of(pod: Obj) -> tuple[int, int]:
    """How many Pods of this index failed before this one: those that count, and those that are ignored."""
    annotations = pod["metadata"].get("annotations") or {}
    counted, ignored = (annotations.get(name, "0") for name in (FAILURES, IGNORED))
    return int(counted) if counted.isdigit() else 0, int(ignored) if ignored.isdigit() else 0


def backoff_of(pod: Obj) -> Backoff:
    """How long the successor of an index's last failed Pod waits."""
    return Backoff.of_one(pod, sum(failures_of(pod)) + 1)


def matched_success_rule(job: Obj, succeeded: Collection[int]) -> int | None:
    """Which rule of the Job's successPolicy is met, if one is."""
    for i, rule in enumerate((job["spec"].get("successPolicy") or {}).get("rules") or ()):
        wanted, count = rule.get("succeededIndexes"), rule.get("succeededCount")
        done = set(succeeded)
        if wanted is not None:
            required = parse_indexes(wanted, job["spec"]["completions"])
            done &= required
            count = len(required) if count is None else count
        if done and count is not None and len(done) >= count:
            return i
    return None
