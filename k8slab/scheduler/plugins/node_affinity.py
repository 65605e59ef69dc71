"""NodeAffinity: nodeSelector, what a pod requires of its node's labels, and what it would like.

Source    pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go
Left out  affinity added by the scheduler's configuration
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from k8slab.objects import matches_node_term
from k8slab.scheduler.framework import NodeInfo, Plugin, PodInfo, Verdict, normalised

__all__ = ["NodeAffinity"]

Term = Mapping[str, Any]


class NodeAffinity(Plugin):
    """Required terms filter, preferred terms score."""

    name = "NodeAffinity"
    weight = 2
    static = True

    def prepare(self, pod: PodInfo) -> Any:
        """(nodeSelector, required terms or None, preferred terms)."""
        affinity = (pod.spec.get("affinity") or {}).get("nodeAffinity") or {}
        required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
        terms = required.get("nodeSelectorTerms") or [] if required is not None else None
        preferred = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or []
        return pod.spec.get("nodeSelector") or {}, terms, preferred

    def narrow(self, pod: PodInfo, prepared: Any) -> Collection[str] | None:
        """The nodes that the required terms name, when every one of them names some (as DaemonSets do)."""
        named = [_names(term) for term in prepared[1] or ()]
        if not named or None in named:
            return None
        return {name for names in named for name in names or ()}

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """All of nodeSelector, and one of the required terms."""
        selector, terms, _ = prepared
        labels = node.labels
        fits = all(labels.get(key) == value for key, value in selector.items())
        if fits and (terms is None or any(matches_node_term(term, node.labels, node.name) for term in terms)):
            return None
        return Verdict(("node(s) didn't match Pod's node affinity/selector",), can_change=False)

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """The sum of the weights of the preferred terms that hold; an empty term adds nothing."""
        return sum(
            wish["weight"] for wish in prepared[2] if matches_node_term(wish["preference"], node.labels, node.name)
        )

    def normalise(self, scores: list[int]) -> list[int]:
        """The node with the most weight gets 100."""
        return normalised(scores)

    def applies(self, pod: PodInfo, prepared: Any) -> bool:
        """Only pods with preferred terms are scored."""
        return bool(prepared[2])


def _names(term: Term) -> set[str] | None:
    """The names of nodes that a term asks for, None when it asks for no names."""
    asked = [
        set(field.get("values") or ())
        for field in term.get("matchFields") or ()
        if field["key"] == "metadata.name" and field["operator"] == "In"
    ]
    return set.intersection(*asked) if asked else None
