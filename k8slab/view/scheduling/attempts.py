"""What schedulers thought of a Pod, as plain values: one Attempt per try, oldest first.

Source    the SchedulingAttempts of slab.k8slab.dev/v1 (k8slab/scheduler/explain.py)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from k8slab.client import Reader
from k8slab.objects import parse_rfc3339

__all__ = [
    "Attempt",
    "Candidate",
    "Preemption",
    "Score",
    "Verdict",
    "read_attempts",
]

Obj = dict[str, Any]

KIND = "schedulingattempts.slab.k8slab.dev"


class Score(NamedTuple):
    """What one plugin said of one Node: its own scale, 0 to 100, and times its weight."""

    raw: int
    normalized: int
    weighted: int


class Verdict(NamedTuple):
    """One Node in one attempt. `plugin` and `reasons` are there when it was filtered out, `total` when it was scored.

    `can_change`: other Pods going away could help (upstream: Unschedulable).
    """

    node: str
    scores: Mapping[str, Score]
    total: int | None = None
    plugin: str = ""
    reasons: tuple[str, ...] = ()
    can_change: bool = False

    @property
    def fits(self) -> bool:
        """The Node passed all filters."""
        return not self.plugin


class Candidate(NamedTuple):
    """A Node that would fit without these Pods."""

    node: str
    victims: tuple[str, ...]
    priority: int
    violations: int


class Preemption(NamedTuple):
    """What would help a Pod that fits nowhere, and where nothing would: Nodes by reason."""

    node: str
    victims: tuple[str, ...]
    message: str
    candidates: tuple[Candidate, ...]
    refused: Mapping[str, tuple[str, ...]]


class Attempt(NamedTuple):
    """One try. `result` is Scheduled, Unschedulable or Error; `weights` has the weight of each plugin that scored."""

    pod: str
    when: float
    scheduler: str
    result: str
    node: str
    message: str
    verdicts: tuple[Verdict, ...]
    weights: Mapping[str, int]
    preemption: Preemption | None = None
    nominated: str = ""  # the Node that the attempt before has nominated


def read_attempts(reader: Reader, namespace: str, pod: str) -> tuple[Attempt, ...]:
    """Every attempt on record for a Pod; without one, those of the newest Pod whose name begins so.

    Raises ApiError, NotFound among them where this API does not serve attempts.
    """
    found = _of_pod(reader, namespace, pod)
    if not found:
        alike = [one["metadata"] for one in reader.list("Pod", namespace)]
        alike = [one for one in alike if one["name"].startswith(f"{pod}-")]
        newest = max(alike, key=lambda one: str(one.get("creationTimestamp", "")), default=None)
        found = _of_pod(reader, namespace, newest["name"]) if newest is not None else []
    attempts = [_attempt(obj) for obj in found]
    before = ["", *(one.preemption.node if one.preemption else "" for one in attempts)]
    return tuple(one._replace(nominated=node) for one, node in zip(attempts, before, strict=False))


def _of_pod(reader: Reader, namespace: str, pod: str) -> list[Obj]:
    return reader.list(KIND, namespace, fields=f"spec.podName={pod}")


def _attempt(obj: Obj) -> Attempt:
    metadata, status = obj["metadata"], obj.get("status") or {}
    verdicts = tuple(_verdict(node) for node in status.get("nodes") or ())
    return Attempt(
        obj["spec"]["podName"],
        parse_rfc3339(metadata["creationTimestamp"]),
        obj["spec"].get("schedulerName", ""),
        status.get("result", ""),
        status.get("nodeName", ""),
        status.get("message", ""),
        verdicts,
        _weights(verdicts),
        _preemption(status["preemption"]) if status.get("preemption") else None,
    )


def _verdict(node: Obj) -> Verdict:
    if node["verdict"] != "Fits":
        can_change = node["verdict"] == "Unschedulable"
        return Verdict(node["name"], {}, None, node.get("plugin", "?"), tuple(node.get("reasons") or ()), can_change)
    scores = {one["plugin"]: Score(one["raw"], one["normalized"], one["weighted"]) for one in node.get("scores") or ()}
    return Verdict(node["name"], scores, node.get("total") if scores else None)


def _weights(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """The weight of each plugin, in their order; 0 where no score tells it."""
    weights: dict[str, int] = {}
    for verdict in verdicts:
        for plugin, score in verdict.scores.items():
            known = weights.setdefault(plugin, 0)
            if not known and score.normalized:
                weights[plugin] = score.weighted // score.normalized
    return weights


def _preemption(told: Obj) -> Preemption:
    candidates = tuple(
        Candidate(one["node"], tuple(one.get("victims") or ()), one.get("highestPriority", 0), one["pdbViolations"])
        for one in told.get("candidates") or ()
    )
    nodes: dict[str, tuple[str, ...]] = {}
    for one in told.get("refused") or ():
        reason = ", ".join(one.get("reasons") or ())
        nodes[reason] = (*nodes.get(reason, ()), one["node"])
    victims = tuple(told.get("victims") or ())
    return Preemption(told.get("nominatedNodeName", ""), victims, told.get("message", ""), candidates, nodes)
