"""The rules for a Job's podFailurePolicy.

Source    pkg/apis/batch/validation/validation.go (validatePodFailurePolicy)
"""

from __future__ import annotations

from typing import Any

from k8slab.api.validation.meta import Errors, duplicate, invalid, not_supported, required
from k8slab.objects import is_qualified_name
from k8slab.wire import OMITTED, FieldError

__all__ = ["failure_policy"]

Obj = dict[str, Any]

ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
OPERATORS = ("In", "NotIn")
STATUSES = ("False", "True", "Unknown")
MOST_RULES, MOST_PATTERNS, MOST_CODES = 20, 20, 255


def failure_policy(spec: Obj, place: str) -> Errors:
    """The rules of the policy, each with an action and one thing to look at."""
    given = spec["podFailurePolicy"].get("rules") or []
    yield from _too_many(given, MOST_RULES, f"{place}.rules")
    pod = spec["template"].get("spec") or {}
    names = {c.get("name") for group in ("containers", "initContainers") for c in pod.get(group) or ()}
    for i, rule in enumerate(given):
        yield from _rule(rule, f"{place}.rules[{i}]", names, has_indexes=spec.get("backoffLimitPerIndex") is not None)


def _too_many(items: list[Any], most: int, field: str) -> Errors:
    if len(items) > most:
        yield FieldError("FieldValueTooMany", field, f"must have at most {most} items", len(items))


def _one_of(word: str, known: tuple[str, ...], field: str) -> Errors:
    if not word:
        shown = " ".join(f'"{each}"' for each in known)
        yield required(field, f"valid values: [{shown}]")
    elif word not in known:
        yield not_supported(field, word, known)


def _rule(rule: Obj, place: str, names: set[Any], *, has_indexes: bool) -> Errors:
    codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions")
    yield from _one_of(rule.get("action", ""), ACTIONS, f"{place}.action")
    if rule.get("action") == "FailIndex" and not has_indexes:
        yield invalid(f"{place}.action", "FailIndex", "requires the backoffLimitPerIndex to be set")
    if codes is not None:
        yield from _exit_codes(codes, f"{place}.onExitCodes", names)
    yield from _too_many(conditions or [], MOST_PATTERNS, f"{place}.onPodConditions")
    for i, pattern in enumerate(conditions or ()):
        field = f"{place}.onPodConditions[{i}]"
        for problem in is_qualified_name(pattern.get("type", "")):
            yield invalid(f"{field}.type", pattern.get("type", ""), problem)
        yield from _one_of(pattern.get("status", ""), STATUSES, f"{field}.status")
    if codes is not None and conditions:
        yield invalid(place, OMITTED, "specifying both OnExitCodes and OnPodConditions is not supported")
    if codes is None and not conditions:
        yield invalid(place, OMITTED, "specifying one of OnExitCodes and OnPodConditions is required")


def _exit_codes(wish: Obj, place: str, names: set[Any]) -> Errors:
    yield from _one_of(wish.get("operator", ""), OPERATORS, f"{place}.operator")
    if wish.get("containerName") is not None and wish["containerName"] not in names:
        text = "must be one of the container or initContainer names in the pod template"
        yield invalid(f"{place}.containerName", wish["containerName"], text)
    values = wish.get("values") or []
    if not values:
        yield invalid(f"{place}.values", values, "at least one value is required")
    yield from _too_many(values, MOST_CODES, f"{place}.values")
    for i, value in enumerate(values):
        if value == 0 and wish.get("operator") == "In":
            yield invalid(f"{place}.values[{i}]", value, "must not be 0 for the In operator")
        if value in values[:i]:
            yield duplicate(f"{place}.values[{i}]", value)
    if values != sorted(values):
        yield invalid(f"{place}.values", values, "must be ordered")
