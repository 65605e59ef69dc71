"""From facts to a Scene: the rows of the picture from top to bottom, then the lines between them. Pure but for the
memory of where things sat.
"""

from __future__ import annotations

from k8slab.view.anchors import Places
from k8slab.view.cards import EVERYTHING
from k8slab.view.entrance import services
from k8slab.view.entries import routes_text
from k8slab.view.facts import Facts
from k8slab.view.fleet import fleet
from k8slab.view.focusing import focus_text, nodes_in_focus
from k8slab.view.geometry import WIDTH
from k8slab.view.layout import Layout
from k8slab.view.lettering import text_width
from k8slab.view.racks import racks
from k8slab.view.scene import Label, Scene
from k8slab.view.shelves import control_plane
from k8slab.view.states import STATES
from k8slab.view.tiles import states_of
from k8slab.view.wiring import mount_edges, owner_edges, route_edges, service_edges
from k8slab.view.wishes import wanted
from k8slab.view.words import Words

__all__ = [
    "FOLDINGS",
    "MOST_NODES",
    "compose",
    "state_sentence",
]

MOST_NODES, MOST_PODS, BACK_TO_TILES = 12, 60, 50
FOLDINGS = ("auto", "pods", "dots", "fleet")
BUS = 24.0  # the room for lines between two rows


def compose(
    facts: Facts, layout: Layout | None = None, words: Words | None = None, folding: str = FOLDINGS[0]
) -> Scene:
    """The picture of these facts, with everything that `layout` remembers in its place.

    `folding` says how much of it is drawn one by one (FOLDINGS): by the size of the cluster, every Pod with its name,
    every Pod as a mark, or Nodes with counts. Raises ValueError for another.
    """
    if folding not in FOLDINGS:
        raise ValueError(f'unknown folding "{folding}"; there are: {", ".join(FOLDINGS)}')
    layout, words = layout or Layout(), words or Words()
    facts = facts._replace(nodes=nodes_in_focus(facts.nodes, facts.pods, facts.focus))
    mode = _mode(facts, layout) if folding == FOLDINGS[0] else folding
    top = control_plane(facts, layout, words, 8)
    wishes = wanted(facts, layout, words, top.bottom + 4)
    if mode == "fleet":
        middle = fleet(facts, layout, words, wishes.bottom + 10)
    else:
        middle = racks(facts, layout, words, wishes.bottom + BUS, are_dots=mode == "dots")
    base = services(facts, layout, words, middle.bottom + (BUS if mode == "pods" else 12))
    edges = route_edges(facts, base.chips)
    if mode == "pods":
        edges += owner_edges(wishes.chips, middle.tiles, wishes.bottom + 6)
        edges += mount_edges(facts, wishes.chips, middle.tiles, wishes.bottom + 8)
        edges += service_edges(facts, base.chips, middle.tiles, middle.bottom + BUS - 6)
    text = state_sentence(facts, words)
    scene = Scene(
        0,
        mode,
        text,
        (*top.frames, *wishes.frames, *middle.frames, *base.frames),
        (*top.nodes, *middle.nodes),
        (*wishes.tiles, *middle.tiles),
        (*top.dots, *middle.dots),
        (*top.chips, *wishes.chips, *base.chips),
        tuple(edges),
        (*top.labels, *wishes.labels, *middle.labels, *base.labels),
    )
    return _with_legend(scene._replace(places=Places(scene, facts)), facts, base.bottom + 22, words)


def _mode(facts: Facts, layout: Layout) -> str:
    workers = sum(not node.is_control_plane for node in facts.nodes)
    if layout.is_above("fleet?", workers, MOST_NODES, MOST_NODES - 2):
        return "fleet"
    shown = sum(not pod.is_folded for pod in facts.pods)
    return "dots" if layout.is_above("dots?", shown, MOST_PODS, BACK_TO_TILES) else "pods"


def state_sentence(facts: Facts, words: Words) -> str:
    """`3 of 4 Nodes Ready; 8 Pods: 7 Ready, 1 waiting for a Node`, of everything that is in the picture."""
    nodes = [node for node in facts.nodes if node.mark != "gone" and node.is_seen]
    pods = [pod for pod in facts.pods if not pod.is_folded and pod.mark != "gone"]
    texts = [words("nodes ready", ready=sum(node.is_ready for node in nodes), all=len(nodes))]
    if not all(node.is_seen for node in facts.nodes):
        texts = [words("nodes unseen")]
    states = ", ".join(f"{n} {words(state)}" for state, n in states_of(pods))
    texts.append(words("pods of", n=len(pods), states=states) if pods else words("no pods"))
    if facts.ingresses:
        texts += filter(None, [routes_text(facts.ingresses, words)])
    if facts.focus != EVERYTHING:
        texts.append(words("focus", what=focus_text(facts.focus)))
    if not facts.is_connected:
        texts.append(words("no answer"))
    return "; ".join(texts)


def _with_legend(scene: Scene, facts: Facts, y: float, words: Words) -> Scene:
    """Explain the marks that this picture uses, and no others."""
    states = {tile.card.state for tile in scene.tiles} | {dot.card.state for dot in scene.dots}
    states |= {state for box in scene.nodes for state, _ in box.states}
    entries = [(f"icon.{state}", words(state)) for state in STATES if state in states]
    used = {tile.card.mark for tile in scene.tiles} | {chip.mark for chip in scene.chips}
    used |= {dot.card.mark for dot in scene.dots} | {box.card.mark for box in scene.nodes}
    entries += [(f"icon.{mark}", words(mark)) for mark in ("new", "changed", "gone") if mark in used]
    if any(box.card.measured for box in scene.nodes) and scene.mode != "fleet":
        entries += [("icon.asked", words("legend.asked")), ("icon.used", words("legend.used"))]
    if facts.lacks_measures and scene.mode != "fleet":
        entries.append(("icon.asked", words("legend.unmeasured")))
    if any(edge.rate for edge in scene.edges):
        entries.append(("icon.flow", words("legend.flow")))
    labels: list[Label] = []
    x = 16.0
    for icon, text in entries:
        width = 13 + text_width(text) + 20
        if x + width > WIDTH - 8:
            x, y = 16.0, y + 22
        labels.append(Label(x, y - 5, "", icon, "middle"))
        labels.append(Label(x + 13, y, text, "muted"))
        x += width
    if facts.writes:
        y += 22 if x + text_width(words("legend.writes")) > WIDTH - 10 else 0
        labels.append(Label(WIDTH - 10, y, words("legend.writes"), "muted", "end"))
    return scene._replace(height=y + 10, labels=(*scene.labels, *labels))
