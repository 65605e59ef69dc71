"""A manifest beside the schema: fields and kinds that there are not, values of another type. Pure.

Everything is found at once, where a server stops at the first. What was probably meant is the nearest name; a field
that stands in the wrong place is known by where its kind has one of that name.

Source    the published schema (k8slab.schema); sigs.k8s.io/json (what fits which Go type)
Left out  kinds that the cluster itself defines: the server checks them
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import yaml

from k8slab.client import Resource
from k8slab.lab.mistakes.places import entry, place_of
from k8slab.lab.mistakes.problems import Problem, tell
from k8slab.schema import Field, Type, type_of

__all__ = [
    "Checker",
    "nearest",
]

TAG = "tag:yaml.org,2002:"
FOUND = {"str": "string", "int": "number", "float": "number", "bool": "boolean", "map": "object", "seq": "list"}
FITS = {
    "string": {"string"},
    "boolean": {"boolean"},
    "int32": {"number"},
    "int64": {"number"},
    "number": {"number"},
    "quantity": {"string", "number"},
    "int-or-string": {"string", "number"},
    "time": {"string"},
    "microtime": {"string"},
    "bytes": {"string"},
    "list": {"list"},
}
WANTED = {
    "int32": "whole", "int64": "whole", "number": "number", "boolean": "boolean", "quantity": "text or number",
    "int-or-string": "text or number", "list": "list", "map": "object", "object": "object",
}  # fmt: skip
CUTOFF = 0.6
MOST_TYPES = 400


class Checker:
    """Checks the objects of one text against the kinds that a cluster serves; `problems` is what it found."""

    def __init__(self, text: str, resources: Iterable[Resource], lang: str) -> None:
        self.problems: list[Problem] = []
        self._text = text
        self._lang = lang
        self._resources = list(resources)

    def check(self, root: yaml.Node) -> None:
        """Look at one object."""
        if not isinstance(root, yaml.MappingNode):
            return  # whoever reads it says so
        named = [entry(root, field) for field in ("apiVersion", "kind")]
        for field, found in zip(("apiVersion", "kind"), named, strict=True):
            if found is None or not isinstance(found[1], yaml.ScalarNode) or not found[1].value:
                self._add(found[0] if found else root, "no kind", field=field)
                return
        version, kind = (found[1] for found in named if found)
        if self._is_served(version, kind):
            known = type_of(version.value, kind.value)
            if known is not None:
                self._object(root, known, "", known)

    def _is_served(self, version: yaml.Node, kind: yaml.Node) -> bool:
        """The cluster knows this kind in this version."""
        versions = [found.api_version for found in self._resources if found.kind == kind.value]
        if version.value in versions or not self._resources:
            return True
        if type_of(version.value, kind.value) is not None and not versions:
            return True  # a kind without a resource of its own, or one that is served no more: the server's word counts
        if versions:
            said = " / ".join(dict.fromkeys(versions))
            self._add(version, "other version", kind=kind.value, versions=said, version=version.value)
        else:
            names = {found.kind for found in self._resources}
            self._add(kind, "unknown kind", self._meant(nearest(kind.value, names)), kind=kind.value)
        return False

    def _object(self, node: yaml.Node, known: Type, path: str, top: Type) -> None:
        if not isinstance(node, yaml.MappingNode):
            self._mismatch(node, "object", path)
            return
        for key, value in node.value:
            field = known.field(key.value) or known.field("*")
            here = f"{path}.{key.value}" if path else str(key.value)
            if field is None:
                hint = self._meant(nearest(key.value, known.fields)) or self._belongs(key.value, top)
                self._add(key, "unknown field", hint, path=here)
            elif value.tag != f"{TAG}null":
                self._value(value, field, here, top)

    def _value(self, node: yaml.Node, field: Field, path: str, top: Type) -> None:
        if field.kind == "object" and field.type is not None:
            self._object(node, field.type, path, top)
        elif field.kind == "list" and isinstance(node, yaml.SequenceNode):
            for i, part in enumerate(node.value):
                if field.item is not None:
                    self._value(part, field.item, f"{path}[{i}]", top)
        elif field.kind == "map" and isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if field.item is not None and value.tag != f"{TAG}null":
                    self._value(value, field.item, f"{path}.{key.value}", top)
        elif _found(node) not in FITS.get(field.kind, {"object"}) and field.kind != "any":
            self._mismatch(node, field.kind, path)

    def _mismatch(self, node: yaml.Node, kind: str, path: str) -> None:
        found = _found(node)
        is_quotable = kind == "string" and found in ("number", "boolean")
        hint = tell(self._lang, "quote") if is_quotable else ""
        value = node.value if isinstance(node, yaml.ScalarNode) else ""
        words = {
            "wanted": tell(self._lang, WANTED.get(kind, "string")),
            "found": tell(self._lang, f"found {found}", value=_short(value)),
        }
        self._add(node, "wrong type", hint, path=path or ".", **words)

    def _add(self, node: yaml.Node, key: str, hint: str = "", **values: object) -> None:
        self.problems.append(Problem(place_of(node, self._text), tell(self._lang, key, **values) + hint))

    def _meant(self, name: str) -> str:
        return tell(self._lang, "meant", name=name) if name else ""

    def _belongs(self, name: str, top: Type) -> str:
        path = _path_to(name, top)
        return tell(self._lang, "belongs", path=path) if path else ""


def nearest(name: str, names: Iterable[str]) -> str:
    """The name that is most like this one, whatever the case of its letters; "" when none is."""
    by_lower: dict[str, str] = {}
    for known in names:
        by_lower.setdefault(known.lower(), known)
    found: Sequence[str] = get_close_matches(str(name).lower(), by_lower, 1, CUTOFF)
    return by_lower[found[0]] if found else ""


def _path_to(name: str, top: Type) -> str:
    """The shortest path to a field of this name, such as `spec.template.spec.containers`."""
    seen, queue = {top}, deque([("", top)])
    while queue and len(seen) < MOST_TYPES:
        path, known = queue.popleft()
        for key, field in known.fields.items():
            here = f"{path}.{key}" if path else key
            if key == name:
                return here
            if field.type is not None and field.type not in seen and key not in ("metadata", "status"):
                seen.add(field.type)
                queue.append((here + "[]" * (field.kind == "list"), field.type))
    return ""


def _found(node: yaml.Node) -> str:
    return FOUND.get(node.tag.removeprefix(TAG), "null")


def _short(value: str) -> str:
    return value if len(value) <= 40 else value[:40] + "…"
