"""From a Scene to marks in drawing order: boxes, lines, texts and symbols, and arrows on top of them."""

from __future__ import annotations

from collections.abc import Iterable
from math import log10

from k8slab.view.amounts import Amount
from k8slab.view.anchors import FRAMES, PERSONS
from k8slab.view.figures import per_second
from k8slab.view.geometry import BAR_TEXT, Rect
from k8slab.view.lettering import text_width
from k8slab.view.marks import Box, Close, Glyph, Line, Mark, Open, Text
from k8slab.view.overlay import Arrow, arrow_marks
from k8slab.view.scene import Chip, Dot, Edge, NodeBox, Scene, Tile

__all__ = [
    "draw",
]

ICON_SIZES = {"person": 14.0, "people": 16.0, "arrow": 6.0, "new": 7.0, "changed": 7.0, "gone": 7.0}
ICON_SIZE = 7.5
MOST_FLOW = 4
LOOKS = {"service": "chip.service", "ingress": "chip.service", "claim": "chip.claim", "volume": "chip.claim"}


def draw(scene: Scene, overlay: Iterable[Arrow] = ()) -> list[Mark]:
    """All marks of a picture, from the ground up; the arrows of the overlay lie on top."""
    marks: list[Mark] = []
    for frame in scene.frames:
        marks += (Open(frame.title, part=FRAMES.get(frame.role, "")), Box(frame.rect, frame.role, 10), Close())
    for box in scene.nodes:
        _node(marks, box, scene.mode)
    for edge in scene.edges:
        _edge(marks, edge)
    for chip in scene.chips:
        _chip(marks, chip)
    restless = {box.card.name for box in scene.nodes if box.card.status != "Ready"}
    for tile in scene.tiles:
        _tile(marks, tile, has_ground=tile.card.node in restless)
    for edge in scene.edges:
        if edge.role in ("serves", "routes"):
            x, y = edge.points[-1]
            marks.append(Box(Rect(x - 3.5, y - 3.5, 7, 7), "dot.serves", 3.5))
    for dot in scene.dots:
        _dot(marks, dot)
    for label in scene.labels:
        if label.role.startswith("icon."):
            name = label.role.removeprefix("icon.")
            symbol = Glyph(name, label.x, label.y, ICON_SIZES.get(name, ICON_SIZE))
            part = PERSONS.get(label.role)
            marks += (Open(label.text or part, part=part), symbol, Close()) if part else (symbol,)
        elif label.text:
            marks.append(Text(label.x, label.y, label.text, label.role, label.anchor, has_halo=True))
    return [*marks, *arrow_marks(scene, overlay, marks)]


def _edge(marks: list[Mark], edge: Edge) -> None:
    """A line that carries requests is the wider the more there are: a step for every power of ten."""
    if edge.title:
        marks += (Open(edge.title, part="route"), Line(edge.points, "touch"), Line(edge.points, edge.role), Close())
        return
    if not edge.rate:
        marks.append(Line(edge.points, edge.role))
        return
    step = min(max(int(log10(edge.rate)) + 1, 0), MOST_FLOW)
    title = f"{edge.source} → {edge.target} · {per_second(edge.rate)}"
    marks += (Open(title, part="flow"), Line(edge.points, f"flow.{step}"), Close())


def _node(marks: list[Mark], box: NodeBox, mode: str) -> None:
    rect, card = box.rect, box.card
    look = "ghost" if card.mark == "gone" else "node.off" if not card.is_ready else "node"
    if card.is_ready and card.is_cordoned:
        look = "node.cordoned"
    marks += (Open(box.title, f"Node/{card.name}"), Box(rect, look, 7))
    if card.mark in ("new", "changed"):
        marks.append(Box(rect, f"ring.{card.mark}", 7))
    if mode == "fleet" and not card.is_control_plane:
        _small_node(marks, box)
    else:
        _node_head(marks, box, mode)
    if card.mark == "gone":
        _strike(marks, rect)
    _badge(marks, card.mark, rect)
    marks.append(Close())


def _node_head(marks: list[Mark], box: NodeBox, mode: str) -> None:
    rect, card = box.rect, box.card
    icon = "power" if not card.is_ready else "cordoned" if card.is_cordoned else "ready"
    marks.append(Glyph(icon, rect.x + 18, rect.y + 17, 8))
    marks.append(Text(rect.x + 32, rect.y + 22, box.name, "title"))
    right = rect.right - 10
    if card.is_control_plane:
        right = box.bar.x - BAR_TEXT - 8
    if box.writes:
        marks.append(Text(right, rect.y + 22, f"✎{box.writes}", "wrote", "end"))
        right -= text_width(f"✎{box.writes}", bold=True) + 8
    if box.status:
        marks.append(Text(right, rect.y + 22, box.status, "alarm", "end"))
    used, room, use = card.used, card.room, card.measured or Amount()
    _bar(marks, "cpu", box.bar, box.amount, used.cpu_m, room.cpu_m, use.cpu_m)
    _bar(marks, "mem", box.memory_bar, box.memory, used.memory_bytes, room.memory_bytes, use.memory_bytes)
    for number, text in enumerate(box.counts):
        marks.append(Text(rect.x + 10, rect.y + 78 + 17 * number, text, "small"))


