"""The cluster graph as a widget in which a thing can be chosen: by click, or with Tab and Enter.

The front end (controls_graph.js) finds the things by the attributes that the painter gives them: `data-object`
(`Pod/default/web-1`), or `data-kind` and `data-key`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import anywidget
import traitlets

from k8slab.view.scene import Scene
from k8slab.view.svg import svg

__all__ = ["ClickableGraph", "Thing", "thing_of"]

HERE = Path(__file__).parent


class Thing(NamedTuple):
    """One thing of the graph; `namespace` is "" for what belongs to the whole cluster."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return "/".join(part for part in self if part)


def thing_of(named: str) -> Thing | None:
    """`Pod/default/web-1`, `Node/node-1`, `Deployment/Deployment/default/web`; None for what is no thing."""
    kind, _, rest = named.partition("/")
    rest = rest.removeprefix(f"{kind}/")
    if not kind or not rest:
        return None
    namespace, _, name = rest.rpartition("/")
    return Thing(kind, namespace, name)


class ClickableGraph(anywidget.AnyWidget):
    """`svg` is what is drawn, `chosen` the name of the thing that was chosen last ("": none)."""

    _esm = HERE / "controls_graph.js"
    _css = HERE / "controls_graph.css"
    svg = traitlets.Unicode("").tag(sync=True)
    chosen = traitlets.Unicode("").tag(sync=True)
    is_locked = traitlets.Bool(False).tag(sync=True)

    def draw(self, scene: Scene) -> None:
        """Show this picture."""
        self.svg = svg(scene)

    def on_choice(self, act: Callable[[Thing | None], object]) -> None:
        """Call `act` with every new choice; None when it is taken back."""
        self.observe(lambda change: act(thing_of(change["new"])), "chosen")


def things_of(scene: Scene, kind: str = "") -> list[Any]:
    """The Pods and Nodes that a picture draws one by one, the Nodes first."""
    nodes = [Thing("Node", "", box.card.name) for box in scene.nodes if box.card.mark != "gone"]
    cards = [*(tile.card for tile in scene.tiles), *(dot.card for dot in scene.dots)]
    pods = [Thing("Pod", *card.key) for card in cards if card.mark != "gone" and not card.is_folded]
    return [thing for thing in (*nodes, *sorted(pods)) if kind in ("", thing.kind)]
