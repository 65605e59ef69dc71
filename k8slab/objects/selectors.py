"""Selectors: which objects are meant, by labels or by fields.

Source    staging/src/k8s.io/apimachinery/pkg/labels/selector.go, pkg/fields/selector.go;
          staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity (Gt, Lt)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

__all__ = [
    "FieldSelector",
    "LabelSelector",
    "Requirement",
    "as_text",
    "matches",
    "matches_requirement",
    "parse_field_selector",
    "parse_label_selector",
]

Labels = Mapping[str, str]
Obj = Mapping[str, Any]


class Requirement(NamedTuple):
    """One condition on one label; `op` is In, NotIn, Exists, DoesNotExist, Gt or Lt."""

    key: str
    op: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """The labels fulfil the condition. A label that is absent is not in any set."""
        value = labels.get(self.key)
        if self.op == "In":
            return value in self.values
        if self.op == "NotIn":
            return value not in self.values
        if self.op == "Exists":
            return value is not None
        if self.op == "DoesNotExist":
            return value is None
        return value is not None and self._compares(value)

    def _compares(self, value: str) -> bool:
        try:
            found, bound = int(value), int(self.values[0])
        except (ValueError, IndexError):
            return False
        return found > bound if self.op == "Gt" else found < bound


class LabelSelector(tuple[Requirement, ...]):
    """Conditions that all must hold; without any, everything is selected."""

    __slots__ = ()

    def matches(self, labels: Labels) -> bool:
        """Every condition holds for these labels."""
        return all(requirement.matches(labels) for requirement in self)


class FieldSelector(tuple[tuple[str, str, str], ...]):
    """Conditions (path, "=" or "!=", text) that all must hold."""

    __slots__ = ()

    def matches(self, obj: Obj) -> bool:
        """Every condition holds for this object; an absent field is the empty text."""
        return all((_field_text(obj, path) == value) == (op == "=") for path, op, value in self)


def _field_text(obj: Obj, path: str) -> str:
    value: Any = obj
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return str(value).lower()
    if path == "source" and isinstance(value, Mapping):
        value = value.get("component")
    return "" if value is None else str(value)


def matches(selector: Mapping[str, Any], labels: Labels) -> bool:
    """A LabelSelector object (matchLabels, matchExpressions) selects these labels."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    return all(matches_requirement(expression, labels) for expression in selector.get("matchExpressions") or ())


def matches_requirement(expression: Mapping[str, Any], labels: Labels) -> bool:
    """One matchExpressions entry (`key`, `operator`, `values`) holds for these labels."""
    values = tuple(expression.get("values") or ())
    return Requirement(expression["key"], expression["operator"], values).matches(labels)


def as_text(selector: Mapping[str, Any]) -> str:
    """A LabelSelector object as `a=b,c in (d,e),!f`, the way kubectl prints it."""
    parts = [(key, f"{key}={value}") for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or ():
        key, op = expression["key"], expression["operator"]
        values = ",".join(sorted(expression.get("values") or ()))
        text = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}.get(op, f"!{key}")
        parts.append((key, text))
    return ",".join(text for _, text in sorted(parts))


TOKEN = re.compile(r"\s*(?:(?P<symbol>==|!=|=|!|\(|\)|,|<|>)|(?P<word>[^\s=!(),<>]+))")


@lru_cache(maxsize=1024)
def parse_label_selector(text: str) -> LabelSelector:
    """`a=b,c!=d,e in (x,y),f notin (z),g,!h,i>1`. Raises ValueError in the server's words."""
    tokens = _tokens(text)
    requirements: list[Requirement] = []
    while tokens:
        requirements.append(_requirement(tokens, text))
        if tokens and tokens.pop(0) != ",":
            raise _unparsable(text, "found unexpected token, expected: ',' or 'end of string'")
        if not tokens and text.rstrip().endswith(","):
            raise _unparsable(text, "found '', expected: identifier after ','")
    return LabelSelector(requirements)


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise _unparsable(text, f"unexpected character {text[at]!r}")
        tokens.append(match.group("symbol") or match.group("word"))
        at = match.end()
    return tokens


def _requirement(tokens: list[str], text: str) -> Requirement:
    first = tokens.pop(0)
    if first == "!":
        return Requirement(_word(tokens, text), "DoesNotExist")
    if not TOKEN.match(first) or first in "=!(),<>" or first == "==":
        raise _unparsable(text, f"found '{first}', expected: !, identifier, or 'end of string'")
    op = tokens[0] if tokens else ","
    if op == ",":
        return Requirement(first, "Exists")
    tokens.pop(0)
    if op in ("=", "==", "!="):
        value = tokens.pop(0) if tokens and tokens[0] != "," else ""
        return Requirement(first, "NotIn" if op == "!=" else "In", (value,))
    if op in ("in", "notin"):
        return Requirement(first, "In" if op == "in" else "NotIn", _values(tokens, text))
    if op in ("<", ">"):
        value = _word(tokens, text)
        return Requirement(first, "Gt" if op == ">" else "Lt", (value,))
    raise _unparsable(text, f"found '{op}', expected: in, notin, =, ==, !=, gt, lt")


def _word(tokens: list[str], text: str) -> str:
    if not tokens or tokens[0] in ("=", "==", "!=", "!", "(", ")", ",", "<", ">"):
        raise _unparsable(text, f"found '{tokens[0] if tokens else ''}', expected: identifier")
    return tokens.pop(0)


def _values(tokens: list[str], text: str) -> tuple[str, ...]:
    if not tokens or tokens.pop(0) != "(":
        raise _unparsable(text, "found '', expected: '('")
    values: list[str] = []
    while tokens and tokens[0] != ")":
        word = tokens.pop(0)
        if word != ",":
            values.append(word)
    if not tokens:
        raise _unparsable(text, "found '', expected: ',', or ')'")
    tokens.pop(0)
    return tuple(values)


def _unparsable(text: str, problem: str) -> ValueError:
    return ValueError(f"unable to parse requirement: {problem}")


@lru_cache(maxsize=1024)
def parse_field_selector(text: str) -> FieldSelector:
    """`metadata.name=web,spec.nodeName!=node-1`. Raises ValueError in the server's words."""
    terms: list[tuple[str, str, str]] = []
    for part in filter(None, text.split(",")):
        for op in ("!=", "==", "="):
            path, found, value = part.partition(op)
            if found:
                terms.append((path.strip(), "!=" if op == "!=" else "=", value.strip()))
                break
        else:
            raise ValueError(f"invalid selector: '{text}'; can't understand '{part}'")
    return FieldSelector(terms)
