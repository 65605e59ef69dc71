"""What kube-proxies know is the same picture for all that know the same, however they came to know it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from k8slab.client import ObjectList
from k8slab.objects import Key
from k8slab.proxy import pictures
from k8slab.proxy.pictures import Album, Sight
from k8slab.wire import WatchEvent

Obj = dict[str, Any]


def a_slice(name: str, service: str | None, version: int = 0) -> Obj:
    """An EndpointSlice of a Service, or of none."""
    metadata = {"name": name, "namespace": "default", "resourceVersion": str(version), "service": service}
    return {"kind": "EndpointSlice", "metadata": metadata}


def group_of(slice_: Obj) -> Key | None:
    """The Service of a slice."""
    service = slice_["metadata"]["service"]
    return Key("default", service) if service else None


class Node:
    """One kube-proxy that sees slices; `told` are the Services that it was told of, since it was last asked."""

    def __init__(self, album: Album) -> None:
        self.told: list[str] = []
        self.sight = Sight(album, lambda keys: self.told.extend(key.name for key in keys))

    def hear(self, *events: tuple[str, Obj]) -> list[str]:
        """Let it hear of events; answers the Services that are concerned."""
        self.told = []
        self.sight.apply([WatchEvent(type_, obj) for type_, obj in events])
        return self.told

    def names(self, service: str) -> list[str]:
        """The slices of a Service."""
        return [slice_["metadata"]["name"] for slice_ in self.sight.picture.of(Key("default", service))]


A, B, OTHER, NOBODYS = a_slice("a", "web"), a_slice("b", "web"), a_slice("c", "api"), a_slice("d", None)


def test_what_belongs_to_a_service_stands_in_the_order_of_names() -> None:
    node = Node(Album(group_of))

    concerned = node.hear(("ADDED", B), ("ADDED", OTHER), ("ADDED", A), ("ADDED", NOBODYS))

    assert concerned == ["web", "api"]
    assert (node.names("web"), node.names("api"), node.names("none")) == (["a", "b"], ["c"], [])


@pytest.mark.parametrize(
    ("event", "concerned", "left"),
    [
        (("MODIFIED", a_slice("a", "web", 1)), ["web"], ["a", "b"]),
        (("MODIFIED", a_slice("a", "api", 1)), ["web", "api"], ["b"]),  # it belongs to another Service now
        (("MODIFIED", a_slice("a", None, 1)), ["web"], ["b"]),
        (("DELETED", a_slice("a", "web", 1)), ["web"], ["b"]),
        (("BOOKMARK", a_slice("", None, 1)), [], ["a", "b"]),
    ],
)
def test_the_services_before_and_after_are_concerned(
    event: tuple[str, Obj], concerned: list[str], left: list[str]
) -> None:
    node = Node(Album(group_of))
    node.hear(("ADDED", A), ("ADDED", B))

    assert (node.hear(event), node.names("web")) == (concerned, left)


def test_who_hears_the_same_has_the_same_picture_in_whatever_pieces_it_comes() -> None:
    album = Album(group_of)
    one, other, late = Node(album), Node(album), Node(album)

    one.hear(("ADDED", A), ("ADDED", B))
    other.hear(("ADDED", A))
    other.hear(("ADDED", B))
    late.sight.replace(ObjectList([B, A], {"resourceVersion": "3"}))

    assert one.sight.picture is other.sight.picture is late.sight.picture


def test_the_step_of_one_is_the_step_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    album, made = Album(group_of), []
    step = album._step
    monkeypatch.setattr(album, "_step", lambda *args: made.append(args) or step(*args))

    for node in [Node(album) for _ in range(100)]:
        node.hear(("ADDED", A))

    assert len(made) == 1


def test_a_list_says_what_has_gone_meanwhile() -> None:
    node = Node(Album(group_of))
    node.hear(("ADDED", A), ("ADDED", OTHER))
    node.told = []

    node.sight.replace(ObjectList([A], {"resourceVersion": "9"}))

    assert (node.told, node.names("web"), node.names("api")) == (["api"], ["a"], [])


def test_what_is_forgotten_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes that are far apart, and a memory of two steps: each still knows exactly what it has heard."""
    monkeypatch.setattr(pictures, "KEPT", 2)
    chance, album = random.Random(1), Album(group_of)
    nodes, history, read = [Node(album) for _ in range(3)], [], [0, 0, 0]
    for version in range(1, 200):
        name, service = chance.choice("abcd"), chance.choice(["web", "api", None])
        history.append((chance.choice(["MODIFIED", "DELETED"]), a_slice(name, service, version)))
        reader = chance.randrange(3)
        nodes[reader].hear(*history[read[reader] :])
        read[reader] = len(history)
        there: dict[str, Obj] = {}
        for type_, obj in history:
            there.pop(obj["metadata"]["name"], None)
            there |= {obj["metadata"]["name"]: obj} if type_ != "DELETED" else {}
        expected = sorted(n for n, obj in there.items() if obj["metadata"]["service"] == "web")
        assert nodes[reader].names("web") == expected
