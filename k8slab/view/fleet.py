"""Many Nodes at once: one small box each, with its Pods counted per owner and its states as one bar."""

from __future__ import annotations

from collections import Counter

from k8slab.view.facts import Facts, NodeCard, PodCard
from k8slab.view.geometry import WIDTH, Rect
from k8slab.view.layout import Layout
from k8slab.view.lettering import fit, text_width
from k8slab.view.racks import Racks
from k8slab.view.scene import Frame, Label
from k8slab.view.tiles import counts_of, node_box
from k8slab.view.words import Words

__all__ = [
    "fleet",
]

EDGE, GAP = 8.0, 6.0
PAD = 8.0
SMALL_FLEET, LARGE_FLEET = 24, 48


def fleet(facts: Facts, layout: Layout, words: Words, y: float) -> Racks:
    """Zones one below the other, the Nodes of each in a grid; a Node keeps its place."""
    found = Racks(y, [], [], [], [], [])
    workers = [node for node in facts.nodes if not node.is_control_plane]
    columns = layout.once("fleet", 6 if len(workers) <= SMALL_FLEET else 8)
    lines = 3 if columns == 6 else 2 if len(workers) <= LARGE_FLEET else 1
    height = 34.0 + 16 * lines
    width = (WIDTH - 2 * EDGE - 2 * PAD - (columns - 1) * GAP) / columns
    pods: dict[str, list[PodCard]] = {}
    for pod in facts.pods:
        if not pod.is_folded:
            pods.setdefault(pod.node, []).append(pod)
    zones = layout.seat("zones", sorted({node.zone for node in workers}))
    for zone in sorted(zones, key=zones.__getitem__):
        inside = {node.name: node for node in workers if node.zone == zone}
        seats = layout.seat(f"zone/{zone}", inside)
        top = y + 24
        for name, node in inside.items():
            row, column = divmod(seats[name], columns)
            x = EDGE + PAD + column * (width + GAP)
            rect = Rect(x, top + row * (height + GAP), width, height)
            _small_node(found, node, rect, pods.get(name, []), lines, facts, words)
        bottom = top + (max(seats.values()) // columns + 1) * (height + GAP) + 2
        found.frames.append(Frame(Rect(EDGE, y, WIDTH - 2 * EDGE, bottom - y), "zone", zone))
        found.labels.append(Label(EDGE + PAD + 2, y + 17, _zone_text(zone, inside.values(), words), "muted"))
        y = bottom + 8
    return found._replace(bottom=y - 8)


def _small_node(
    found: Racks, node: NodeCard, rect: Rect, pods: list[PodCard], lines: int, facts: Facts, words: Words
) -> None:
    counts = counts_of(pods, rect.w - 16, lines)
    box = node_box(node, rect, 0, words, pods, counts)
    total = sum(n for _, n in box.states)
    ready = dict(box.states).get("ready", 0)
    marks = Counter(pod.mark for pod in pods)
    amount = str(total) if ready == total else f"{ready}/{total}"
    title = " · ".join([box.title, ", ".join(f"{words(state)} {n}" for state, n in box.states)]).rstrip(" ·")
    if marks["new"] or marks["gone"]:
        title += f" · +{marks['new']} −{marks['gone']}"
    bar = Rect(rect.x + 8, rect.bottom - 10, rect.w - 16, 5)
    if ready == total and text_width(f"{node.name} {amount}", bold=True) > rect.w - 16:
        amount = ""  # the name matters more, and the counts below say as much
    name = fit(node.name, rect.w - 20 - text_width(amount, bold=True), bold=True)
    card = node if node.mark or not (marks["new"] or marks["gone"]) else node._replace(mark="changed")
    found.nodes.append(box._replace(card=card, bar=bar, name=name, amount=amount, title=title, status=""))


def _zone_text(zone: str, nodes: object, words: Words) -> str:
    inside = list(nodes)  # type: ignore[call-overload]
    ready = sum(node.is_ready for node in inside)
    text: str = words("nodes ready", ready=ready, all=len(inside))
    room = WIDTH - 2 * EDGE - 2 * PAD - text_width(f" · {text}")
    return f"{fit(zone, room)} · {text}" if zone else text
