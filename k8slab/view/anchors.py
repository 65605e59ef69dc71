"""Where a thing is drawn, for views that draw on top of a picture: by its name, or by what the diff calls its writer.

Names are `you`, `users`, `kube-proxy`, `api-server`, `etcd`, `scheduler`, `controller-manager` (and the friendly names
of writers: `replicaset-controller`, `kubelet node-1`), `Node/node-1`, `Pod/web-1`, `Pod/shop/web-1`, `Service/web` …
What is folded has the place of what it is folded into.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from k8slab.view.facts import Facts, PodCard
from k8slab.view.geometry import Rect
from k8slab.view.writers import component_of

if TYPE_CHECKING:
    from k8slab.view.scene import Scene

__all__ = [
    "Places",
    "place_of",
    "places_of",
]

PARTS = ("api-server", "etcd", "scheduler", "controller-manager")
PERSONS = {"icon.person": "you", "icon.people": "users"}
FRAMES = {"proxy": "kube-proxy", "tray": "tray", "wanted": "wanted", "control": "control plane"}


class Places(Mapping[str, Rect]):
    """The places of a picture, worked out when the first is asked for."""

    def __init__(self, scene: Scene, facts: Facts) -> None:
        self._scene, self._facts = scene, facts

    @cached_property
    def _known(self) -> dict[str, Rect]:
        return places_of(self._scene, self._facts)

    def __getitem__(self, name: str) -> Rect:
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def places_of(scene: Scene, facts: Facts) -> dict[str, Rect]:
    """The place of everything, what is drawn as well as what is folded."""
    places = {FRAMES[frame.role]: frame.rect for frame in scene.frames if frame.role in FRAMES}
    for label in scene.labels:
        if label.role in PERSONS:
            places[PERSONS[label.role]] = Rect(label.x - 15, label.y - 15, 30, 30)
    for box in scene.nodes:
        places[f"Node/{box.card.name}"] = box.rect
        if box.card.is_control_plane:
            places.setdefault("control plane", box.rect)
    for part in PARTS:
        if "control plane" in places:
            places[part] = places["control plane"]
    _fold(places, facts)
    for chip in reversed(scene.chips):
        places[chip.object or chip.id] = places[chip.id] = chip.rect
    for tile in scene.tiles:
        places[f"Pod/{tile.card.key}"] = tile.rect
    for dot in scene.dots:
        places[f"Pod/{dot.card.key}"] = Rect(dot.x - dot.radius, dot.y - dot.radius, 2 * dot.radius, 2 * dot.radius)
    return places


def _fold(places: dict[str, Rect], facts: Facts) -> None:
    """What stands for a Pod, a workload or a Service that is not drawn itself."""
    for pod in facts.pods:
        home = _home(pod)
        if home in places:
            places[f"Pod/{pod.key}"] = places[home]
    for owner in facts.owners:
        if "wanted" in places:
            places["/".join(owner.id)] = places["wanted"]
    for service in facts.services:
        if "kube-proxy" in places:
            places[f"Service/{service.key}"] = places["kube-proxy"]


def _home(pod: PodCard) -> str:
    return f"Node/{pod.node}" if pod.node else "tray"


def place_of(places: Mapping[str, Rect], name: str) -> Rect | None:
    """The place of a thing under any of its names; one without a namespace is sought in `default` first."""
    writer = component_of(name)
    writer = f"Node/{writer.removeprefix('node/')}" if writer.startswith("node/") else writer
    for known in (name, writer):
        if known in places:
            return places[known]
    kind, _, rest = name.partition("/")
    if not rest or "/" in rest:
        return None
    if f"{kind}/default/{rest}" in places:
        return places[f"{kind}/default/{rest}"]
    return next(
        (place for key, place in places.items() if key.startswith(f"{kind}/") and key.endswith(f"/{rest}")), None
    )
