"""The shelf of the control plane, and what a shelf is: a row of the picture above or below the Nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from k8slab.view.cards import Facts, NodeCard, PodCard, SystemCard
from k8slab.view.geometry import WIDTH, Rect
from k8slab.view.layout import Layout
from k8slab.view.lettering import fit, text_width
from k8slab.view.scene import Chip, Dot, Frame, Label, NodeBox, Tile
from k8slab.view.states import pod_state
from k8slab.view.tiles import dots_in_row, node_box
from k8slab.view.words import Words

__all__ = [
    "PERSON",
    "PROXY",
    "Shelf",
    "control_plane",
]

EDGE, GAP = 8.0, 8.0
PERSON = 60.0  # the room for a person at the left
SYSTEM_LINE = 20.0
PROXY = "kube-proxy"  # told where the Services are
FIRST = ("kube-apiserver", "etcd")


class Shelf(NamedTuple):
    """One row of things and where it ends. `chips_at` finds the chip of a workload or a Service."""

    bottom: float
    frames: list[Frame]
    nodes: list[NodeBox]
    chips: list[Chip]
    tiles: list[Tile]
    dots: list[Dot]
    labels: list[Label]

    @staticmethod
    def starting_at(y: float) -> Shelf:
        """An empty one."""
        return Shelf(y, [], [], [], [], [], [])


def control_plane(facts: Facts, layout: Layout, words: Words, y: float) -> Shelf:
    """You, and the Nodes of the control plane with their components."""
    shelf = Shelf.starting_at(y)
    masters = [node for node in facts.nodes if node.is_control_plane]
    shelf.labels.append(Label(EDGE + 22, y + 34, "", "icon.person", "middle"))
    wrote = facts.writes.get("you", 0)
    text = f"{words('you')} ✎{wrote}" if wrote else words("you")
    if text_width(text) > PERSON - 8:
        text = f"✎{wrote}"
    shelf.labels.append(Label(EDGE + 22, y + 74, text, "small", "middle"))
    shelf.labels.append(Label(EDGE + 47, y + 42, "", "icon.arrow", "middle"))
    system = [card for card in facts.system if card.name != PROXY]
    for number, node in enumerate(masters):
        y = _master(shelf, node, facts, layout, words, y, [] if number else system)
    if not masters:
        rect = Rect(PERSON, y, WIDTH - EDGE - PERSON, 76 + (SYSTEM_LINE if system else 0))
        shelf.frames.append(Frame(rect, "control", words("no control plane")))
        shelf.labels.append(Label(rect.x + 12, y + 20, words("no control plane"), "muted"))
        shelf.chips.append(_component(Rect(rect.x + 10, y + 38, 192, 28), "api-server", None, facts, words))
        _system(shelf, system, rect)
        y = rect.bottom + GAP
    return shelf._replace(bottom=y)


def _master(
    shelf: Shelf, node: NodeCard, facts: Facts, layout: Layout, words: Words, y: float, system: Sequence[SystemCard]
) -> float:
    parts = [pod for pod in facts.pods if pod.node == node.name and pod.is_component]
    others = [pod for pod in facts.pods if pod.node == node.name and not pod.is_component]
    rect = Rect(PERSON, y, WIDTH - EDGE - PERSON, 76 + (SYSTEM_LINE if system else 0))
    shelf.nodes.append(node_box(node, rect, facts.writes.get(f"node/{node.name}", 0), words))
    shelf.dots.extend(dots_in_row(others, shelf.nodes[-1], words))
    seats = layout.seat(f"components/{node.name}", sorted((pod.key.name for pod in parts), key=_order))
    width = (rect.w - 20 + GAP) / max(4, 1 + max(seats.values(), default=0)) - GAP
    for pod in parts:
        x = rect.x + 10 + seats[pod.key.name] * (width + GAP)
        name = pod.key.name.removesuffix(f"-{node.name}")
        shelf.chips.append(_component(Rect(x, y + 38, width, 28), name, pod, facts, words))
    _system(shelf, system, rect)
    return rect.bottom + GAP


def _order(name: str) -> tuple[int, str]:
    """The API server next to you, and its store beside it."""
    return next((n for n, first in enumerate(FIRST) if name.startswith(first)), len(FIRST)), name


def _system(shelf: Shelf, cards: Sequence[SystemCard], rect: Rect) -> None:
    """What is folded of kube-system in one line, what is not well first."""
    x, y = rect.x + 12, rect.bottom - 10
    for card in sorted(cards, key=lambda card: card.ready == card.all):
        is_well = card.ready == card.all
        text = fit(f"{card.name} {card.ready}/{card.all}", rect.right - 12 - x - 20, bold=not is_well)
        if not text:
            return
        shelf.labels.append(Label(x + 6, y - 4.5, "", f"icon.{'ready' if is_well else 'running'}", "middle"))
        shelf.labels.append(Label(x + 19, y, text, "muted" if is_well else "alarm"))
        x += text_width(text, bold=not is_well) + 36


def _component(rect: Rect, name: str, pod: PodCard | None, facts: Facts, words: Words) -> Chip:
    short = {"kube-apiserver": "api-server"}.get(name, name.removeprefix("kube-"))
    writes = facts.writes.get(short, 0)
    if pod is None:
        state = "ready" if facts.is_connected else "unknown"
        title = short
    else:
        state, title = pod_state(pod.obj), f"Pod {pod.key} · {words(pod.state)}"
    if short == "api-server" and not facts.is_connected:
        state, title = "unknown", words("no answer")
    if writes:
        title += " · " + words("writes", n=writes)
    mark = pod.mark if pod is not None else ""
    badge = text_width(f"✎{writes}") + 6 if writes else 0
    name, obj = fit(short, rect.w - 36 - badge), f"Pod/{pod.key}" if pod is not None else ""
    return Chip(rect, "component", short, "", name, "", "", state, mark, writes, title, obj)
