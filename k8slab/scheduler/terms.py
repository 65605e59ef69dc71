"""The terms of inter-pod affinity that pods on nodes have, each once, with how many pods have it where.

Kept up to date as pods come and go, so that asking costs nothing that grows with the number of pods.

Source    pkg/scheduler/framework/plugins/interpodaffinity/filtering.go, scoring.go (there counted anew for each pod)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from k8slab.objects import matches
from k8slab.scheduler.tallies import Domains

if TYPE_CHECKING:
    from k8slab.scheduler.nodes import NodeInfo

__all__ = [
    "PREFERRED",
    "REQUIRED",
    "Standing",
    "StandingTerms",
    "Term",
]

Obj = dict[str, Any]
Labels = Mapping[str, str]

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


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


class Standing:
    """One term that pods on some nodes have, with how many of them have it where."""

    __slots__ = ("domains", "term", "weight")

    def __init__(self, term: Term, weight: int) -> None:
        self.term, self.weight = term, weight
        self.domains = Domains()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many pods have it on each node."""
        return self.domains.counts


class StandingTerms:
    """The terms of inter-pod affinity of the pods that have a node, each once.

    `forbidding` are required anti-affinity, `asking` required affinity (weight 0), `wishing` the preferred terms
    with their weights, below zero for anti-affinity.
    """

    __slots__ = ("asking", "forbidding", "wishing")

    def __init__(self) -> None:
        self.forbidding: dict[str, Standing] = {}
        self.asking: dict[str, Standing] = {}
        self.wishing: dict[str, Standing] = {}

    def count(self, node: NodeInfo, pod: Obj, affinity: Obj, sign: int) -> None:
        """A pod with affinity has come to the node (1) or gone (-1)."""
        namespace = pod["metadata"].get("namespace", "")
        near, apart = affinity.get("podAffinity") or {}, affinity.get("podAntiAffinity") or {}
        for group, terms in ((self.forbidding, apart.get(REQUIRED)), (self.asking, near.get(REQUIRED))):
            for term in terms or ():
                _count(group, Term.of(term, namespace), 0, node, sign)
        for terms, factor in ((near.get(PREFERRED), 1), (apart.get(PREFERRED), -1)):
            for wish in terms or ():
                term = Term.of(wish["podAffinityTerm"], namespace)
                _count(self.wishing, term, factor * wish["weight"], node, sign)

    def drop(self, node_name: str) -> None:
        """The node is gone, and its pods with it."""
        for group in (self.forbidding, self.asking, self.wishing):
            for key in [key for key, standing in group.items() if standing.domains.drop(node_name)]:
                if not group[key].counts:
                    del group[key]

    def relabelled(self) -> None:
        """Some node has other labels."""
        for group in (self.forbidding, self.asking, self.wishing):
            for standing in group.values():
                standing.domains.relabelled()


def _count(group: dict[str, Standing], term: Term, weight: int, node: NodeInfo, sign: int) -> None:
    key = f"{weight} {sorted(term.namespaces)} {term[1:]}"
    standing = group.get(key)
    if standing is None:
        standing = group[key] = Standing(term, weight)
    standing.domains.count(node, sign)
    if not standing.counts:
        del group[key]
