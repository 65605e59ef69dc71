"""The rules of a role: what one allows, whether some cover others, and how they are written in an error.

Source    pkg/apis/rbac/v1/evaluation_helpers.go (…Matches, CompactString);
          staging/src/k8s.io/component-helpers/auth/rbac/validation/policy_comparator.go (Covers, BreakdownRule);
          pkg/registry/rbac/validation/policy_compact.go
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from k8slab.wire import Request

__all__ = [
    "EVERYTHING",
    "as_texts",
    "matches",
    "matches_path",
    "names_of",
    "uncovered",
]

Rule = dict[str, Any]

ALL = "*"
EVERYTHING: tuple[Rule, ...] = (
    {"verbs": [ALL], "apiGroups": [ALL], "resources": [ALL]},
    {"verbs": [ALL], "nonResourceURLs": [ALL]},
)
SHOWN = {"apiGroups": "APIGroups", "resources": "Resources", "nonResourceURLs": "NonResourceURLs",
         "resourceNames": "ResourceNames", "verbs": "Verbs"}  # fmt: skip


def matches(rule: Rule, request: Request) -> bool:
    """The rule is about the request's verb, group and resource (and perhaps only about some names, see `names_of`)."""
    if not _has(rule, "verbs", request.verb) or not _has(rule, "apiGroups", request.group):
        return False
    resources, sub = rule.get("resources") or (), request.subresource
    if ALL in resources:
        return True
    if not sub:
        return request.resource in resources
    return f"{request.resource}/{sub}" in resources or f"*/{sub}" in resources


def matches_path(rule: Rule, request: Request) -> bool:
    """The rule is about the request's verb and path."""
    return _has(rule, "verbs", request.verb) and any(
        _path_covers(path, request.path) for path in rule.get("nonResourceURLs") or ()
    )


def names_of(rule: Rule) -> list[str]:
    """The objects that the rule is about; none means all."""
    return rule.get("resourceNames") or []


def uncovered(owned: Iterable[Rule], wanted: Iterable[Rule]) -> list[Rule]:
    """What the wanted rules allow and the owned do not, in the smallest pieces."""
    owned = list(owned)
    return [piece for rule in wanted for piece in _pieces(rule) if not any(_covers(each, piece) for each in owned)]


def as_texts(pieces: Iterable[Rule]) -> list[str]:
    """Pieces of rules as an error lists them: those that differ only by verb together, in order."""
    compact: dict[Any, Rule] = {}
    for piece in pieces:
        is_simple = "nonResourceURLs" not in piece
        key = tuple(tuple(piece.get(field, ())) for field in SHOWN if not (is_simple and field == "verbs"))
        known = compact.get(key)
        compact[key] = {**piece, "verbs": [*known["verbs"], *piece["verbs"]]} if known else piece
    return sorted({_text(rule) for rule in compact.values()})


def _has(rule: Rule, field: str, value: str) -> bool:
    values = rule.get(field) or ()
    return value in values or ALL in values


def _path_covers(pattern: str, path: str) -> bool:
    return pattern in (ALL, path) or (pattern.endswith(ALL) and path.startswith(pattern.rstrip(ALL)))


def _pieces(rule: Rule) -> Iterator[Rule]:
    """Rules with one verb, one group, one resource and at most one name each."""
    names = [{"resourceNames": [name]} for name in names_of(rule)] or [{}]
    for group in rule.get("apiGroups") or ():
        for resource in rule.get("resources") or ():
            for verb in rule["verbs"]:
                for name in names:
                    yield {"apiGroups": [group], "resources": [resource], **name, "verbs": [verb]}
    for path in rule.get("nonResourceURLs") or ():
        for verb in rule["verbs"]:
            yield {"nonResourceURLs": [path], "verbs": [verb]}


def _covers(owned: Rule, piece: Rule) -> bool:
    if not _has(owned, "verbs", piece["verbs"][0]):
        return False
    if "nonResourceURLs" in piece:
        return any(_path_covers(path, piece["nonResourceURLs"][0]) for path in owned.get("nonResourceURLs") or ())
    names = names_of(owned)
    return (
        _has(owned, "apiGroups", piece["apiGroups"][0])
        and _covers_resource(owned.get("resources") or (), piece["resources"][0])
        and (not names or any(name in names for name in names_of(piece)))
    )


def _covers_resource(owned: Iterable[str], resource: str) -> bool:
    _, slash, sub = resource.partition("/")
    return resource in owned or ALL in owned or bool(slash and f"*/{sub}" in owned)


def _text(rule: Rule) -> str:
    shown = (f"{SHOWN[field]}:{_quoted(rule[field])}" for field in SHOWN if rule.get(field))
    return "{" + ", ".join(shown) + "}"


def _quoted(values: Iterable[str]) -> str:
    """A list of words as Go's %q shows it."""
    return "[" + " ".join(json.dumps(value, ensure_ascii=False) for value in values) + "]"
