"""matchLabelKeys and mismatchLabelKeys: labels of the pod itself that its selectors ask of others.

The server adds them to the selectors when the pod is made; from then on the selectors say all.

Source    pkg/registry/core/pod/strategy.go (mutatePodAffinity, mutateTopologySpreadConstraints)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["with_label_keys"]

Obj = dict[str, Any]
Change = Callable[[Obj], Obj]

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def with_label_keys(pod: Obj) -> Obj:
    """The pod with the labels in the selectors of its affinity and its spreading; the same pod when none are asked."""
    spec, labels = pod.get("spec") or {}, pod["metadata"].get("labels") or {}
    affinity, spread = spec.get("affinity") or {}, spec.get("topologySpreadConstraints") or []
    changed: Obj = {}
    near = {kind: _wishes(affinity[kind], labels) for kind in ("podAffinity", "podAntiAffinity") if affinity.get(kind)}
    if any(near[kind] is not affinity[kind] for kind in near):
        changed["affinity"] = {**affinity, **near}
    constraints = _each(spread, lambda constraint: _merged(constraint, labels))
    if constraints is not spread:
        changed["topologySpreadConstraints"] = constraints
    return {**pod, "spec": {**spec, **changed}} if changed else pod


def _wishes(given: Obj, labels: Mapping[str, str]) -> Obj:
    required, preferred = given.get(REQUIRED) or [], given.get(PREFERRED) or []
    terms = _each(required, lambda term: _merged(term, labels))
    wishes = _each(preferred, lambda wish: _with_term(wish, labels))
    changed = {**({REQUIRED: terms} if terms is not required else {}),
               **({PREFERRED: wishes} if wishes is not preferred else {})}  # fmt: skip
    return {**given, **changed} if changed else given


def _with_term(wish: Obj, labels: Mapping[str, str]) -> Obj:
    term = wish.get("podAffinityTerm") or {}
    merged = _merged(term, labels)
    return wish if merged is term else {**wish, "podAffinityTerm": merged}


def _each(given: list[Obj], change: Change) -> list[Obj]:
    """The changed items; the very same list when none has changed."""
    changed = [change(one) for one in given]
    return changed if any(new is not old for new, old in zip(changed, given, strict=True)) else given


def _merged(term: Obj, labels: Mapping[str, str]) -> Obj:
    """The term with its keys in its selector; without a selector nothing is selected, and nothing is added."""
    selector = term.get("labelSelector")
    more = [
        *_expressions(term.get("matchLabelKeys") or (), "In", labels),
        *_expressions(term.get("mismatchLabelKeys") or (), "NotIn", labels),
    ]
    if selector is None or not more:
        return term
    expressions = [*(selector.get("matchExpressions") or ()), *more]
    return {**term, "labelSelector": {**selector, "matchExpressions": expressions}}


def _expressions(keys: Iterable[str], operator: str, labels: Mapping[str, str]) -> list[Obj]:
    return [{"key": key, "operator": operator, "values": [labels[key]]} for key in keys if key in labels]
