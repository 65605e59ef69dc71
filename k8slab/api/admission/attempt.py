"""What admission knows of a write that is tried, and what it can see of the cluster.

Source    staging/src/k8s.io/apiserver/pkg/admission/{interfaces,errors}.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from k8slab.api.kinds import KINDS, Kind
from k8slab.wire import Forbidden

__all__ = [
    "Attempt",
    "Cluster",
    "Objects",
]

Obj = dict[str, Any]


class Attempt(NamedTuple):
    """A write on its way: `verb` is CREATE, UPDATE or DELETE; `name` may still be what a name is made from.

    What plugins put into `warnings` travels with the answer.
    """

    verb: str
    kind: Kind
    namespace: str
    name: str
    user: str
    subresource: str
    is_dry_run: bool
    warnings: list[str]

    def forbidden(self, text: str) -> Forbidden:
        """The 403 that a plugin answers with."""
        kind = self.kind
        return Forbidden(f'{kind.full_name} "{self.name}" is forbidden: {text}', kind.details(self.name))


class Objects(Protocol):
    """The newest objects of one kind by etcd key, and their keys in order (a watch cache)."""

    objects: dict[str, Obj]

    def keys(self, prefix: str, after: str = "", index: str = "") -> list[str]:
        """The keys under a prefix; `index` (`node/NAME`) leaves others out."""


class Cluster:
    """The objects that plugins decide by."""

    def __init__(self, objects_of: Callable[[Kind], Objects]) -> None:
        self._objects_of = objects_of
        self._kinds = {kind.kind: kind for kind in reversed(KINDS)}

    def has(self, kind_name: str) -> bool:
        """There is an object of this kind."""
        return bool(self._objects_of(self._kinds[kind_name]).objects)

    def on_node(self, node: str, namespace: str) -> list[Obj]:
        """The Pods of a namespace that are bound to a node, by name."""
        kind = self._kinds["Pod"]
        held = self._objects_of(kind)
        return [held.objects[key] for key in held.keys(kind.prefix(namespace), index=f"node/{node}")]

    def list(self, kind_name: str, namespace: str = "") -> list[Obj]:
        """All objects of a kind, or those of one namespace, by name."""
        kind = self._kinds[kind_name]
        held = self._objects_of(kind)
        if not held.objects:
            return []
        return [held.objects[key] for key in held.keys(kind.prefix(namespace))]

    def get(self, kind_name: str, name: str, namespace: str = "") -> Obj | None:
        """One object, or None."""
        kind = self._kinds[kind_name]
        return self._objects_of(kind).objects.get(kind.key(namespace, name))
