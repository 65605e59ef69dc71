"""Counts that plugins would otherwise make anew for every pod: which nodes have how many of which pods, and terms.

A tally is made when it is first asked for, by looking at every pod once, and is kept up to date from then on, so
that asking again costs nothing that grows with the number of pods. A pod that comes or goes is shown only to the
tallies that share one of its labels.

Source    what PodTopologySpread and InterPodAffinity count in PreFilter and PreScore (there anew for each pod)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from k8slab.objects import is_leaving, matches

__all__ = [
    "PREFERRED",
    "REQUIRED",
    "Selectors",
    "StandingTerms",
    "Tallies",
    "Tally",
    "Term",
    "matches_all",
]

Obj = dict[str, Any]
Labels = Mapping[str, str]
Selectors = tuple[Obj | None, ...]

TALLIES_KEPT = 500
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def matches_all(selectors: Selectors, labels: Labels) -> bool:
    """Every selector selects these labels; a selector that is not there (None) selects nothing."""
    return all(selector is not None and matches(selector, labels) for selector in selectors)


class Tally:
    """How many pods each node has of some namespaces (None: all) that all of the selectors select.

    `counts` has only nodes with such pods. Pods that are leaving count only `with_leaving`.
    """

    __slots__ = ("counts", "namespaces", "selectors", "with_leaving")

    def __init__(self, namespaces: frozenset[str] | None, selectors: Selectors, *, with_leaving: bool) -> None:
        self.namespaces, self.selectors, self.with_leaving = namespaces, selectors, with_leaving
        self.counts: dict[str, int] = {}

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

    def count(self, node_name: str, sign: int) -> None:
        """One more of the pods on the node, or (-1) one less."""
        found = self.counts.get(node_name, 0) + sign
        if found:
            self.counts[node_name] = found
        else:
            self.counts.pop(node_name, None)


class Tallies:
    """All tallies that were asked for lately, by what they count."""

    __slots__ = ("_by_pair", "_known")

    def __init__(self) -> None:
        self._known: dict[tuple[frozenset[str] | None, str, bool], Tally] = {}
        self._by_pair: dict[tuple[str, str] | None, list[Tally]] = {}

    def of(
        self,
        pods: Iterable[tuple[str, Obj]],
        namespaces: frozenset[str] | None,
        selectors: Selectors,
        *,
        with_leaving: bool,
    ) -> Tally:
        """The tally; `pods`, all pods there are with their nodes' names, are looked at only when it is new."""
        key = (namespaces, str(selectors), with_leaving)
        tally = self._known.pop(key, None)
        if tally is None:
            tally = Tally(namespaces, selectors, with_leaving=with_leaving)
            for node_name, pod in pods:
                if tally.takes(pod):
                    tally.count(node_name, 1)
            self._by_pair.setdefault(tally.pair, []).append(tally)
            self._make_room()
        self._known[key] = tally
        return tally

    def _make_room(self) -> None:
        while len(self._known) >= TALLIES_KEPT:
            oldest = self._known.pop(next(iter(self._known)))
            self._by_pair[oldest.pair].remove(oldest)

    def count(self, node_name: str, pod: Obj, sign: int) -> None:
        """A pod has come to the node (1) or gone (-1)."""
        if not self._known:
            return
        pairs = (pod["metadata"].get("labels") or {}).items()
        for pair in (None, *pairs):
            for tally in self._by_pair.get(pair, ()):
                if tally.takes(pod):
                    tally.count(node_name, sign)

    def drop(self, node_name: str) -> None:
        """The node is gone, and its pods with it."""
        for tally in self._known.values():
            tally.counts.pop(node_name, None)


class Term(NamedTuple):
    """A PodAffinityTerm of a pod. `namespaces` has the pod's own where the term names none."""

    namespaces: frozenset[str]
    namespace_selector: Obj | None
    selector: Obj | None
    topology_key: str

    @classmethod
    def of(cls, term: Obj, namespace: str) -> Term:
        """The term of a pod of this namespace."""
        named, selector = term.get("namespaces") or (), term.get("namespaceSelector")
        namespaces = frozenset(named) if named or selector is not None else frozenset((namespace,))
        return cls(namespaces, selector, term.get("labelSelector"), term.get("topologyKey", ""))

    def selects(self, pod: Obj, namespace_labels: Labels) -> bool:
        """The term means this pod, whose namespace has these labels."""
        metadata = pod["metadata"]
        if metadata.get("namespace", "") not in self.namespaces:
            by_labels = self.namespace_selector
            if by_labels is None or not matches(by_labels, namespace_labels):
                return False
        return self.selector is not None and matches(self.selector, metadata.get("labels") or {})


class _Standing:
    """One term that pods on some nodes have, with how many of them have it where."""

    __slots__ = ("counts", "term", "weight")

    def __init__(self, term: Term, weight: int) -> None:
        self.term, self.weight = term, weight
        self.counts: dict[str, int] = {}


class StandingTerms:
    """The terms of inter-pod affinity of the pods that have a node, each once.

    `forbidding` are required anti-affinity, `asking` required affinity (weight 0), `wishing` the preferred terms
    with their weights, below zero for anti-affinity.
    """

    __slots__ = ("asking", "forbidding", "wishing")

    def __init__(self) -> None:
        self.forbidding: dict[str, _Standing] = {}
        self.asking: dict[str, _Standing] = {}
        self.wishing: dict[str, _Standing] = {}

    def count(self, node_name: str, pod: Obj, affinity: Obj, sign: int) -> None:
        """A pod with affinity has come to the node (1) or gone (-1)."""
        namespace = pod["metadata"].get("namespace", "")
        near, apart = affinity.get("podAffinity") or {}, affinity.get("podAntiAffinity") or {}
        for group, terms in ((self.forbidding, apart.get(REQUIRED)), (self.asking, near.get(REQUIRED))):
            for term in terms or ():
                _count(group, Term.of(term, namespace), 0, node_name, sign)
        for terms, factor in ((near.get(PREFERRED), 1), (apart.get(PREFERRED), -1)):
            for wish in terms or ():
                term = Term.of(wish["podAffinityTerm"], namespace)
                _count(self.wishing, term, factor * wish["weight"], node_name, sign)

    def drop(self, node_name: str) -> None:
        """The node is gone, and its pods with it."""
        for group in (self.forbidding, self.asking, self.wishing):
            for key in [key for key, standing in group.items() if standing.counts.pop(node_name, 0)]:
                if not group[key].counts:
                    del group[key]


def _count(group: dict[str, _Standing], term: Term, weight: int, node_name: str, sign: int) -> None:
    key = f"{weight} {sorted(term.namespaces)} {term[1:]}"
    standing = group.get(key)
    if standing is None:
        standing = group[key] = _Standing(term, weight)
    found = standing.counts.get(node_name, 0) + sign
    if found:
        standing.counts[node_name] = found
        return
    standing.counts.pop(node_name, None)
    if not standing.counts:
        del group[key]
