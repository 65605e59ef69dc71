"""Topology spread constraints as the scheduler reads them: the pod's own, or those of its configuration.

Source    pkg/scheduler/framework/plugins/podtopologyspread/{common,plugin}.go, helper/spread.go (DefaultSelector)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from k8slab.objects import controller_of, matches, tolerates
from k8slab.scheduler.framework import NodeInfo, PodInfo, Snapshot
from k8slab.scheduler.plugins.node_affinity import fits_required, requires_affinity
from k8slab.scheduler.tallies import Selectors

__all__ = [
    "HOSTNAME",
    "SELECTED_BY",
    "SYSTEM_DEFAULTS",
    "Constraint",
    "constraints_of",
    "default_constraints",
]

Obj = dict[str, Any]

HOSTNAME = "kubernetes.io/hostname"
HARD_EFFECTS = ("NoSchedule", "NoExecute")
SELECTED_BY = ("Service", "ReplicationController", "ReplicaSet", "StatefulSet")
SYSTEM_DEFAULTS: tuple[Obj, ...] = (
    {"topologyKey": HOSTNAME, "whenUnsatisfiable": "ScheduleAnyway", "maxSkew": 3},
    {"topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway", "maxSkew": 5},
)


class Constraint(NamedTuple):
    """One constraint. `selectors` must all select a pod for it to count."""

    topology_key: str
    max_skew: int
    selectors: Selectors
    min_domains: int = 1
    honours_affinity: bool = True
    honours_taints: bool = False

    def is_choosy(self, pod: PodInfo) -> bool:
        """Which nodes count depends on the pod."""
        return self.honours_taints or (self.honours_affinity and requires_affinity(pod.spec))

    def includes(self, pod: PodInfo, node: NodeInfo) -> bool:
        """The node's pods count, and its domain is one of the pod's domains."""
        if self.honours_affinity and requires_affinity(pod.spec) and not fits_required(pod.spec, node):
            return False
        if not self.honours_taints or not node.taints:
            return True
        tolerations = pod.spec.get("tolerations") or ()
        return all(taint["effect"] not in HARD_EFFECTS or tolerates(tolerations, taint) for taint in node.taints)


def constraints_of(given: Sequence[Obj], pod: PodInfo, answer: str) -> list[Constraint]:
    """Those of the constraints that are answered so (DoNotSchedule or ScheduleAnyway)."""
    return [_constraint(one, pod.labels) for one in given if one["whenUnsatisfiable"] == answer]


def _constraint(given: Obj, labels: Mapping[str, str]) -> Constraint:
    same = {key: labels[key] for key in given.get("matchLabelKeys") or () if key in labels}
    selector = given.get("labelSelector")
    selectors: Selectors = (selector,)
    if same:  # a selector that is not there selects nothing, but with these labels it has no say, as upstream
        selectors = ({"matchLabels": same},) if selector is None else (selector, {"matchLabels": same})
    return Constraint(
        given["topologyKey"],
        given["maxSkew"],
        selectors,
        given.get("minDomains") or 1,
        given.get("nodeAffinityPolicy", "Honor") == "Honor",
        given.get("nodeTaintsPolicy", "Ignore") == "Honor",
    )


def default_constraints(given: Sequence[Obj], pod: PodInfo, answer: str, cluster: Snapshot) -> list[Constraint]:
    """The configured constraints for a pod of Services or of a controller, with the selectors of those."""
    selectors = _selectors_for(pod, cluster) if any(one["whenUnsatisfiable"] == answer for one in given) else ()
    if not selectors:
        return []
    return [constraint._replace(selectors=selectors) for constraint in constraints_of(given, pod, answer)]


def _selectors_for(pod: PodInfo, cluster: Snapshot) -> Selectors:
    labels: dict[str, str] = {}
    for service in cluster.list("Service", pod.namespace):
        selector = service["spec"].get("selector")
        if selector and matches({"matchLabels": selector}, pod.labels):
            labels |= selector
    owner = controller_of(pod.pod)
    kind = owner["kind"] if owner else ""
    found = cluster.get(kind, pod.namespace, owner["name"]) if owner and kind in SELECTED_BY[1:] else None
    selector = (found or {}).get("spec", {}).get("selector")
    if selector and kind == "ReplicationController":
        labels, selector = {**labels, **selector}, None
    return tuple(one for one in ({"matchLabels": labels} if labels else None, selector) if one)
