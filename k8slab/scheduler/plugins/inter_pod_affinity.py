"""InterPodAffinity: a pod wants to be near some pods and away from others, and they have wishes about it.

Source    pkg/scheduler/framework/plugins/interpodaffinity/{filtering,scoring,plugin}.go
Left out  matchLabelKeys and mismatchLabelKeys here: the API server has put them into the selector
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import repeat
from operator import add
from typing import Any, NamedTuple

from k8slab.objects import matches
from k8slab.scheduler.columns import values
from k8slab.scheduler.framework import MAX_SCORE, SKIP, ClusterEvent, NodeInfo, Plugin, PodInfo, Verdict
from k8slab.scheduler.terms import PREFERRED, REQUIRED, Standing, Term

__all__ = ["InterPodAffinity"]

Obj = dict[str, Any]
Places = dict[str, Mapping[str, int]]  # topology key: value: how many pods, or what weight

POD_CHANGES = ("Add", "Delete", "Update", "UpdatePodLabel")
TOO_FAR = Verdict(("node(s) didn't match pod affinity rules",), can_change=False)
TOO_NEAR = Verdict(("node(s) didn't match pod anti-affinity rules",))
NOBODY: Mapping[str, int] = {}
UNWELCOME = Verdict(("node(s) didn't satisfy existing pods anti-affinity rules",))


class Relations(NamedTuple):
    """What the pod requires, with the places where pods are that matter.

    `friends` counts the pods that all terms of `near` select, `foes` those that each term of `apart` selects,
    `refusing` the pods whose own required anti-affinity means this pod.
    """

    near: list[Term]
    apart: list[Term]
    friends: Places
    foes: Places
    refusing: Places
    matches_itself: bool


class InterPodAffinity(Plugin):
    """Required terms filter, preferred ones score, also those of the pods that are there.

    Arguments: `hardPodAffinityWeight` (1), the weight in scores of required affinity of pods that are there, and
    `ignorePreferredTermsOfExistingPods` (False), for pods that have no preferred terms themselves.
    """

    name = "InterPodAffinity"
    weight = 2
    events = {"Node": ("Add", "UpdateNodeLabel"), "Namespace": ("Add", "Update"), "Pod": POD_CHANGES}
    reads = ("Namespace",)

    def prepare(self, pod: PodInfo) -> Any:
        """Where friends, foes and pods that refuse are; SKIP when nobody requires anything."""
        near, apart = self._terms(pod, "podAffinity"), self._terms(pod, "podAntiAffinity")
        refusing = self._refusing(pod)
        if not near and not apart and not refusing:
            return SKIP
        friends: Places = {}
        foes: Places = {}
        for term in near:
            _place(friends, term.topology_key, self._tally(near, term.topology_key), 1)
        for term in apart:
            _place(foes, term.topology_key, self._tally([term], term.topology_key), 1)
        matches_itself = all(term.selects(pod.pod, {}) for term in near)
        return Relations(near, apart, friends, foes, refusing, matches_itself)

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """A friend in every domain asked for, no foe, and nobody who refuses."""
        labels = node.labels
        if prepared.near and not _has_friends(prepared, labels):
            return TOO_FAR
        if prepared.foes and _is_there(prepared.foes, labels):
            return TOO_NEAR
        if prepared.refusing and _is_there(prepared.refusing, labels):
            return UNWELCOME
        return None

    def filter_all(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo]) -> list[Verdict | None]:
        """The same of all nodes, a column for each topology key."""
        verdicts: list[Verdict | None] = [None] * len(nodes)
        for places, why in ((prepared.refusing, UNWELCOME), (prepared.foes, TOO_NEAR)):
            for key, sums in places.items():
                numbers = list(map(sums.get, values(self.cluster.labels(key), nodes), repeat(0)))
                if any(numbers):
                    verdicts = [why if n > 0 else known for n, known in zip(numbers, verdicts, strict=True)]
        if not prepared.near:
            return verdicts
        columns = [values(self.cluster.labels(term.topology_key), nodes) for term in prepared.near]
        domains = list(zip(*columns, strict=True))
        is_far = {domain: not self._has_friends(prepared, domain) for domain in set(domains)}
        return [TOO_FAR if is_far[domain] else known for domain, known in zip(domains, verdicts, strict=True)]

    def _has_friends(self, prepared: Relations, domains: Sequence[str | None]) -> bool:
        """There are friends in these domains, one for each term."""
        keys = (term.topology_key for term in prepared.near)
        return _has_friends(prepared, {k: value for k, value in zip(keys, domains, strict=True) if value is not None})

    def copied(self, prepared: Any) -> Any:
        """Counts of its own."""
        return prepared._replace(**{name: dict(getattr(prepared, name)) for name in ("friends", "foes", "refusing")})

    def pod_added(self, pod: PodInfo, prepared: Any, other: PodInfo, node: NodeInfo) -> None:
        """One more that may be a friend, a foe, or refuse."""
        self._count(pod, prepared, other, node, 1)

    def pod_removed(self, pod: PodInfo, prepared: Any, other: PodInfo, node: NodeInfo) -> None:
        """One less."""
        self._count(pod, prepared, other, node, -1)

    def _count(self, pod: PodInfo, prepared: Any, other: PodInfo, node: NodeInfo, sign: int) -> None:
        friendly = prepared.near and all(term.selects(other.pod, {}) for term in prepared.near)
        changes = [(prepared.friends, term) for term in prepared.near if friendly]
        changes += [(prepared.foes, term) for term in prepared.apart if term.selects(other.pod, {})]
        affinity = (other.spec.get("affinity") or {}).get("podAntiAffinity") or {}
        labels = self._namespace_labels(pod.namespace)
        for given in affinity.get(REQUIRED) or ():
            term = Term.of(given, other.namespace)
            if term.selects(pod.pod, labels):
                changes.append((prepared.refusing, term))
        for places, term in changes:
            if term.topology_key in node.labels:
                _add(places, term.topology_key, node.labels[term.topology_key], sign)

    def prepare_scores(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo]) -> Any:
        """What each domain is worth by all preferred terms, the pod's own and those of others; SKIP when nothing is."""
        worth: Places = {}
        affinity = pod.spec.get("affinity") or {}
        own = [
            (factor * wish["weight"], self._known(Term.of(wish["podAffinityTerm"], pod.namespace)))
            for kind, factor in (("podAffinity", 1), ("podAntiAffinity", -1))
            for wish in (affinity.get(kind) or {}).get(PREFERRED) or ()
        ]
        for weight, term in own:
            _place(worth, term.topology_key, self._tally([term], term.topology_key), weight)
        if own or not self.args.get("ignorePreferredTermsOfExistingPods"):
            self._add_standing(worth, pod)
        return worth or SKIP

    def _add_standing(self, worth: Places, pod: PodInfo) -> None:
        terms, labels = self.cluster.terms, self._namespace_labels(pod.namespace)
        hard_weight = self.args.get("hardPodAffinityWeight", 1)
        standing = [(hard_weight, one) for one in terms.asking.values()] if hard_weight else []
        for weight, one in (*standing, *((one.weight, one) for one in terms.wishing.values())):
            if one.term.selects(pod.pod, labels):
                _place(worth, one.term.topology_key, self._sums(one), weight)

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """The worth of the node's domains, below zero where the pod is not wanted."""
        labels, score = node.labels, 0
        for key, worth in prepared.items():
            score += worth.get(labels.get(key), 0)
        return score

    def score_all(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo]) -> list[int]:
        """The same of all nodes."""
        totals = [0] * len(nodes)
        for key, worth in prepared.items():
            domains = values(self.cluster.labels(key), nodes)
            by_domain = {domain: worth.get(domain, 0) for domain in set(domains)}
            totals = list(map(add, totals, map(by_domain.__getitem__, domains)))
        return totals

    def normalise(self, scores: list[int]) -> list[int]:
        """From 0 for the lowest to 100 for the highest; all 0 when they are the same."""
        found = set(scores)
        least = min(found, default=0)
        range_ = max(found, default=0) - least
        if not range_:
            return [0] * len(scores)
        final = {score: int(MAX_SCORE * ((score - least) / range_)) for score in found}
        return list(map(final.__getitem__, scores))

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """Pods that come, go or change labels; nodes that come or change labels; namespaces with other labels."""
        if event.kind == "Node":
            return event.has("Add", "UpdateNodeLabel")
        if event.kind == "Namespace":
            return event.has("Add", "Update")
        return event.kind == "Pod" and event.has(*POD_CHANGES)

    def _terms(self, pod: PodInfo, kind: str) -> list[Term]:
        given = ((pod.spec.get("affinity") or {}).get(kind) or {}).get(REQUIRED) or ()
        return [self._known(Term.of(term, pod.namespace)) for term in given]

    def _known(self, term: Term) -> Term:
        """The term with the names of the namespaces that its namespaceSelector selects now."""
        selector = term.namespace_selector
        if selector is None:
            return term
        names = {
            namespace["metadata"]["name"]
            for namespace in self.cluster.list("Namespace")
            if matches(selector, namespace["metadata"].get("labels") or {})
        }
        return term._replace(namespaces=term.namespaces | names, namespace_selector=None)

    def _namespace_labels(self, name: str) -> Mapping[str, str]:
        namespace = self.cluster.get("Namespace", "", name) or {}
        labels: Mapping[str, str] = namespace.get("metadata", {}).get("labels") or {}
        return labels

    def _tally(self, terms: list[Term], key: str) -> Mapping[str, int]:
        """The pods that all of these terms select, by the domains of a topology key."""
        namespaces = frozenset.intersection(*(term.namespaces for term in terms))
        selectors = tuple(term.selector for term in terms)
        return self.cluster.tally_by(key, namespaces, selectors, with_leaving=True)

    def _sums(self, standing: Standing) -> Mapping[str, int]:
        """The pods that have a term, by its domains."""
        return standing.domains.by(standing.term.topology_key, self.cluster.nodes)

    def _refusing(self, pod: PodInfo) -> Places:
        refusing: Places = {}
        forbidding = self.cluster.terms.forbidding
        if forbidding:
            labels = self._namespace_labels(pod.namespace)
            for one in forbidding.values():
                if one.term.selects(pod.pod, labels):
                    _place(refusing, one.term.topology_key, self._sums(one), 1)
        return refusing


