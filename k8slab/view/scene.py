"""What a picture consists of, with places and sizes: the same for every painter.

The top says what is wanted (the control plane, workloads, the Pods that wait), the middle what is (zones, Nodes, Pods),
the bottom who uses it (Services behind the proxy, the users in front of it).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from k8slab.view.anchors import place_of
from k8slab.view.facts import NodeCard, PodCard
from k8slab.view.geometry import Point, Rect

__all__ = [
    "Chip",
    "Dot",
    "Edge",
    "Frame",
    "Label",
    "NodeBox",
    "Scene",
    "Tile",
]


class Tile(NamedTuple):
    """A Pod that is drawn with its name. `note` says its version when it is well, what ails it when not."""

    rect: Rect
    card: PodCard
    name: str
    note: str
    title: str


class Dot(NamedTuple):
    """A Pod that is drawn as a mark only; `x`, `y` is its middle."""

    x: float
    y: float
    radius: float
    card: PodCard
    title: str


class Chip(NamedTuple):
    """A small box with one or two lines: a component, a workload, a Service. `state` is "" or a state of Pods.

    `object` is written `Kind/namespace/name`, "" for a component whose Pod nobody sees.
    """

    rect: Rect
    role: str
    id: str
    kind: str
    text: str
    note: str
    second: str
    state: str
    mark: str
    writes: int
    title: str
    object: str = ""


class NodeBox(NamedTuple):
    """A Node: `amount` is the text beside its bar, `counts` are lines about the Pods that are not drawn one by one.

    `bar` and `memory_bar` are where the bars of requested CPU and memory lie (a small Node has one of states instead);
    `states` are the Pods per state where Pods are only counted.
    """

    rect: Rect
    card: NodeCard
    name: str
    status: str
    bar: Rect
    amount: str
    counts: tuple[str, ...]
    states: tuple[tuple[str, int], ...]
    writes: int
    title: str
    memory_bar: Rect = Rect(0, 0, 0, 0)
    memory: str = ""


class Edge(NamedTuple):
    """A line with rounded corners from a chip to a Pod, or (routes) from an Ingress to a Service.

    `role` is owns, mounts, serves, unserved or routes; `rate` is how many requests a second it carries, 0 where nobody
    has measured any. `title` is what there is to say about the line itself.
    """

    role: str
    source: str
    target: str
    points: tuple[Point, ...]
    rate: float = 0.0
    title: str = ""


class Label(NamedTuple):
    """A text, or (role starting with `icon.`) a symbol; `anchor` is start, middle or end."""

    x: float
    y: float
    text: str
    role: str
    anchor: str = "start"


class Frame(NamedTuple):
    """An outline around others: a zone, the tray, the proxy."""

    rect: Rect
    role: str
    title: str


class Scene(NamedTuple):
    """A whole picture. `mode` is pods, dots or fleet; `text` says in one line what the picture shows."""

    height: float
    mode: str
    text: str
    frames: tuple[Frame, ...]
    nodes: tuple[NodeBox, ...]
    tiles: tuple[Tile, ...]
    dots: tuple[Dot, ...]
    chips: tuple[Chip, ...]
    edges: tuple[Edge, ...]
    labels: tuple[Label, ...]
    places: Mapping[str, Rect] = {}

    def anchor(self, name: str) -> Rect | None:
        """The place of `you`, `users`, `kube-proxy`, `api-server`, `scheduler` …, `Node/node-1`, `Pod/shop/web-1`.

        What is folded has the place of the box that holds it; None for what is not in the picture.
        """
        return place_of(self.places, name)
