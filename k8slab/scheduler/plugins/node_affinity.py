"""NodeAffinity: nodeSelector, what a pod requires of its node's labels, and what it would like.

Source    pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from k8slab.objects import matches_node_term
from k8slab.scheduler.framework import SKIP, Census, ClusterEvent, NodeInfo, Plugin, PodInfo, Verdict, normalised
from k8slab.scheduler.terms import PREFERRED, REQUIRED

__all__ = [
    "NodeAffinity",
    "fits_required",
    "requires_affinity",
]

Obj = dict[str, Any]
Term = Mapping[str, Any]

NO_MATCH = "node(s) didn't match Pod's node affinity/selector"
NOT_ENFORCED = "node(s) didn't match scheduler-enforced node affinity"
CONFLICT = "pod affinity terms conflict"


class Wishes(NamedTuple):
    """Required terms are None where nothing is required; `enforced` and some of `preferred` the scheduler adds."""

    selector: Mapping[str, str]
    required: Sequence[Term] | None
    enforced: Sequence[Term] | None
    preferred: Sequence[Obj]


NO_WISHES = Wishes({}, None, None, [])


class NodeAffinity(Plugin):
    """Required terms filter, preferred terms score. Argument: `addedAffinity`, a NodeAffinity for every pod."""

    name = "NodeAffinity"
    weight = 2
    static = True
    reads_spec = ("affinity", "nodeSelector")
    events = {"Node": ("Add", "UpdateNodeLabel")}

    def prepare(self, pod: PodInfo) -> Any:
        """What the pod and the scheduler ask for; SKIP for nothing, a verdict when terms name nodes that cannot be."""
        affinity, added = _affinity(pod.spec), self.args.get("addedAffinity") or {}
        required = _terms(affinity)
        named = _names(required)
        if named is not None and not named:
            return Verdict((CONFLICT,), can_change=False)
        preferred = [*(added.get(PREFERRED) or ()), *(affinity.get(PREFERRED) or ())]
        wishes = Wishes(pod.spec.get("nodeSelector") or {}, required, _terms(added), preferred)
        return SKIP if wishes == NO_WISHES else wishes

    def narrow(self, pod: PodInfo, prepared: Any) -> Collection[str] | None:
        """The nodes that the required terms name, when every one of them names some (as DaemonSets do)."""
        return _names(prepared.required)

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """All of nodeSelector, and one of the required terms; before that, what the scheduler enforces."""
        if not _has_one(prepared.enforced, node):
            return Verdict((NOT_ENFORCED,), can_change=False)
        if _fits(prepared.selector, prepared.required, node):
            return None
        return Verdict((NO_MATCH,), can_change=False)

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """The sum of the weights of the preferred terms that hold; an empty term adds nothing."""
        return sum(
            wish["weight"]
            for wish in prepared.preferred
            if matches_node_term(wish["preference"], node.labels, node.name)
        )

    def normalise(self, scores: list[int]) -> list[int]:
        """The node with the most weight gets 100."""
        return normalised(scores)

    def applies(self, pod: PodInfo, prepared: Any) -> bool:
        """Only pods with preferred terms are scored."""
        return prepared is not SKIP and bool(prepared.preferred)

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """A node comes, or gets labels, that the pod requires and that it has not had."""
        if event.kind != "Node" or event.new is None or not event.has("Add", "UpdateNodeLabel"):
            return False
        fitted = event.old is not None and fits_required(pod["spec"], NodeInfo(event.old, Census()))
        return not fitted and fits_required(pod["spec"], NodeInfo(event.new, Census()))


def requires_affinity(spec: Obj) -> bool:
    """The pod has a nodeSelector or required node affinity."""
    return bool(spec.get("nodeSelector")) or _terms(_affinity(spec)) is not None


def fits_required(spec: Obj, node: NodeInfo) -> bool:
    """The pod's nodeSelector and required node affinity allow the node (upstream: RequiredNodeAffinity.Match)."""
    return _fits(spec.get("nodeSelector") or {}, _terms(_affinity(spec)), node)


def _affinity(spec: Obj) -> Obj:
    affinity: Obj = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    return affinity


def _terms(affinity: Obj) -> Sequence[Term] | None:
    required = affinity.get(REQUIRED)
    return required.get("nodeSelectorTerms") or [] if required is not None else None


def _fits(selector: Mapping[str, str], terms: Sequence[Term] | None, node: NodeInfo) -> bool:
    labels = node.labels
    return all(labels.get(key) == value for key, value in selector.items()) and _has_one(terms, node)


def _has_one(terms: Sequence[Term] | None, node: NodeInfo) -> bool:
    return terms is None or any(matches_node_term(term, node.labels, node.name) for term in terms)


def _names(terms: Sequence[Term] | None) -> set[str] | None:
    """The names of nodes that the terms ask for, None when one of them asks for no names."""
    each = [_names_of(term) for term in terms or ()]
    named = [names for names in each if names is not None]
    return set.union(*named) if named and len(named) == len(each) else None


def _names_of(term: Term) -> set[str] | None:
    asked = [
        set(field.get("values") or ())
        for field in term.get("matchFields") or ()
        if field["key"] == "metadata.name" and field["operator"] == "In"
    ]
    return set.intersection(*asked) if asked else None