def _bar(marks: list[Mark], name: str, bar: Rect, amount: str, asked: int, room: int, use: int) -> None:
    """Requested of allocatable; below it as a thin line what is really used."""
    share = min(1.0, asked / room) if room else 0.0
    marks.append(Text(bar.x - BAR_TEXT, bar.y + 8, name, "faint"))
    marks.append(Box(bar, "bar", 3))
    if share:
        marks.append(Box(bar._replace(w=max(bar.w * share, 3)), "bar.full" if share > 0.95 else "bar.used", 3))
    if use and room:
        width = max(bar.w * min(1.0, use / room), 2)
        marks.append(Box(Rect(bar.x, bar.bottom + 1.2, width, 2.6), "bar.use", 1))
    marks.append(Text(bar.right + 8, bar.y + 8, amount, "muted"))


def _small_node(marks: list[Mark], box: NodeBox) -> None:
    rect, total = box.rect, sum(n for _, n in box.states)
    marks.append(Text(rect.x + 8, rect.y + 17, box.name, "bold" if box.card.is_ready else "alarm"))
    is_well = "/" not in box.amount
    marks.append(Text(rect.right - 8, rect.y + 17, box.amount, "muted" if is_well else "alarm", "end"))
    for number, text in enumerate(box.counts):
        marks.append(Text(rect.x + 8, rect.y + 33 + 16 * number, text, "small"))
    marks.append(Box(box.bar, "bar", 2.5))
    x = box.bar.x
    for state, n in box.states:
        width = box.bar.w * n / total
        marks.append(Box(box.bar._replace(x=x, w=width), f"part.{state}", 2.5))
        x += width
    if not box.card.is_ready and box.card.mark != "gone":
        marks.append(Glyph("power", rect.right - 4, rect.y + 3, 8))


def _chip(marks: list[Mark], chip: Chip) -> None:
    rect, is_gone = chip.rect, chip.mark == "gone"
    marks.append(Open(chip.title, chip.object, chip.id if chip.role == "component" else ""))
    marks.append(Box(rect, "ghost" if is_gone else LOOKS.get(chip.role, "chip"), 6))
    if chip.mark in ("new", "changed"):
        marks.append(Box(rect, f"ring.{chip.mark}", 6))
    x, y = rect.x + 8, rect.y + (17 if chip.second else rect.h / 2 + 4.5)
    if chip.state:
        marks.append(Glyph(chip.state, x + 6, y - 4.5, 6.5))
        x += 18
    elif chip.role in ("owner", "ingress") and chip.kind:
        marks.append(Text(x, y, chip.kind, "faint"))
        x += text_width(chip.kind) + 5
    marks.append(Text(x, y, chip.text, _name_style(chip)))
    note = f"✎{chip.writes}" if chip.writes else chip.note
    if note:
        is_short = chip.role == "owner" and chip.note.split("/")[0] != chip.note.split("/")[-1]
        style = "wrote" if chip.writes else "alarm" if is_short and not is_gone else "muted"
        marks.append(Text(rect.right - 8, y, note, style, "end"))
    if chip.second:
        marks.append(Text(rect.x + 8, rect.y + 34, chip.second, "muted"))
    if is_gone:
        _strike(marks, rect)
    _badge(marks, chip.mark, rect)
    marks.append(Close())


def _name_style(chip: Chip) -> str:
    if chip.mark == "gone":
        return "faint"
    return "name" if chip.role == "component" or chip.kind in ("rs", "pv") else "bold"


def _tile(marks: list[Mark], tile: Tile, *, has_ground: bool) -> None:
    rect, card = tile.rect, tile.card
    is_gone = card.mark == "gone"
    marks.append(Open(tile.title, f"Pod/{card.key}"))
    if has_ground:
        marks.append(Box(rect, "ground"))  # so that the hatching of its Node does not disturb the letters
    marks.append(Box(rect, "ghost" if is_gone else f"tile.{card.state}"))
    if card.mark in ("new", "changed"):
        marks.append(Box(rect, f"ring.{card.mark}"))
    if not is_gone:
        marks.append(Glyph(card.state, rect.x + 13, rect.cy, 7))
    y = rect.cy + 4.5
    marks.append(Text(rect.x + 25, y, tile.name, "faint" if is_gone else "name"))
    if tile.note:
        is_well = card.state in ("ready", "succeeded", "creating", "terminating") and not card.restarts
        style = "faint" if is_gone else "muted" if is_well else "bold"
        marks.append(Text(rect.right - 7, y, tile.note, style, "end"))
    if is_gone:
        marks.append(Glyph("gone", rect.x + 13, rect.cy, 7))
        width = text_width(tile.name)
        marks.append(Line(((rect.x + 25, rect.cy), (rect.x + 25 + width, rect.cy)), "strike", 0))
    else:
        _badge(marks, card.mark, rect)
    marks.append(Close())


def _dot(marks: list[Mark], dot: Dot) -> None:
    mark = dot.card.mark
    marks.append(Open(dot.title, f"Pod/{dot.card.key}"))
    marks.append(Glyph("gone" if mark == "gone" else dot.card.state, dot.x, dot.y, dot.radius))
    if mark in ("new", "changed"):
        reach = dot.radius + 2.2
        marks.append(Box(Rect(dot.x - reach, dot.y - reach, 2 * reach, 2 * reach), f"ring.{mark}", reach))
    marks.append(Close())


def _strike(marks: list[Mark], rect: Rect) -> None:
    marks.append(Line(((rect.x, rect.y), (rect.right, rect.bottom)), "strike", 0))
    marks.append(Line(((rect.x, rect.bottom), (rect.right, rect.y)), "strike", 0))


def _badge(marks: list[Mark], mark: str, rect: Rect) -> None:
    """What has happened, as a symbol on the upper left corner."""
    if mark:
        marks.append(Glyph(mark, rect.x + 1, rect.y + 1, 6))
