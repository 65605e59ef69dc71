"""Selectors: which objects are meant, by labels or by fields.

Source    staging/src/k8s.io/apimachinery/pkg/labels/selector.go, pkg/fields/selector.go;
          staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity (Gt, Lt)
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from k8slab.objects.names import is_label_value, is_qualified_name

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

INTEGER = re.compile(r"[-+]?[0-9]+")

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
        return self.op in ("Gt", "Lt") and value is not None and self._compares(value)

    def _compares(self, value: str) -> bool:
        if len(self.values) != 1 or not INTEGER.fullmatch(value) or not INTEGER.fullmatch(self.values[0]):
            return False
        found, bound = int(value), int(self.values[0])
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
    wanted, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    if wanted and not wanted.items() <= labels.items():
        return False
    return not expressions or all(matches_requirement(expression, labels) for expression in expressions)


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


TOKEN = re.compile(r"==|!=|[=!(),<>]|[^ \t\r\n=!(),<>]+")
SYMBOLS = frozenset(("", "==", "!=", "=", "!", "(", ")", ",", "<", ">"))
OPERATORS = {"in": "In", "notin": "NotIn", "=": "In", "==": "In", "!=": "NotIn", ">": "Gt", "<": "Lt"}

Tokens = deque[str]


@lru_cache(maxsize=1024)
def parse_label_selector(text: str) -> LabelSelector:
    """`a=b,c!=d,e in (x,y),f notin (z),g,!h,i>1`. Raises ValueError in the server's words."""
    tokens = deque([*TOKEN.findall(text), ""])  # the empty token is the end
    requirements: list[Requirement] = []
    if tokens[0] and not _begins(tokens[0]):
        raise ValueError(f"found '{tokens[0]}', expected: !, identifier, or 'end of string'")
    while tokens[0]:
        requirements.append(_requirement(tokens))
        found = tokens.popleft()
        if not found:
            break
        if found != ",":
            raise ValueError(f"found '{found}', expected: ',' or 'end of string'")
        if not _begins(tokens[0]):
            raise ValueError(f"found '{tokens[0]}', expected: identifier after ','")
    return LabelSelector(sorted(requirements, key=lambda requirement: requirement.key))


def _begins(token: str) -> bool:
    return token == "!" or token not in SYMBOLS


def _requirement(tokens: Tokens) -> Requirement:
    try:
        requirement = _parsed(tokens)
        _check(requirement)
    except ValueError as error:
        raise ValueError(f"unable to parse requirement: {error}") from None
    return requirement


def _parsed(tokens: Tokens) -> Requirement:
    is_denied = tokens[0] == "!"
    if is_denied:
        tokens.popleft()
    key = _word(tokens)
    if problems := is_qualified_name(key):
        raise ValueError(f'<nil>: Invalid value: "{key}": {"; ".join(problems)}')
    if is_denied or tokens[0] in ("", ","):
        return Requirement(key, "DoesNotExist" if is_denied else "Exists")
    op = tokens.popleft()
    if op not in OPERATORS:
        raise ValueError(f"found '{op}', expected: in, notin, =, ==, !=, gt, lt")
    if op in ("in", "notin"):
        return Requirement(key, OPERATORS[op], _values(tokens))
    value = "" if tokens[0] in ("", ",") else _word(tokens)
    return Requirement(key, OPERATORS[op], (value,))


def _word(tokens: Tokens) -> str:
    word = tokens.popleft()
    if word in SYMBOLS:
        raise ValueError(f"found '{word}', expected: identifier")
    return word


def _values(tokens: Tokens) -> tuple[str, ...]:
    """The sorted values of `(x,y)`; an empty place between commas is the empty value."""
    if (found := tokens.popleft()) != "(":
        raise ValueError(f"found '{found}' expected: '('")
    if tokens[0] not in (",", ")") and tokens[0] in SYMBOLS:
        raise ValueError(f"found '{tokens[0]}', expected: ',', ')' or identifier")
    values = {"" if tokens[0] in (",", ")") else tokens.popleft()}
    while (found := tokens.popleft()) != ")":
        if found != ",":
            raise ValueError(f"found '{found}', expected: ',' or ')'")
        if tokens[0] not in (",", ")") and tokens[0] in SYMBOLS:
            raise ValueError(f"found '{tokens[0]}', expected: ',', or identifier")
        values.add("" if tokens[0] in (",", ")") else tokens.popleft())
    return tuple(sorted(values))


def _check(requirement: Requirement) -> None:
    for i, value in enumerate(requirement.values):
        if requirement.op in ("Gt", "Lt") and not INTEGER.fullmatch(value):
            detail = "for 'Gt', 'Lt' operators, the value must be an integer"
            raise ValueError(f'values[{i}]: Invalid value: "{value}": {detail}')
        if problems := is_label_value(value):
            raise ValueError(f'values[{i}][{requirement.key}]: Invalid value: "{value}": {"; ".join(problems)}')


TERM = re.compile(r"(.*?)(!=|==|=)(.*)", re.DOTALL)
SPLIT = re.compile(r"((?:[^\\,]|\\.|\\$)+)", re.DOTALL)


@lru_cache(maxsize=1024)
def parse_field_selector(text: str) -> FieldSelector:
    r"""`metadata.name=web,spec.nodeName!=node-1`; `\` takes the meaning from `\`, `,` and `=` in a value.

    Raises ValueError in the server's words.
    """
    terms: list[tuple[str, str, str]] = []
    for part in sorted(SPLIT.findall(text)):
        match = TERM.fullmatch(part)
        if match is None:
            raise ValueError(f"invalid selector: '{text}'; can't understand '{part}'")
        path, op, value = match.groups()
        terms.append((path, "!=" if op == "!=" else "=", _unescaped(value)))
    return FieldSelector(terms)


def _unescaped(value: str) -> str:
    for found in re.findall(r"\\.?|=", value, re.DOTALL):
        if found == "=":
            raise ValueError(f"invalid field selector: unescaped character in value: {ord(found)}")
        if found not in ("\\\\", "\\,", "\\="):
            raise ValueError(f"invalid field selector: invalid escape sequence: {found}")
    return re.sub(r"\\(.)", r"\1", value)
