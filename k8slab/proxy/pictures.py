"""What the kube-proxies of a cluster know: pictures that never change, and are shared by all that know the same.

A thousand nodes hear of the same changes. What they make of them is worked out once: who had the same picture as
another before, and has heard the same, has the same picture now.

Source    pkg/proxy/endpointschangetracker.go, servicechangetracker.go (what has changed since the last sync)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from k8slab.client import ObjectList
from k8slab.objects import Key, key_of
from k8slab.wire import WatchEvent

__all__ = [
    "Album",
    "Picture",
    "Sight",
]

Obj = dict[str, Any]
GroupOf = Callable[[Obj], Key | None]
K = TypeVar("K")
V = TypeVar("V")

KEPT = 64  # of each; nodes are at most a few changes apart


class Picture:
    """The objects of one kind, and those that belong to each Service in the order of their names."""

    def __init__(self, objects: Mapping[Key, Obj], groups: Mapping[Key, tuple[Obj, ...]]) -> None:
        self.objects = objects
        self.groups = groups

    def of(self, service: Key) -> tuple[Obj, ...]:
        """What belongs to a Service."""
        return self.groups.get(service, ())


class Step(NamedTuple):
    """A picture after something has happened, and the Services that are concerned, in order.

    `before` and `events` are what it was made of: as long as they are kept here, nothing else can be taken for them.
    """

    before: Picture
    events: tuple[WatchEvent, ...]
    picture: Picture
    changed: tuple[Key, ...]


class Album:
    """The pictures that were made last; `group_of` tells the Service to which an object belongs, if it does."""

    def __init__(self, group_of: GroupOf) -> None:
        self.nothing = Picture({}, {})
        self._group_of = group_of
        self._steps: dict[tuple[int, ...], Step] = {}
        self._pictures: dict[frozenset[int], Picture] = {}

    def replaced(self, before: Picture, found: Iterable[Obj]) -> Step:
        """The step to a picture of exactly these objects."""
        now = {key_of(obj): obj for obj in found}
        gone = [WatchEvent("DELETED", obj) for key, obj in before.objects.items() if key not in now]
        there = [WatchEvent("ADDED", obj) for key, obj in now.items() if before.objects.get(key) is not obj]
        return self.after(before, gone + there)

    def after(self, before: Picture, events: Iterable[WatchEvent]) -> Step:
        """The step that leads on from a picture."""
        told = tuple(event for event in events if event.type != "BOOKMARK")
        made_of = (id(before), *(id(event.object) for event in told))
        return self._steps.get(made_of) or _keep(self._steps, made_of, self._step(before, told))

    def _step(self, before: Picture, events: tuple[WatchEvent, ...]) -> Step:
        objects, changed = dict(before.objects), dict[Key, None]()
        for type_, obj in events:
            old = objects.pop(key_of(obj), None)
            if type_ != "DELETED":
                objects[key_of(obj)] = obj
            places = (self._group_of(form) for form in (old, obj) if form is not None)
            changed.update((place, None) for place in places if place is not None)
        members: dict[Key, list[Obj]] = {place: [] for place in changed}
        for obj in objects.values():
            if (place := self._group_of(obj)) in changed:
                members[place].append(obj)
        groups = {**before.groups, **{place: _ordered(objs) for place, objs in members.items()}}
        picture = Picture(objects, {place: objs for place, objs in groups.items() if objs})
        return Step(before, events, self._shared(picture), tuple(changed))

    def _shared(self, picture: Picture) -> Picture:
        """The picture of the very same objects that somebody has already, or this."""
        signature = frozenset(map(id, picture.objects.values()))
        return self._pictures.get(signature) or _keep(self._pictures, signature, picture)


class Sight:
    """What one kube-proxy knows of a kind; `on_change` is told the Services that are concerned by what has happened."""

    def __init__(self, album: Album, on_change: Callable[[tuple[Key, ...]], None]) -> None:
        self.picture = album.nothing
        self._album = album
        self._on_change = on_change

    def replace(self, found: ObjectList) -> None:
        """Asked by the reflector: this, and nothing else, is there now."""
        self._take(self._album.replaced(self.picture, found))

    def apply(self, events: Sequence[WatchEvent]) -> None:
        """Asked by the reflector: this has happened since."""
        self._take(self._album.after(self.picture, events))

    def _take(self, step: Step) -> None:
        self.picture = step.picture
        if step.events:
            self._on_change(step.changed)


def _ordered(objs: list[Obj]) -> tuple[Obj, ...]:
    return tuple(sorted(objs, key=_name))


def _name(obj: Obj) -> str:
    name: str = obj["metadata"]["name"]
    return name


def _keep(memory: dict[K, V], key: K, value: V) -> V:
    """Remember one more, and forget the oldest."""
    if len(memory) >= KEPT:
        del memory[next(iter(memory))]
    memory[key] = value
    return value
