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
Values = Mapping[int, str]  # node (by its generation): its value of a topology key

UNEVEN = "node(s) didn't match pod topology spread constraints"
NO_LABEL = f"{UNEVEN} (missing required label)"
LAYOUTS_KEPT = 50


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


class Scores(NamedTuple):
    """The raw scores of all nodes that fit, and those of them that lack a label (which get 0 in the end)."""

    raw: Mapping[int, int]
    ignored: frozenset[int]


class PodTopologySpread(Plugin):
    """Hard constraints filter, soft ones score; pods without any spread softly when something selects them.

    Arguments: `defaultingType` (System or List) and `defaultConstraints`, for pods without constraints.
    """

    name = "PodTopologySpread"
    weight = 2
    reads = SELECTED_BY

    def __init__(self) -> None:
        self._layouts: dict[Any, tuple[Obj | None, list[Values]]] = {}
        self._values: dict[str, Values] = {}
        self._version = -1

    def prepare(self, pod: PodInfo) -> Any:
        """The hard constraints with their counts; SKIP when there are none."""
        constraints = self._constraints(pod, "DoNotSchedule")
        if not constraints:
            return SKIP
        matching = []
        for constraint, values in zip(constraints, self._layout(pod, constraints, "DoNotSchedule"), strict=True):
            counts = dict.fromkeys(values.values(), 0)
            self._add(counts, pod, constraint, values)
            matching.append(counts)
        return Spread(pod, constraints, matching)

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """Matching pods of the domain, with this one, less those of the emptiest domain: no more than maxSkew."""
        labels = node.labels
        for place, constraint in enumerate(prepared.constraints):
            domain = labels.get(constraint.topology_key)
            if domain is None:
                return Verdict((NO_LABEL,), can_change=False)
            if prepared.matching[place].get(domain, 0) > prepared.limits[place]:
                return Verdict((UNEVEN,))
        return None

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
        """All raw scores; SKIP without soft constraints."""
        constraints = self._constraints(pod, "ScheduleAnyway")
        if not constraints:
            return SKIP
        every = [node.generation for node in nodes]
        known = [self._values_of(constraint.topology_key) for constraint in constraints]
        ignored: frozenset[int] = frozenset()
        if self._needs_all_labels(pod):
            ignored = frozenset(one for one in every if any(one not in values for values in known))
        scored = [one for one in every if one not in ignored] if ignored else every
        raw = [0.0] * len(scored)
        for constraint, layout in zip(constraints, self._layout(pod, constraints, "ScheduleAnyway"), strict=True):
            part = self._part(pod, constraint, layout, scored)
            raw = [score + more for score, more in zip(raw, part, strict=True)]
        rounded = {one: math.floor(score + 0.5) for one, score in zip(scored, raw, strict=True)}
        return Scores(rounded | dict.fromkeys(ignored, 0), ignored)

    def _part(self, pod: PodInfo, constraint: Constraint, layout: Values, scored: list[int]) -> list[float]:
        """Matching pods of the domain, weighted by ln(domains + 2), and maxSkew - 1, which evens out differences.

        A node without the label gets nothing, but is a domain.
        """
        key, extra = constraint.topology_key, constraint.max_skew - 1
        values = self._values_of(key)
        if key == HOSTNAME:
            weight, nodes = math.log(len(scored) + 2), self.cluster.nodes
            here = {nodes[name].generation: n * weight for name, n in self._tally(pod, constraint).items()}
            return [here.get(one, 0.0) + extra if one in values else 0.0 for one in scored]
        matching = dict.fromkeys((values.get(one, "") for one in scored), 0)
        self._add(matching, pod, constraint, layout)
        weight = math.log(len(matching) + 2)
        worth: dict[str | None, float] = {domain: n * weight + extra for domain, n in matching.items()}
        worth[None] = 0.0
        return [worth[values.get(one)] for one in scored]

    def _add(self, matching: dict[str, int], pod: PodInfo, constraint: Constraint, layout: Values) -> None:
        """Add the pods of the nodes that count to those domains that are there."""
        nodes = self.cluster.nodes
        for name, number in self._tally(pod, constraint).items():
            domain = layout.get(nodes[name].generation)
            if domain is not None and domain in matching:
                matching[domain] += number

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """The fewer, the better."""
        score: int = prepared.raw[node.generation]
        return score

    def normalise_for(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo], scores: list[int]) -> list[int]:
        """The lowest gets 100, and each other as much less as it is above the lowest, in parts of the highest."""
        ignored = prepared.ignored
        counted = [score for node, score in zip(nodes, scores, strict=True) if node.generation not in ignored]
        least, most = min(counted, default=0), max(counted, default=0)
        final = {score: MAX_SCORE * (most + least - score) // most if most else MAX_SCORE for score in set(counted)}
        if not ignored:
            return [final[score] for score in scores]
        pairs = zip(nodes, scores, strict=True)
        return [0 if node.generation in ignored else final[score] for node, score in pairs]

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

    def _values_of(self, key: str) -> Values:
        """The nodes that have the label, with its values."""
        if self._version != self.cluster.nodes_version:
            self._version = self.cluster.nodes_version
            self._values.clear()
            self._layouts.clear()
        if key not in self._values:
            nodes = self.cluster.nodes.values()
            self._values[key] = {node.generation: node.labels[key] for node in nodes if key in node.labels}
        return self._values[key]

    def _layout(self, pod: PodInfo, constraints: list[Constraint], answer: str) -> list[Values]:
        """Per constraint the nodes that count, with their domains: the same until a node changes.

        Of pods that are choosy about nodes it is known per spec, of all others by the topology keys.
        """
        values = [self._values_of(constraint.topology_key) for constraint in constraints]
        is_strict = answer == "DoNotSchedule" or self._needs_all_labels(pod)
        choosy = pod.spec if any(one.is_choosy(pod) for one in constraints) else None
        key = (id(choosy), is_strict, answer, tuple(constraint.topology_key for constraint in constraints))
        known = self._layouts.get(key)
        if known is not None and known[0] is choosy:
            return known[1]
        if len(self._layouts) >= LAYOUTS_KEPT:
            self._layouts.clear()
        nodes = list(self.cluster.nodes.values())
        if is_strict:
            nodes = [node for node in nodes if all(node.generation in known_values for known_values in values)]
        layout: list[Values] = [
            {node.generation: here.get(node.generation, "") for node in nodes if one.includes(pod, node)}
            for one, here in zip(constraints, values, strict=True)
        ]
        self._layouts[key] = (choosy, layout)
        return layout
