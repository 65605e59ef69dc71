"""The rules for affinity and for spreading over topologies.

Source    pkg/apis/core/validation/validation.go (validateAffinity, ValidateNodeSelector, validatePodAffinityTerm,
          validateMatchLabelKeysAndMismatchLabelKeys, validateTopologySpreadConstraints)
"""

from __future__ import annotations

from typing import Any

from k8slab.api.validation.meta import (
    Errors,
    duplicate,
    forbidden,
    invalid,
    label_selector,
    not_supported,
    required,
)
from k8slab.objects import is_dns1123_label, is_label_value, is_qualified_name

__all__ = ["affinity", "topology_spread"]

Obj = dict[str, Any]

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
UNSATISFIABLE = ("DoNotSchedule", "ScheduleAnyway")
INCLUSION = ("Honor", "Ignore")


def affinity(given: Obj, field: str) -> Errors:
    """What a pod says about nodes, and about other pods."""
    yield from _node_affinity(given.get("nodeAffinity") or {}, f"{field}.nodeAffinity")
    for kind in ("podAffinity", "podAntiAffinity"):
        wishes, place = given.get(kind) or {}, f"{field}.{kind}"
        for i, term in enumerate(wishes.get(REQUIRED) or ()):
            yield from _pod_term(term, f"{place}.{REQUIRED}[{i}]")
        for i, weighted in enumerate(wishes.get(PREFERRED) or ()):
            yield from _weight(weighted, f"{place}.{PREFERRED}[{i}]")
            yield from _pod_term(weighted.get("podAffinityTerm") or {}, f"{place}.{PREFERRED}[{i}].podAffinityTerm")


def _node_affinity(given: Obj, field: str) -> Errors:
    needed, place = given.get(REQUIRED), f"{field}.{REQUIRED}.nodeSelectorTerms"
    if needed is not None and not needed.get("nodeSelectorTerms"):
        yield required(place, "must have at least one node selector term")
    for i, term in enumerate((needed or {}).get("nodeSelectorTerms") or ()):
        yield from _node_term(term, f"{place}[{i}]", with_values=True)
    for i, wish in enumerate(given.get(PREFERRED) or ()):
        place = f"{field}.{PREFERRED}[{i}]"
        yield from _weight(wish, place)
        yield from _node_term(wish.get("preference") or {}, f"{place}.preference", with_values=False)


def _weight(wish: Obj, place: str) -> Errors:
    if not 1 <= wish.get("weight", 0) <= 100:
        yield invalid(f"{place}.weight", wish.get("weight", 0), "must be in the range 1-100")


def _node_term(term: Obj, field: str, *, with_values: bool) -> Errors:
    for i, expression in enumerate(term.get("matchExpressions") or ()):
        place, op = f"{field}.matchExpressions[{i}]", expression.get("operator", "")
        values, key = expression.get("values") or (), expression.get("key", "")
        if op in ("In", "NotIn"):
            if not values:
                yield required(f"{place}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif op in ("Exists", "DoesNotExist"):
            if values:
                yield forbidden(f"{place}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
        elif op in ("Gt", "Lt"):
            if len(values) != 1:
                yield required(f"{place}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
        else:
            yield invalid(f"{place}.operator", op, "not a valid selector operator")
        for problem in is_qualified_name(key):
            yield invalid(f"{place}.key", key, problem)
        for j, value in enumerate(values if with_values else ()):
            for problem in is_label_value(value):
                yield invalid(f"{place}.values[{j}]", value, problem)


def _pod_term(term: Obj, place: str) -> Errors:
    key = term.get("topologyKey", "")
    yield from label_selector(term.get("labelSelector") or {}, f"{place}.labelSelector")
    yield from label_selector(term.get("namespaceSelector") or {}, f"{place}.namespaceSelector")
    for name in term.get("namespaces") or ():
        for problem in is_dns1123_label(name):
            yield invalid(f"{place}.namespace", name, problem)
    same, other = term.get("matchLabelKeys") or [], term.get("mismatchLabelKeys") or []
    yield from _label_keys(same, term, f"{place}.matchLabelKeys")
    yield from _label_keys(other, term, f"{place}.mismatchLabelKeys")
    yield from _said_twice(same, term, place)
    for i, name in enumerate(same):
        if name in other:
            yield invalid(f"{place}.matchLabelKeys[{i}]", name, "exists in both matchLabelKeys and mismatchLabelKeys")
    if not key:
        yield required(f"{place}.topologyKey", "can not be empty")
    for problem in is_qualified_name(key):
        yield invalid(f"{place}.topologyKey", key, problem)


def _label_keys(keys: list[str], of: Obj, place: str) -> Errors:
    """Names of labels, which need a selector that they can be added to."""
    if keys and of.get("labelSelector") is None:
        yield forbidden(place, "must not be specified when labelSelector is not set")
        return
    for i, key in enumerate(keys):
        for problem in is_qualified_name(key):
            yield invalid(f"{place}[{i}]", key, problem)


def _said_twice(keys: list[str], of: Obj, place: str) -> Errors:
    """The selector has got an expression for each key by now; another one for the same label contradicts it."""
    selector = of.get("labelSelector") or {}
    seen = set(selector.get("matchLabels") or ())
    for expression in selector.get("matchExpressions") or ():
        key = expression.get("key", "")
        if key in keys and key in seen:
            yield invalid(f"{place}[{keys.index(key)}]", key, "exists in both matchLabelKeys and labelSelector")
        seen.add(key)


def topology_spread(constraints: list[Obj], field: str) -> Errors:
    """How pods of one kind spread over zones, nodes and the like."""
    kinds = [(c.get("topologyKey", ""), c.get("whenUnsatisfiable", "")) for c in constraints]
    for i, (constraint, kind) in enumerate(zip(constraints, kinds, strict=True)):
        place, (key, answer) = f"{field}[{i}]", kind
        if constraint.get("maxSkew", 0) <= 0:
            yield invalid(f"{place}.maxSkew", constraint.get("maxSkew", 0), "must be greater than zero")
        if not key:
            yield required(f"{place}.topologyKey", "can not be empty")
        if answer not in UNSATISFIABLE:
            yield not_supported(f"{place}.whenUnsatisfiable", answer, UNSATISFIABLE)
        if kind in kinds[i + 1 :]:
            yield duplicate(f"{place}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {answer}}}")
        yield from _min_domains(constraint, answer, f"{place}.minDomains")
        for policy in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if constraint.get(policy, "Honor") not in INCLUSION:
                yield not_supported(f"{place}.{policy}", constraint[policy], INCLUSION)
        keys = constraint.get("matchLabelKeys") or []
        yield from _label_keys(keys, constraint, f"{place}.matchLabelKeys")
        yield from _said_twice(keys, constraint, f"{place}.matchLabelKeys")
        yield from label_selector(constraint.get("labelSelector") or {}, f"{place}.labelSelector")


def _min_domains(constraint: Obj, answer: str, place: str) -> Errors:
    wanted = constraint.get("minDomains")
    if wanted is None:
        return
    if wanted <= 0:
        yield invalid(place, wanted, "must be greater than zero")
    if answer != "DoNotSchedule":
        yield invalid(place, wanted, f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {answer}")
