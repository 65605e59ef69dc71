"""What was written of which object: the writes from the audit record, each with the object before and after it.

A past form is a list at an exact revision; where that revision has been compacted away, the write is known, but not
what it changed.

Source    kubernetes.io, "Kubernetes API Concepts", resourceVersionMatch=Exact
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from k8slab.client import Reader
from k8slab.objects import Key, controller_of
from k8slab.view.calls import Call, read_calls
from k8slab.wire import ApiError, ServiceUnavailable

__all__ = [
    "History",
    "Thing",
    "Write",
    "key_of_thing",
    "thing_of",
]

Obj = dict[str, Any]
Place = tuple[str, str, str]  # resource, namespace, name


class Thing(NamedTuple):
    """An object by name."""

    kind: str
    namespace: str
    name: str


class Write(NamedTuple):
    """One write to one object. `before` is None when it was not there, or is not known any more; `after` likewise."""

    thing: Thing
    call: Call
    before: Obj | None
    after: Obj | None

    @property
    def is_birth(self) -> bool:
        """The object was created."""
        return self.call.verb == "create" and not self.call.subresource

    @property
    def is_end(self) -> bool:
        """Somebody asked for its end."""
        return self.call.verb in ("delete", "deletecollection") or self.call.subresource == "eviction"

    def has_changed(self, *path: str) -> bool:
        """The field at this path is another one than before; a birth has changed what it brought."""
        return bool(_at(self.before, path) != _at(self.after, path))


class History:
    """The record of a cluster, read once. `has_record` tells whether there is one."""

    def __init__(self, reader: Reader) -> None:
        calls = read_calls(reader)
        self.reader = reader
        self.has_record = calls is not None
        self.calls: list[Call] = calls or []
        self._by_place: dict[Place, list[Call]] = {}
        self._forms: dict[tuple[Thing, int], Obj | None] = {}
        for call in self.calls:
            if call.is_write:
                self._by_place.setdefault((call.resource, call.namespace, call.name), []).append(call)

    def writes(self, thing: Thing, before: int = 0) -> list[Write]:
        """All writes to an object (those before a revision), oldest first."""
        return [self.write(thing, call) for call in self.calls_to(thing, before)]

    def calls_to(self, thing: Thing, before: int = 0) -> list[Call]:
        """The calls alone, without what they did; a deletion of many is among them if it took this one along."""
        resource = self.resource(thing.kind)
        own = self._by_place.get((resource, thing.namespace, thing.name), [])
        many = [
            call for call in self._by_place.get((resource, thing.namespace, ""), ()) if self._took(thing, call, own)
        ]
        calls = sorted([*own, *many], key=lambda call: call.number) if many else own
        return [call for call in calls if not before or call.revision < before]

    def _took(self, thing: Thing, call: Call, own: list[Call]) -> bool:
        """The object was alive at its last own write before this deletion of many, and is not after it."""
        last = _last_before(call, own)
        if call.verb != "deletecollection" or last == 0:
            return False
        before, after = self.form(thing, last), self.form(thing, call.revision)
        return _is_alive(before) and not _is_alive(after)

    def write(self, thing: Thing, call: Call) -> Write:
        """A call with what it did to the object."""
        before = call.revision - 1
        if call.verb == "deletecollection":  # one revision for many writes
            own = self._by_place.get((call.resource, thing.namespace, thing.name), [])
            before = _last_before(call, own)
        return Write(thing, call, self.form(thing, before), self.form(thing, call.revision))

    def last(self, thing: Thing, before: int, *path: str) -> Write | None:
        """The newest write before a revision that changed the field at `path`, or gave birth to the object."""
        is_of_spec = path[:1] == ("spec",)
        for call in reversed(self.calls_to(thing, before)):
            if is_of_spec and call.subresource == "status":
                continue
            write = self.write(thing, call)
            if write.is_birth or (path and write.has_changed(*path)):
                return write
        return None

    def named(self, resource: str, name: str) -> list[Call]:
        """The writes to everything called so, in any namespace, oldest first; `resource` "" for any kind."""
        found = [
            calls
            for (kind, _, its_name), calls in self._by_place.items()
            if its_name == name and resource in ("", kind) and kind != "events"
        ]
        return sorted((call for calls in found for call in calls), key=lambda call: call.number)

    def ends(self, resource: str, namespace: str, prefix: str, before: int) -> Iterable[Call]:
        """The deletions of objects whose name begins so, before a revision, the newest first."""
        for call in reversed(self.calls):
            if (
                call.is_write
                and call.revision < before
                and (call.resource, call.namespace) == (resource, namespace)
                and (call.verb == "delete" or call.subresource == "eviction")
                and call.name.startswith(prefix)
            ):
                yield call

    def form(self, thing: Thing, revision: int) -> Obj | None:
        """The object as it was at a revision, None when it was not there or nobody knows."""
        key = (thing, revision)
        if key not in self._forms:
            found = self.all(thing.kind, thing.namespace, revision, f"metadata.name={thing.name}")
            self._forms[key] = found[0] if found else None
        return self._forms[key]

    def now(self, thing: Thing) -> Obj | None:
        """The object as it is, None when there is none. Raises ServiceUnavailable."""
        try:
            return self.reader.get(thing.kind, thing.name, thing.namespace)
        except ServiceUnavailable:
            raise
        except ApiError:
            return None

    def all(self, kind: str, namespace: str, revision: int = 0, fields: str = "") -> list[Obj]:
        """The objects of a kind, of a moment of the past if a revision is given; none when nobody knows."""
        try:
            moment = str(revision) if revision > 0 else ""
            return list(self.reader.list(kind, namespace, fields=fields, resource_version=moment))
        except ApiError:
            return []

    def resource(self, kind: str) -> str:
        """The plural that the record knows a kind by."""
        try:
            return self.reader.mapper.named(kind).plural
        except ApiError:
            return kind.lower()

    def children(self, owner: Obj, kind: str, revision: int = 0) -> list[Obj]:
        """What an object owned at a revision, or owns now."""
        uid, namespace = owner["metadata"]["uid"], owner["metadata"].get("namespace", "")
        return [one for one in self.all(kind, namespace, revision) if _owner_uid(one) == uid]


def _last_before(call: Call, own: Iterable[Call]) -> int:
    """The revision of the newest of an object's own writes before a call, 0 for none."""
    return max((one.revision for one in own if one.revision < call.revision), default=0)


def _is_alive(obj: Obj | None) -> bool:
    return obj is not None and not obj["metadata"].get("deletionTimestamp")


def _owner_uid(obj: Obj) -> str:
    owner = controller_of(obj)
    return str(owner["uid"]) if owner is not None else ""


def _at(obj: Obj | None, path: Iterable[str]) -> Any:
    found: Any = obj
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def thing_of(obj: Obj) -> Thing:
    """The name of an object."""
    return Thing(obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"])


def key_of_thing(thing: Thing) -> Key:
    """As other views name it."""
    return Key(thing.namespace, thing.name)
