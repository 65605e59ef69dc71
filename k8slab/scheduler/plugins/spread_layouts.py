"""Which nodes count for a spread constraint, and in which domain of it each is: the same until a node changes.

Source    pkg/scheduler/framework/plugins/podtopologyspread/common.go (matchNodeInclusionPolicies), filtering.go
          (calPreFilterState), scoring.go (initPreScoreState): worked out there anew for each pod
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from k8slab.scheduler.framework import PodInfo
from k8slab.scheduler.plugins.spread_constraints import Constraint
from k8slab.scheduler.snapshot import EMPTY, Snapshot

__all__ = ["Layout", "Layouts"]

LAYOUTS_KEPT = 50


class Layout(NamedTuple):
    """The domains by node (name). `is_whole`: they are exactly the nodes that have the label."""

    domain_of: Mapping[str, str]
    domains: Sequence[str]
    is_whole: bool


class Layouts:
    """All layouts asked for lately. Those of pods that are choosy about nodes are known by what they choose by."""

    def __init__(self) -> None:
        self.cluster: Snapshot = EMPTY
        self._version = -1
        self._known: dict[Any, list[Layout]] = {}

    def of(self, cluster: Snapshot, pod: PodInfo, constraints: Sequence[Constraint], *, strict: bool) -> list[Layout]:
        """One for each constraint; `strict`: only nodes count that have the labels of all of them."""
        if self._version != cluster.nodes_version or self.cluster is not cluster:
            self._version, self.cluster = cluster.nodes_version, cluster
            self._known.clear()
        choice = _choice(pod) if any(one.is_choosy(pod) for one in constraints) else ""
        policies = tuple((one.topology_key, one.honours_affinity, one.honours_taints) for one in constraints)
        key = choice, strict, policies
        if key not in self._known:
            if len(self._known) >= LAYOUTS_KEPT:
                self._known.clear()
            self._known[key] = [_layout(cluster, pod, one, constraints, strict) for one in constraints]
        return self._known[key]


def _choice(pod: PodInfo) -> str:
    """What of a pod decides which nodes count."""
    affinity = (pod.spec.get("affinity") or {}).get("nodeAffinity")
    return repr((pod.spec.get("nodeSelector"), affinity, pod.spec.get("tolerations")))


def _layout(cluster: Snapshot, pod: PodInfo, one: Constraint, every: Sequence[Constraint], strict: bool) -> Layout:
    here = cluster.labels(one.topology_key)
    columns = [cluster.labels(each.topology_key) for each in every] if strict else []
    domain_of = {
        node.name: here[node.place] or ""
        for node in cluster.nodes.values()
        if all(column[node.place] is not None for column in columns) and one.includes(pod, node)
    }
    labelled = [name for name, node in cluster.nodes.items() if here[node.place] is not None]
    is_whole = len(labelled) == len(domain_of) and all(name in domain_of for name in labelled)
    return Layout(domain_of, list(dict.fromkeys(domain_of.values())), is_whole)
