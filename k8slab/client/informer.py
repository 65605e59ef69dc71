"""A cache of one kind, kept true by list and watch.

After whatever went wrong it lists again, and tells its handlers what changed in between. What it holds is shared with
the server and must not be changed.

Source    staging/src/k8s.io/client-go/tools/cache/shared_informer.go
Left out  periodic resync
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from k8slab.client.reader import ObjectList, Reader
from k8slab.client.reflector import Reflector
from k8slab.clock import Scheduling
from k8slab.objects import Key, key_of
from k8slab.wire import WatchEvent

__all__ = [
    "Handler",
    "Informer",
    "Informers",
]

Obj = dict[str, Any]
Objs = list[Obj]
Handler = Callable[[Obj | None, Obj | None], None]
IndexFn = Callable[[Obj], Iterable[str]]


class Informer:
    """The objects of one kind that the selectors let through, by key."""

    def __init__(
        self,
        reader: Reader,
        loop: Scheduling,
        kind: str,
        *,
        namespace: str = "",
        labels: str = "",
        fields: str = "",
    ) -> None:
        self.kind = kind
        self.objects: dict[Key, Obj] = {}
        self.revision = 0
        self.is_synced = False
        self._handlers: list[Handler] = []
        self._index_fns: dict[str, IndexFn] = {}
        self._indexes: dict[str, dict[str, dict[Key, Obj]]] = {}
        self.reflector = Reflector(reader, loop, kind, self, namespace=namespace, labels=labels, fields=fields)

    def start(self) -> None:
        """List now and follow from there; starting twice does nothing."""
        self.reflector.start()

    def stop(self) -> None:
        """Follow no longer."""
        self.reflector.stop()

    def on_change(self, handler: Handler) -> None:
        """Call `handler(old, new)` for every change (None: absent), and at once for what is there already."""
        self._handlers.append(handler)
        for obj in self.objects.values():
            handler(None, obj)

    def add_index(self, name: str, values_of: IndexFn) -> None:
        """Keep the objects findable by the texts that `values_of(obj)` gives."""
        if name not in self._index_fns:
            self._index_fns[name] = values_of
            self._indexes[name] = {}
            for key, obj in self.objects.items():
                self._reindex(name, key, None, obj)

    def get(self, key: Key) -> Obj | None:
        """The object, or None."""
        return self.objects.get(key)

    def list(self, namespace: str = "") -> Objs:
        """All objects, or those of one namespace."""
        if not namespace:
            return list(self.objects.values())
        return self.by_index("namespace", namespace)

    def by_index(self, name: str, value: str) -> Objs:
        """The objects whose index `name` has `value`; the index "namespace" is always there."""
        if name == "namespace":
            self.add_index("namespace", _namespace_of)
        return list(self._indexes[name].get(value, {}).values())

    def replace(self, found: ObjectList) -> None:
        """Asked by the reflector: this, and nothing else, is there now."""
        now_there = {key_of(obj): obj for obj in found}
        for key in [key for key in self.objects if key not in now_there]:
            self._set(key, None)
        for key, obj in now_there.items():
            known = self.objects.get(key)
            if known is not None and known["metadata"]["uid"] != obj["metadata"]["uid"]:
                self._set(key, None)  # gone and made anew while nobody looked: two changes, not one
                known = None
            if known is None or known["metadata"]["resourceVersion"] != obj["metadata"]["resourceVersion"]:
                self._set(key, obj)
        self.revision = int(found.resource_version)
        self.is_synced = True

    def apply(self, events: Sequence[WatchEvent]) -> None:
        """Asked by the reflector: this has happened since."""
        for type_, obj in events:
            self.revision = int(obj["metadata"]["resourceVersion"])
            if type_ != "BOOKMARK":
                self._set(key_of(obj), None if type_ == "DELETED" else obj)

    def _set(self, key: Key, new: Obj | None) -> None:
        old = self.objects.get(key)
        if old is None and new is None:
            return
        if new is None:
            del self.objects[key]
        else:
            self.objects[key] = new
        for name in self._index_fns:
            self._reindex(name, key, old, new)
        for handler in self._handlers:
            handler(old, new)

    def _reindex(self, name: str, key: Key, old: Obj | None, new: Obj | None) -> None:
        values_of, index = self._index_fns[name], self._indexes[name]
        for value in values_of(old) if old is not None else ():
            index[value].pop(key, None)
        for value in values_of(new) if new is not None else ():
            index.setdefault(value, {})[key] = new  # type: ignore[assignment]


def _namespace_of(obj: Obj) -> tuple[str]:
    return (obj["metadata"].get("namespace", ""),)


class Informers:
    """The informers that the agents of one process share: one per kind and selector."""

    def __init__(self, reader: Reader, loop: Scheduling) -> None:
        self.reader = reader
        self.loop = loop
        self._shared: dict[tuple[str, str, str, str], Informer] = {}
        self._is_started = False

    def of(self, kind: str, *, namespace: str = "", labels: str = "", fields: str = "") -> Informer:
        """The informer of a kind, made on first request; it runs from then on, or once `start` is called."""
        scope = (kind, namespace, labels, fields)
        if scope not in self._shared:
            self._shared[scope] = Informer(
                self.reader, self.loop, kind, namespace=namespace, labels=labels, fields=fields
            )
            if self._is_started:
                self._shared[scope].start()
        return self._shared[scope]

    def start(self) -> None:
        """Start every informer that has been asked for, and from now on each that is."""
        self._is_started = True
        for informer in list(self._shared.values()):
            informer.start()

    def stop(self) -> None:
        """Close every watch."""
        self._is_started = False
        for informer in self._shared.values():
            informer.stop()