def _place(places: Places, key: str, sums: Mapping[str, int], weight: int) -> None:
    """Add the sums of domains, so many times. Sums that stand alone are not copied: nobody changes them here."""
    known = places.get(key)
    if not sums:
        return
    if known is None and weight == 1:
        places[key] = sums
        return
    values = dict(known or ())
    for value, number in sums.items():
        values[value] = values.get(value, 0) + weight * number
    places[key] = values


def _has_friends(prepared: Relations, labels: Mapping[str, str]) -> bool:
    if any(term.topology_key not in labels for term in prepared.near):
        return False
    friends = prepared.friends
    if all(friends.get(term.topology_key, NOBODY).get(labels[term.topology_key], 0) > 0 for term in prepared.near):
        return True
    return not friends and prepared.matches_itself  # the first of a group that wants to be together


def _is_there(places: Places, labels: Mapping[str, str]) -> bool:
    """Somebody is in one of the domains that these labels tell of."""
    return any(key in labels and values.get(labels[key], 0) > 0 for key, values in places.items())


def _add(places: Places, key: str, value: str, number: int) -> None:
    """Count in or out; what comes to nothing is not there."""
    values = {**places.get(key, NOBODY), value: places.get(key, NOBODY).get(value, 0) + number}
    if not values[value]:
        del values[value]
    if values:
        places[key] = values
    else:
        del places[key]
