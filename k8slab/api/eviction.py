"""Eviction: a deletion that asks the pod's PodDisruptionBudget first.

A pod that has ended, has not begun or is leaving needs no budget. A pod that is not ready may go when its budget
has what it wants without it, or says AlwaysAllow. Everything else is charged to `disruptionsAllowed`.

Source    pkg/registry/core/pod/storage/eviction.go
Left out  waiting after a conflict (there is none in one process)
"""

from __future__ import annotations

from typing import Any

from k8slab.api.admission.attempt import Attempt, Cluster
from k8slab.api.admission.namespace_lifecycle import check_namespace
from k8slab.objects import (
    budgets_of,
    get_condition,
    is_leaving,
    is_ready,
    rfc3339,
    with_condition,
    with_disruption_condition,
)
from k8slab.wire import ApiError, BadRequest, Forbidden, TooManyRequests

__all__ = [
    "charged_budget",
    "check_eviction",
    "evicted",
]

Obj = dict[str, Any]

MOST_DISRUPTED = 2000
REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
TARGET = {
    "type": "DisruptionTarget",
    "status": "True",
    "lastProbeTime": None,
    "reason": "EvictionByEvictionAPI",
    "message": "Eviction API: evicting",
}


def check_eviction(cluster: Cluster, attempt: Attempt, eviction: Obj) -> None:
    """Raises BadRequest when the Eviction is about another pod, Forbidden in a namespace that is leaving."""
    check_namespace(cluster, attempt)
    if (eviction.get("metadata") or {}).get("name", "") != attempt.name:
        raise BadRequest("name in URL does not match name in Eviction object")


def evicted(pod: Obj, now: float) -> Obj:
    """The pod with the condition that tells why it goes."""
    status = pod.get("status") or {}
    conditions = with_condition(status.get("conditions") or [], TARGET, rfc3339(now))
    return {**pod, "status": {**status, "conditions": conditions}}


def charged_budget(cluster: Cluster, pod: Obj, now: float) -> tuple[Obj, Obj] | None:
    """The budget after and before this eviction; None when it costs nothing.

    Raises TooManyRequests when the budget forbids it or is not worked out yet, and an ApiError (500) for two budgets.
    """
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed", "Pending") or is_leaving(pod):
        return None
    found = budgets_of(pod, cluster.list("PodDisruptionBudget", pod["metadata"]["namespace"]))
    if len(found) > 1:
        text = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        raise ApiError(text)
    if not found or _is_free(pod, found[0]):
        return None
    budget = found[0]
    _check(budget)
    status = budget["status"]
    left = status["disruptionsAllowed"] - 1
    disrupted = {**(status.get("disruptedPods") or {}), pod["metadata"]["name"]: rfc3339(now)}
    status = {**status, "disruptionsAllowed": left, "disruptedPods": disrupted}
    return {**budget, "status": status if left else with_disruption_condition(status, rfc3339(now))}, budget


def _is_free(pod: Obj, budget: Obj) -> bool:
    """The pod is not healthy, and its budget does not hold it."""
    if is_ready(pod):
        return False
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget.get("status") or {}
    wanted: int = status.get("desiredHealthy", 0)
    return wanted > 0 and status.get("currentHealthy", 0) >= wanted


def _check(budget: Obj) -> None:
    """Raises TooManyRequests when the budget allows no disruption."""
    name, status = budget["metadata"]["name"], budget.get("status") or {}
    if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 1):
        raise _refused(f"The disruption budget {name} is still being processed by the server.", 10)
    problem = ""
    if status.get("disruptionsAllowed", 0) < 0:
        problem = "pdb disruptions allowed is negative"
    elif len(status.get("disruptedPods") or ()) > MOST_DISRUPTED:
        problem = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
    if problem:
        details = {"name": name, "group": "policy", "kind": "poddisruptionbudget"}
        raise Forbidden(f'poddisruptionbudget.policy "{name}" is forbidden: {problem}', details)
    if status.get("disruptionsAllowed", 0) == 0:
        raise _refused(f"The disruption budget {name} {_reason(budget)}")


def _reason(budget: Obj) -> str:
    """Why a budget allows nothing; its numbers are not told when they could not be worked out."""
    status, condition = budget.get("status") or {}, get_condition(budget, "DisruptionAllowed") or {}
    wanted, healthy = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
    is_told = condition.get("status") == "False" and bool(condition.get("message"))
    if is_told and condition["reason"] == "SyncFailed":
        return f"does not allow evicting pods currently because it failed sync: {condition['message']}"
    if healthy <= wanted:
        return f"needs {wanted} healthy pods and has {healthy} currently"
    text = "does not allow evicting pods currently"
    return f"{text} ({condition['reason']}): {condition['message']}" if is_told else text


def _refused(cause: str, retry_s: int = 0) -> TooManyRequests:
    details: Obj = {"causes": [{"reason": "DisruptionBudget", "message": cause}]}
    return TooManyRequests(REFUSED, {**details, **({"retryAfterSeconds": retry_s} if retry_s else {})})
