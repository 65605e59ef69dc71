"""PodTopologySpread: pods of one kind spread over zones, nodes and other domains.

Source    pkg/scheduler/framework/plugins/podtopologyspread/{filtering,scoring,plugin}.go
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from k8slab.objects import is_leaving
from k8slab.scheduler.framework import MAX_SCORE, SKIP, ClusterEvent, NodeInfo, Plugin, PodInfo, Verdict
from k8slab.scheduler.plugins.spread_constraints import (
    HOSTNAME,
    SELECTED_BY,
    SYSTEM_DEFAULTS,
    Constraint,
    constraints_of,
    default_constraints,
)
from k8slab.scheduler.tallies import matches_all

__all__ = ["PodTopologySpread"]

Obj = dict[str, Any]
Domains = Mapping[str, str]  # node's name: value of the topology key

UNEVEN = "node(s) didn't match pod topology spread constraints"
NO_LABEL = f"{UNEVEN} (missing required label)"
LAYOUTS_KEPT = 50


class Spread(NamedTuple):
    """The hard constraints, each with the number of matching pods in every domain of it."""

    constraints: list[Constraint]
    matching: list[dict[str, int]]

    def shift(self, pod: PodInfo, other: PodInfo, node: NodeInfo, sign: int) -> None:
        """As if `other` had come to the node (1) or gone (-1)."""
        keys = [constraint.topology_key for constraint in self.constraints]
        if other.namespace != pod.namespace or any(key not in node.labels for key in keys):
            return
        for constraint, matching in zip(self.constraints, self.matching, strict=True):
            counts = not is_leaving(other.pod) and matches_all(constraint.selectors, other.labels)
            if counts and constraint.includes(pod, node):
                domain = node.labels[constraint.topology_key]
                matching[domain] = matching.get(domain, 0) + sign


class Scores(NamedTuple):
    """The raw scores of all nodes that fit, and those of them that lack a label (which get 0 in the end)."""

    raw: Mapping[str, int]
    ignored: frozenset[str]


class PodTopologySpread(Plugin):
    """Hard constraints filter, soft ones score; pods without any spread softly when something selects them.

    Arguments: `defaultingType` (System or List) and `defaultConstraints`, for pods without constraints.
    """

    name = "PodTopologySpread"
    weight = 2
    reads = SELECTED_BY

    def __init__(self) -> None:
        self._layouts: dict[tuple[int, str], tuple[Obj, int, list[Domains]]] = {}

    def prepare(self, pod: PodInfo) -> Any:
        """The hard constraints with their counts; SKIP when there are none."""
        constraints = self._constraints(pod, "DoNotSchedule")
        if not constraints:
            return SKIP
        matching = []
        for constraint, domains in zip(constraints, self._layout(pod, constraints, "DoNotSchedule"), strict=True):
            counts = dict.fromkeys(domains.values(), 0)
            for name, number in self._tally(pod, constraint).items():
                if name in domains:
                    counts[domains[name]] += number
            matching.append(counts)
        return Spread(constraints, matching)

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """Matching pods of the domain, with this one, less those of the emptiest domain: no more than maxSkew."""
        for constraint, matching in zip(prepared.constraints, prepared.matching, strict=True):
            domain = node.labels.get(constraint.topology_key)
            if domain is None:
                return Verdict((NO_LABEL,), can_change=False)
            least = min(matching.values()) if len(matching) >= constraint.min_domains else 0
            itself = matches_all(constraint.selectors, pod.labels)
            if matching.get(domain, 0) + itself - least > constraint.max_skew:
                return Verdict((UNEVEN,))
        return None

    def copied(self, prepared: Any) -> Any:
        """Counts of its own."""
        return Spread(prepared.constraints, [dict(matching) for matching in prepared.matching])

    def pod_added(self, pod: PodInfo, prepared: Any, other: PodInfo, node: NodeInfo) -> None:
        """One more in the node's domains."""
        prepared.shift(pod, other, node, 1)

    def pod_removed(self, pod: PodInfo, prepared: Any, other: PodInfo, node: NodeInfo) -> None:
        """One less in the node's domains."""
        prepared.shift(pod, other, node, -1)

    def prepare_scores(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo]) -> Any:
        """All raw scores; SKIP without soft constraints."""
        constraints = self._constraints(pod, "ScheduleAnyway")
        if not constraints:
            return SKIP
        keys = [constraint.topology_key for constraint in constraints] if self._needs_all_labels(pod) else []
        ignored = frozenset(node.name for node in nodes if any(key not in node.labels for key in keys))
        raw = dict.fromkeys((node.name for node in nodes), 0.0)
        scored = [node for node in nodes if node.name not in ignored]
        for constraint, domains in zip(constraints, self._layout(pod, constraints, "ScheduleAnyway"), strict=True):
            self._add_scores(raw, pod, constraint, domains, scored)
        return Scores({name: math.floor(score + 0.5) for name, score in raw.items()}, ignored)

    def _add_scores(
        self, raw: dict[str, float], pod: PodInfo, constraint: Constraint, domains: Domains, nodes: list[NodeInfo]
    ) -> None:
        """Matching pods of the domain, weighted by ln(domains + 2), and maxSkew - 1, which evens out differences."""
        tally, key, extra = self._tally(pod, constraint), constraint.topology_key, constraint.max_skew - 1
        if key == HOSTNAME:
            weight = math.log(len(nodes) + 2)
            for node in nodes:
                if key in node.labels:
                    raw[node.name] += tally.get(node.name, 0) * weight + extra
            return
        matching = dict.fromkeys((node.labels.get(key, "") for node in nodes), 0)
        weight = math.log(len(matching) + 2)
        for name, number in tally.items():
            domain = domains.get(name)
            if domain in matching:
                matching[domain] += number
        for node in nodes:
            if key in node.labels:
                raw[node.name] += matching[node.labels[key]] * weight + extra

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """The fewer, the better."""
        score: int = prepared.raw[node.name]
        return score

    def normalise_for(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo], scores: list[int]) -> list[int]:
        """The lowest gets 100, and each other as much less as it is above the lowest, in parts of the highest."""
        counted = [score for node, score in zip(nodes, scores, strict=True) if node.name not in prepared.ignored]
        least, most = min(counted, default=0), max(counted, default=0)
        if not most:
            return [0 if node.name in prepared.ignored else MAX_SCORE for node in nodes]
        return [
            0 if node.name in prepared.ignored else MAX_SCORE * (most + least - score) // most
            for node, score in zip(nodes, scores, strict=True)
        ]

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """Pods that come, go or change labels in the same namespace; nodes with other labels or taints."""
        if event.kind == "Node":
            return event.has("Add", "Delete", "UpdateNodeLabel", "UpdateNodeTaint")
        if event.kind != "Pod":
            return False
        other = event.new or event.old or {}
        same = other["metadata"].get("namespace") == pod["metadata"].get("namespace")
        return same and event.has("Add", "Delete", "Update", "UpdatePodLabel")

    def _constraints(self, pod: PodInfo, answer: str) -> list[Constraint]:
        own = pod.spec.get("topologySpreadConstraints")
        if own:
            return constraints_of(own, pod, answer)
        given = SYSTEM_DEFAULTS if self._is_system_defaulted else self.args.get("defaultConstraints") or ()
        return default_constraints(given, pod, answer, self.cluster)

    @property
    def _is_system_defaulted(self) -> bool:
        return bool(self.args.get("defaultingType", "System") == "System")

    def _needs_all_labels(self, pod: PodInfo) -> bool:
        """Nodes without a zone still take part when it was not the user who asked for zones."""
        return bool(pod.spec.get("topologySpreadConstraints")) or not self._is_system_defaulted

    def _tally(self, pod: PodInfo, constraint: Constraint) -> Mapping[str, int]:
        return self.cluster.tally(frozenset((pod.namespace,)), constraint.selectors)

    def _layout(self, pod: PodInfo, constraints: list[Constraint], answer: str) -> list[Domains]:
        """Per constraint the nodes that count, with their domains: the same until a node changes."""
        key, version = (id(pod.spec), answer), self.cluster.nodes_version
        known = self._layouts.get(key)
        if known is not None and known[0] is pod.spec and known[1] == version and len(known[2]) == len(constraints):
            return known[2]
        if len(self._layouts) >= LAYOUTS_KEPT:
            self._layouts.clear()
        keys = [constraint.topology_key for constraint in constraints]
        is_strict = answer == "DoNotSchedule" or self._needs_all_labels(pod)
        nodes = [n for n in self.cluster.nodes.values() if not is_strict or all(key in n.labels for key in keys)]
        layout: list[Domains] = [
            {node.name: node.labels.get(one.topology_key, "") for node in nodes if one.includes(pod, node)}
            for one in constraints
        ]
        self._layouts[key] = (pod.spec, version, layout)
        return layout
