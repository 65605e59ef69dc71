"""PodTopologySpread: pods of one kind spread over zones, nodes and other domains.

Source    pkg/scheduler/framework/plugins/podtopologyspread/{filtering,scoring,plugin}.go
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from k8slab.objects import is_leaving
from k8slab.scheduler.columns import values
from k8slab.scheduler.framework import SKIP, ClusterEvent, NodeInfo, Plugin, PodInfo, Verdict
from k8slab.scheduler.plugins.spread_constraints import (
    HOSTNAME,
    SELECTED_BY,
    SYSTEM_DEFAULTS,
    Constraint,
    constraints_of,
    default_constraints,
)
from k8slab.scheduler.plugins.spread_layouts import Layout, Layouts
from k8slab.scheduler.plugins.spread_scores import Part, Scores
from k8slab.scheduler.tallies import matches_all

__all__ = ["PodTopologySpread"]

Obj = dict[str, Any]

TEXT = "node(s) didn't match pod topology spread constraints"
POD_CHANGES = ("Add", "Delete", "Update", "UpdatePodLabel")
UNEVEN = Verdict((TEXT,))
NO_LABEL = Verdict((f"{TEXT} (missing required label)",), can_change=False)


class Spread:
    """The hard constraints of a pod, each with the number of matching pods in every domain of it."""

    def __init__(self, pod: PodInfo, constraints: list[Constraint], matching: list[dict[str, int]]) -> None:
        self.pod, self.constraints, self.matching = pod, constraints, matching
        self.limits = [0] * len(constraints)
        for place in range(len(constraints)):
            self._set_limit(place)

    def _set_limit(self, place: int) -> None:
        """How many matching pods a domain may have so that this pod may come, too."""
        constraint, matching = self.constraints[place], self.matching[place]
        least = min(matching.values()) if len(matching) >= constraint.min_domains else 0
        self.limits[place] = constraint.max_skew + least - matches_all(constraint.selectors, self.pod.labels)

    def shift(self, other: PodInfo, node: NodeInfo, sign: int) -> None:
        """As if `other` had come to the node (1) or gone (-1)."""
        keys = [constraint.topology_key for constraint in self.constraints]
        if other.namespace != self.pod.namespace or any(key not in node.labels for key in keys):
            return
        for place, constraint in enumerate(self.constraints):
            counts = not is_leaving(other.pod) and matches_all(constraint.selectors, other.labels)
            if counts and constraint.includes(self.pod, node):
                domain, matching = node.labels[constraint.topology_key], self.matching[place]
                matching[domain] = matching.get(domain, 0) + sign
                self._set_limit(place)


class PodTopologySpread(Plugin):
    """Hard constraints filter, soft ones score; pods without any spread softly when something selects them.

    Arguments: `defaultingType` (System or List) and `defaultConstraints`, for pods without constraints.
    """

    name = "PodTopologySpread"
    weight = 2
    events = {"Node": ("Add", "Delete", "UpdateNodeLabel", "UpdateNodeTaint"), "Pod": POD_CHANGES}
    reads = SELECTED_BY

    def __init__(self) -> None:
        self._layouts = Layouts()

    def prepare(self, pod: PodInfo) -> Any:
        """The hard constraints with their counts; SKIP when there are none."""
        constraints = self._constraints(pod, "DoNotSchedule")
        if not constraints:
            return SKIP
        layouts = self._layouts.of(self.cluster, pod, constraints, strict=True)
        pairs = zip(constraints, layouts, strict=True)
        return Spread(pod, constraints, [self._matching(pod, *pair) for pair in pairs])

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """Matching pods of the domain, with this one, less those of the emptiest domain: no more than maxSkew."""
        labels = node.labels
        for place, constraint in enumerate(prepared.constraints):
            domain = labels.get(constraint.topology_key)
            if domain is None:
                return NO_LABEL
            if prepared.matching[place].get(domain, 0) > prepared.limits[place]:
                return UNEVEN
        return None

    def filter_all(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo]) -> list[Verdict | None]:
        """The same of all nodes: each domain is looked at once."""
        verdicts: list[Verdict | None] = [None] * len(nodes)
        spreads = zip(prepared.constraints, prepared.matching, prepared.limits, strict=True)
        for constraint, matching, limit in spreads:
            domains = values(self.cluster.labels(constraint.topology_key), nodes)
            known = {domain: UNEVEN if matching.get(domain, 0) > limit else None for domain in set(domains)}
            if None in known:
                known[None] = NO_LABEL
            found = map(known.__getitem__, domains)
            verdicts = [first or second for first, second in zip(verdicts, found, strict=True)]
        return verdicts

    def copied(self, prepared: Any) -> Any:
        """Counts of its own."""
        return Spread(prepared.pod, prepared.constraints, [dict(matching) for matching in prepared.matching])

    def pod_added(self, pod: PodInfo, prepared: Any, other: PodInfo, node: NodeInfo) -> None:
        """One more in the node's domains."""
        prepared.shift(other, node, 1)

    def pod_removed(self, pod: PodInfo, prepared: Any, other: PodInfo, node: NodeInfo) -> None:
        """One less in the node's domains."""
        prepared.shift(other, node, -1)

    def prepare_scores(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo]) -> Any:
        """What each soft constraint makes of nodes; SKIP without any."""
        constraints = self._constraints(pod, "ScheduleAnyway")
        if not constraints:
            return SKIP
        is_strict, ignored = self._needs_all_labels(pod), frozenset[str]()
        if is_strict:
            columns = [self.cluster.labels(constraint.topology_key) for constraint in constraints]
            columns = [column for column in columns if None in column]
            ignored = frozenset(n.name for n in nodes if any(column[n.place] is None for column in columns))
        scored = [node for node in nodes if node.name not in ignored] if ignored else nodes
        layouts = self._layouts.of(self.cluster, pod, constraints, strict=is_strict)
        pairs = zip(constraints, layouts, strict=True)
        return Scores([self._part(pod, constraint, layout, scored) for constraint, layout in pairs], ignored)

    def _part(self, pod: PodInfo, constraint: Constraint, layout: Layout, scored: Sequence[NodeInfo]) -> Part:
        """Matching pods of the domain, weighted by ln(domains + 2), and maxSkew - 1, which evens out differences.

        A node without the label gets nothing, but is a domain.
        """
        key, extra = constraint.topology_key, constraint.max_skew - 1
        column = self.cluster.labels(key)
        if key == HOSTNAME:
            weight, matching = math.log(len(scored) + 2), self._tally(pod, constraint)
        else:
            domains = {column[node.place] or "" for node in scored}
            weight, matching = math.log(len(domains) + 2), self._sums(pod, constraint, layout)
        return Part(column, lambda number: number * weight + extra, matching, by_node=key == HOSTNAME)

    def _matching(self, pod: PodInfo, constraint: Constraint, layout: Layout) -> dict[str, int]:
        """The matching pods of every domain."""
        sums = self._sums(pod, constraint, layout)
        return {domain: sums.get(domain, 0) for domain in layout.domains}

    def _sums(self, pod: PodInfo, constraint: Constraint, layout: Layout) -> Mapping[str, int]:
        """The matching pods of the domains that have any, on the nodes that count."""
        if layout.is_whole:
            spaces = frozenset((pod.namespace,))
            return self.cluster.tally_by(constraint.topology_key, spaces, constraint.selectors)
        sums: dict[str, int] = {}
        for name, number in self._tally(pod, constraint).items():
            domain = layout.domain_of.get(name)
            if domain is not None:
                sums[domain] = sums.get(domain, 0) + number
        return sums

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """The fewer, the better."""
        score: int = prepared.of(node)
        return score

    def score_all(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo]) -> list[int]:
        """The same of all nodes."""
        scores: list[int] = prepared.of_all(nodes)
        return scores

    def normalise_for(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo], scores: list[int]) -> list[int]:
        """The lowest is the best."""
        final: list[int] = prepared.normalised(nodes, scores)
        return final

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """Pods that come, go or change labels in the same namespace; nodes with other labels or taints."""
        if event.kind == "Node":
            return event.has("Add", "Delete", "UpdateNodeLabel", "UpdateNodeTaint")
        if event.kind != "Pod":
            return False
        other = event.new or event.old or {}
        same = other["metadata"].get("namespace") == pod["metadata"].get("namespace")
        return same and event.has(*POD_CHANGES)

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
