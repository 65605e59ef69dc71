"""Work out for every PodDisruptionBudget how many of its Pods may be evicted now.

Watches   PodDisruptionBudgets, and Pods through the budgets that select them.
Compares  the healthy Pods with the wanted ones, of as many as their owners' scales say.
Writes    the budget's status; Events when Pods are missing, nobody's, or cannot be counted.
Source    pkg/controller/disruption/disruption.go
Left out  taking back the condition DisruptionTarget of a Pod that was never deleted; a Pod of two budgets is counted
          for both, without a warning
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from k8slab.client import After, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.objects import (
    Key,
    budgets_of,
    controller_of,
    is_leaving,
    is_ready,
    key_of,
    matches,
    parse_rfc3339,
    rfc3339,
    with_condition,
    with_disruption_condition,
)
from k8slab.wire import NotFound

__all__ = [
    "DisruptionController",
    "healthy_wanted",
]

Obj = dict[str, Any]

DELETED_WITHIN_S = 120.0
GATHERED_S = 0.1


class Uncountable(Exception):
    """The scale of a Pod's owner cannot be found."""


class DisruptionController(Controller):
    """The API server evicts by the numbers that this controller writes."""

    name = "disruption-controller"
    watches = {"PodDisruptionBudget": own_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.budgets = self.informer("PodDisruptionBudget")
        self.pods = self.informer("Pod")
        self.pods.on_change(self._pod_changed)

    def reconcile(self, key: Key) -> After | None:
        """Count the Pods; when that is not possible, allow no disruption."""
        budget = self.budgets.get(key)
        if budget is None:
            return None
        pods = self._selected(budget)
        if not pods:
            self.recorder.event(budget, "Normal", "NoPods", "No matching pods found")
        try:
            expected, desired = self._expected(budget, pods)
        except Uncountable as error:
            text = f"Failed to calculate the number of expected pods: {error}"
            self.recorder.event(budget, "Warning", "CalculateExpectedPodCountFailed", text)
            self._write(budget, self._failed(budget, str(error)))
            return None
        disrupted = self._disrupted(budget, pods)
        healthy = sum(is_ready(pod) and not is_leaving(pod) and _name(pod) not in disrupted for pod in pods)
        self._report(budget, (healthy, desired, expected), disrupted)
        return self._recheck(disrupted)

    def _pod_changed(self, old: Obj | None, new: Obj | None) -> None:
        """Have the Pod's budgets looked at soon, once for all that happens at the same time."""
        for pod in (old, new):
            if pod is not None and (budgets := self.budgets.list(pod["metadata"]["namespace"])):
                for budget in budgets_of(pod, budgets):
                    self.enqueue(key_of(budget), GATHERED_S)

    def _selected(self, budget: Obj) -> list[Obj]:
        selector = budget["spec"].get("selector")
        if selector is None:
            return []
        pods = self.pods.list(budget["metadata"]["namespace"])
        return [pod for pod in pods if matches(selector, pod["metadata"].get("labels") or {})]

    def _expected(self, budget: Obj, pods: list[Obj]) -> tuple[int, int]:
        """How many Pods there should be, and how many of them healthy. Raises Uncountable."""
        spec = budget["spec"]
        if spec.get("maxUnavailable") is None and not isinstance(spec.get("minAvailable"), str):
            return (len(pods), spec["minAvailable"]) if spec.get("minAvailable") is not None else (0, 0)
        scales, known = {}, set()  # type: dict[str, int], set[str]
        for pod in pods:
            owner = controller_of(pod)
            if owner is None:
                continue
            if owner["uid"] not in known:
                found = self._scale(owner, budget["metadata"]["namespace"])
                if found is None:
                    raise Uncountable(f'found no controllers for pod "{_name(pod)}"')
                known.add(owner["uid"])
                scales |= [found]
        if any(controller_of(pod) is None for pod in pods):
            self.recorder.event(budget, "Warning", "UnmanagedPods", _unmanaged(spec.get("selector") or {}))
        expected = sum(scales.values())
        return expected, healthy_wanted(spec, expected)

    def _scale(self, owner: Obj, namespace: str) -> tuple[str, int] | None:
        """The uid and the wanted replicas of what controls a Pod; of the Deployment, for a ReplicaSet of one.

        None when it is not there (any more). Raises Uncountable for a kind without a scale.
        """
        above = self._controller_of(owner, namespace) if owner["kind"] == "ReplicaSet" else None
        if above is not None and above["kind"] == "Deployment" and (found := self._scale(above, namespace)):
            return found
        try:
            resource = self.client.mapper.of(owner["apiVersion"], owner["kind"])
        except NotFound as error:
            raise Uncountable(error.message) from None
        try:
            scale = self.client.get(resource.full_name, owner["name"], namespace, subresource="scale")
        except NotFound:
            if "scale" not in resource.subresources:
                raise Uncountable(f"{resource.full_name} does not implement the scale subresource") from None
            return None
        return (owner["uid"], scale["spec"].get("replicas", 0)) if scale["metadata"]["uid"] == owner["uid"] else None

    def _controller_of(self, owner: Obj, namespace: str) -> Obj | None:
        try:
            found = self.client.get("replicasets.apps", owner["name"], namespace)
        except NotFound:
            return None
        return controller_of(found) if found["metadata"]["uid"] == owner["uid"] else None

    def _disrupted(self, budget: Obj, pods: list[Obj]) -> dict[str, str]:
        """The Pods whose eviction was granted and whose deletion is still to come, with the moment of the grant."""
        granted: Mapping[str, str] = (budget.get("status") or {}).get("disruptedPods") or {}
        waiting = {}
        for pod in pods:
            name = _name(pod)
            if name not in granted or is_leaving(pod):
                continue
            if parse_rfc3339(granted[name]) + DELETED_WITHIN_S < self.loop.now:
                namespace = budget["metadata"]["namespace"]
                text = f"Pod was expected by PDB {namespace}/{namespace} to be deleted but it wasn't"
                self.recorder.event(pod, "Warning", "NotDeleted", text)
            else:
                waiting[name] = granted[name]
        return waiting

    def _report(self, budget: Obj, counts: tuple[int, int, int], disrupted: dict[str, str]) -> None:
        healthy, desired, expected = counts
        status = {
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "disruptionsAllowed": max(healthy - desired, 0) if expected > 0 else 0,
            "observedGeneration": budget["metadata"]["generation"],
            "conditions": (budget.get("status") or {}).get("conditions") or [],
        }
        if disrupted:
            status["disruptedPods"] = disrupted
        self._write(budget, with_disruption_condition(status, rfc3339(self.loop.now)))

    def _failed(self, budget: Obj, error: str) -> Obj:
        status = {**(budget.get("status") or {}), "disruptionsAllowed": 0}
        condition = {
            "type": "DisruptionAllowed",
            "status": "False",
            "observedGeneration": status.get("observedGeneration", 0),
            "reason": "SyncFailed",
            "message": error,
        }
        conditions = with_condition(status.get("conditions") or [], condition, rfc3339(self.loop.now))
        return {**status, "conditions": conditions}

    def _write(self, budget: Obj, status: Obj) -> None:
        if status != budget.get("status"):
            self.client.update_status({**budget, "status": status})

    def _recheck(self, disrupted: dict[str, str]) -> After | None:
        if not disrupted:
            return None
        first = min(parse_rfc3339(moment) for moment in disrupted.values())
        return After(first + DELETED_WITHIN_S - self.loop.now + 1)


def healthy_wanted(spec: Obj, expected: int) -> int:
    """How many healthy Pods a budget wants of so many: percentages are rounded up."""
    if spec.get("maxUnavailable") is not None:
        return max(expected - _share(spec["maxUnavailable"], expected), 0)
    return _share(spec.get("minAvailable", 0), expected)


def _share(number: int | str, whole: int) -> int:
    return math.ceil(int(number.removesuffix("%")) * whole / 100) if isinstance(number, str) else number


def _name(pod: Obj) -> str:
    name: str = pod["metadata"]["name"]
    return name


def _unmanaged(selector: Obj) -> str:
    labels = "".join(f"{name}: {value}," for name, value in sorted((selector.get("matchLabels") or {}).items()))
    wanted = "".join(
        f"LabelSelectorRequirement{{Key:{each['key']},Operator:{each['operator']},"
        f"Values:[{' '.join(each.get('values') or ())}],}},"
        for each in selector.get("matchExpressions") or ()
    )
    shown = f"MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{{wanted}}},"
    return (
        f"Pods selected by this PodDisruptionBudget (selector: &LabelSelector{{{shown}}}) were found to be unmanaged. "
        "As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To "
        'account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.'
    )
