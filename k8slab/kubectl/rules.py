"""Rules of roles as kubectl shows them: one row per resource with all its verbs, one per path and verb.

Source    staging/src/k8s.io/kubectl/pkg/util/rbac/rbac.go; pkg/describe/describe.go (CombineResourceGroup)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

__all__ = [
    "RULE_COLUMNS",
    "rule_rows",
]

Obj = dict[str, Any]

RULE_COLUMNS = ["Resources", "Non-Resource URLs", "Resource Names", "Verbs"]
FIELDS = (("Verbs", "verbs"), ("APIGroups", "apiGroups"), ("Resources", "resources"),
          ("ResourceNames", "resourceNames"), ("NonResourceURLs", "nonResourceURLs"))  # fmt: skip


def rule_rows(rules: Iterable[Obj]) -> list[list[str]]:
    """The cells of RULE_COLUMNS, in kubectl's order."""
    pieces = (piece for rule in rules for piece in _pieces(rule))
    return [_row(rule) for rule in sorted(_compact(pieces), key=_as_go)]


def _pieces(rule: Obj) -> Iterator[Obj]:
    """Rules with one verb, one group, one resource and at most one name each."""
    names = [{"resourceNames": [name]} for name in rule.get("resourceNames") or ()] or [{}]
    for group in rule.get("apiGroups") or ():
        for resource in rule.get("resources") or ():
            for verb in rule["verbs"]:
                for name in names:
                    yield {"verbs": [verb], "apiGroups": [group], "resources": [resource], **name}
    for url in rule.get("nonResourceURLs") or ():
        for verb in rule["verbs"]:
            yield {"verbs": [verb], "nonResourceURLs": [url]}


def _compact(pieces: Iterable[Obj]) -> list[Obj]:
    """What is about the same resource becomes one rule with all verbs; what is about URLs stays as it is."""
    found: dict[Any, Obj] = {}
    urls = []
    for piece in pieces:
        if "nonResourceURLs" in piece:
            urls.append(piece)
            continue
        key = (*piece["apiGroups"], *piece["resources"], *piece.get("resourceNames", ()))
        if key in found:
            found[key]["verbs"] = found[key]["verbs"] + piece["verbs"]
        else:
            found[key] = piece
    return urls + list(found.values())


def _as_go(rule: Obj) -> str:
    """A rule as Go prints it; rules are shown in the order of these texts."""
    return "".join(f"{title}:{_words(rule, field)}," for title, field in FIELDS)


def _row(rule: Obj) -> list[str]:
    resource = ""
    for word in rule.get("resources", ()):
        plural, slash, sub = word.partition("/")
        group = rule["apiGroups"][0]
        resource = plural + (f".{group}" if group else "") + slash + sub
    return [resource, _words(rule, "nonResourceURLs"), _words(rule, "resourceNames"), _words(rule, "verbs")]


def _words(rule: Obj, field: str) -> str:
    return f"[{' '.join(rule.get(field, ()))}]"
