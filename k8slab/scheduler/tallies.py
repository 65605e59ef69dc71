"""Counts that plugins would otherwise make anew for every pod: which nodes have how many of which pods.

A tally is made when it is first asked for, by looking at every pod once, and is kept up to date from then on, so
that asking again costs nothing that grows with the number of pods. A pod that comes or goes is shown only to the
tallies that share one of its labels. So are the sums by domain, the value that nodes have of a label.

Source    what PodTopologySpread and InterPodAffinity count in PreFilter and PreScore (there anew for each pod)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from k8slab.objects import is_leaving, matches

if TYPE_CHECKING:
    from k8slab.scheduler.nodes import NodeInfo

__all__ = [
    "Domains",
    "Selectors",
    "Tallies",
    "Tally",
    "matches_all",
]

Obj = dict[str, Any]
Labels = Mapping[str, str]
Nodes = Mapping[str, "NodeInfo"]
Selectors = tuple[Obj | None, ...]

TALLIES_KEPT = 500


def matches_all(selectors: Selectors, labels: Labels) -> bool:
    """Every selector selects these labels; a selector that is not there (None) selects nothing."""
    return all(selector is not None and matches(selector, labels) for selector in selectors)


class Domains:
    """Numbers by node, and their sums by the values that the nodes have of labels. What is zero is not there."""

    __slots__ = ("_sums", "counts")

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._sums: dict[str, dict[str, int]] = {}

    def count(self, node: NodeInfo, number: int) -> None:
        """Count so many in on the node, or (below zero) out."""
        _shift(self.counts, node.name, number)
        if self._sums:
            labels = node.labels
            for key, sums in self._sums.items():
                if key in labels:
                    _shift(sums, labels[key], number)

    def drop(self, node_name: str) -> bool:
        """The node is gone; True when there was something on it."""
        if not self.counts.pop(node_name, 0):
            return False
        self._sums.clear()
        return True

    def relabelled(self) -> None:
        """Some node has other labels."""
        self._sums.clear()

    def by(self, key: str, nodes: Nodes) -> Mapping[str, int]:
        """The sums by the values of one label. What is answered goes on changing with the counts."""
        sums = self._sums.get(key)
        if sums is None:
            sums = self._sums[key] = {}
            for name, number in self.counts.items():
                value = nodes[name].labels.get(key)
                if value is not None:
                    _shift(sums, value, number)
        return sums


def _shift(counts: dict[str, int], key: str, number: int) -> None:
    found = counts.get(key, 0) + number
    if found:
        counts[key] = found
    else:
        counts.pop(key, None)


class Tally:
    """How many pods each node has of some namespaces (None: all) that all of the selectors select.

    Pods that are leaving count only `with_leaving`.
    """

    __slots__ = ("domains", "namespaces", "selectors", "with_leaving")

    def __init__(self, namespaces: frozenset[str] | None, selectors: Selectors, *, with_leaving: bool) -> None:
        self.namespaces, self.selectors, self.with_leaving = namespaces, selectors, with_leaving
        self.domains = Domains()

    @property
    def pair(self) -> tuple[str, str] | None:
        """A label that every pod counted here must have, if there is one."""
        wanted = ((selector or {}).get("matchLabels") or {} for selector in self.selectors)
        return next((pair for labels in wanted for pair in labels.items()), None)

    def takes(self, pod: Obj) -> bool:
        """The pod is one of those that are counted here."""
        metadata = pod["metadata"]
        if self.namespaces is not None and metadata.get("namespace", "") not in self.namespaces:
            return False
        return (self.with_leaving or not is_leaving(pod)) and matches_all(self.selectors, metadata.get("labels") or {})


class Tallies:
    """All tallies that were asked for lately, by what they count."""

    __slots__ = ("_by_pair", "_known")

    def __init__(self) -> None:
        self._known: dict[tuple[frozenset[str] | None, str, bool], Tally] = {}
        self._by_pair: dict[tuple[str, str] | None, list[Tally]] = {}

    def of(
        self,
        nodes: Nodes,
        namespaces: frozenset[str] | None,
        selectors: Selectors,
        *,
        with_leaving: bool,
    ) -> Tally:
        """The tally; the pods on `nodes`, which are all nodes, are looked at only when it is new."""
        key = (namespaces, str(selectors), with_leaving)
        tally = self._known.pop(key, None)
        if tally is None:
            tally = Tally(namespaces, selectors, with_leaving=with_leaving)
            for node in nodes.values():
                number = sum(tally.takes(pod.pod) for pod in node.pods.values())
                if number:
                    tally.domains.count(node, number)
            self._by_pair.setdefault(tally.pair, []).append(tally)
            self._make_room()
        self._known[key] = tally
        return tally

    def _make_room(self) -> None:
        while len(self._known) >= TALLIES_KEPT:
            oldest = self._known.pop(next(iter(self._known)))
            self._by_pair[oldest.pair].remove(oldest)

    def count(self, node: NodeInfo, pod: Obj, sign: int) -> None:
        """A pod has come to the node (1) or gone (-1)."""
        if not self._known:
            return
        pairs = (pod["metadata"].get("labels") or {}).items()
        for pair in (None, *pairs):
            for tally in self._by_pair.get(pair, ()):
                if tally.takes(pod):
                    tally.domains.count(node, sign)

    def drop(self, node_name: str) -> None:
        """The node is gone, and its pods with it."""
        for tally in self._known.values():
            tally.domains.drop(node_name)

    def relabelled(self) -> None:
        """Some node has other labels."""
        for tally in self._known.values():
            tally.domains.relabelled()
