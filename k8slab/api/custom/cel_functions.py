"""What Kubernetes adds to CEL's own functions: lists and texts.

Source    apiserver/pkg/cel/library/{lists,regex}.go; github.com/google/cel-go/ext/strings.go
Left out  format, reverse, quote; the libraries for URLs, quantities, addresses, named formats and sets
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from k8slab.api.custom.values import pattern

__all__ = [
    "FUNCTIONS",
]


def _type(name: str) -> Any:
    import celpy

    return getattr(celpy.celtypes, name)


def _sum(items: Any) -> Any:
    total = items[0] if items else _type("IntType")(0)
    for item in items[1:]:
        total = total + item
    return total


def _index_of(items: Any, wanted: Any, start: int = 0) -> Any:
    if isinstance(items, str):
        return _type("IntType")(items.find(wanted, start))
    return _type("IntType")(next((i for i, item in enumerate(items) if item == wanted), -1))


def _last_index_of(items: Any, wanted: Any) -> Any:
    if isinstance(items, str):
        return _type("IntType")(items.rfind(wanted))
    return _type("IntType")(max((i for i, item in enumerate(items) if item == wanted), default=-1))


def _find(text: str, wanted: str) -> Any:
    found = pattern(str(wanted)).search(str(text))
    return _type("StringType")(found.group() if found else "")


def _find_all(text: str, wanted: str) -> Any:
    return _texts(found.group() for found in pattern(str(wanted)).finditer(str(text)))


def _matches(text: str, wanted: str) -> Any:
    return _type("BoolType")(pattern(str(wanted)).search(str(text)) is not None)


def _texts(parts: Any) -> Any:
    return _type("ListType")([_type("StringType")(part) for part in parts])


def _text(change: Callable[..., str]) -> Callable[..., Any]:
    return lambda text, *args: _type("StringType")(change(str(text), *args))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "charAt": _text(lambda text, i: text[int(i) : int(i) + 1]),
    "find": _find,
    "findAll": _find_all,
    "indexOf": _index_of,
    "isSorted": lambda items: _type("BoolType")(all(a <= b for a, b in pairwise(items))),
    "join": lambda items, by="": _type("StringType")(str(by).join(map(str, items))),
    "lastIndexOf": _last_index_of,
    "lowerAscii": _text(lambda text: "".join(c.lower() if c.isascii() else c for c in text)),
    "matches": _matches,
    "max": lambda items: max(items),
    "min": lambda items: min(items),
    "replace": _text(lambda text, old, new, *n: text.replace(old, new, *map(int, n))),
    "split": lambda text, by: _texts(str(text).split(by) if by else str(text)),
    "substring": _text(lambda text, *ends: text[slice(*map(int, ends))] if len(ends) > 1 else text[int(ends[0]) :]),
    "sum": _sum,
    "trim": _text(str.strip),
    "upperAscii": _text(lambda text: "".join(c.upper() if c.isascii() else c for c in text)),
}
