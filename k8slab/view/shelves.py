"""The rows above and below the Nodes: the control plane, what is wanted, the Pods that wait, the Services."""

from __future__ import annotations

from typing import NamedTuple

from k8slab.view.facts import Facts, NodeCard, OwnerCard, PodCard, ServiceCard
from k8slab.view.geometry import WIDTH, Rect
from k8slab.view.layout import Layout
from k8slab.view.lettering import fit, text_width
from k8slab.view.scene import Chip, Dot, Frame, Label, NodeBox, Tile
from k8slab.view.states import pod_state
from k8slab.view.tiles import PITCH, TILE_HEIGHT, dots_in_row, node_box, tile
from k8slab.view.titles import owner_title, service_address, service_title
from k8slab.view.words import Words

__all__ = [
    "Shelf",
    "control_plane",
    "services",
    "wanted",
]

EDGE, GAP = 8.0, 8.0
PERSON = 60.0  # the room for a person at the left
CHIP_HEIGHT = 26.0
TRAY_WIDTH = 246.0
BLOCK_WIDTH, BLOCK_GAP = 302.0, 14.0
PARENT_WIDTH = 146.0
BLOCKS_A_ROW = 2
MOST_ROWS = 5
TRAY_ROWS = 5
SERVICES_A_ROW = 5
MOST_SERVICES = 15
KIND_NAMES = {
    "Deployment": "deploy",
    "ReplicaSet": "rs",
    "StatefulSet": "sts",
    "DaemonSet": "ds",
    "Job": "job",
    "CronJob": "cj",
}


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
    for node in masters:
        y = _master(shelf, node, facts, layout, words, y)
    if not masters:
        rect = Rect(PERSON, y, WIDTH - EDGE - PERSON, 76)
        shelf.frames.append(Frame(rect, "control", words("no control plane")))
        shelf.labels.append(Label(rect.x + 12, y + 20, words("no control plane"), "muted"))
        shelf.chips.append(_component(Rect(rect.x + 10, y + 38, 192, 28), "api-server", None, facts, words))
        y = rect.bottom + GAP
    return shelf._replace(bottom=y)


def _master(shelf: Shelf, node: NodeCard, facts: Facts, layout: Layout, words: Words, y: float) -> float:
    parts = [pod for pod in facts.pods if pod.node == node.name and pod.is_component]
    others = [pod for pod in facts.pods if pod.node == node.name and not pod.is_component]
    rect = Rect(PERSON, y, WIDTH - EDGE - PERSON, 76)
    shelf.nodes.append(node_box(node, rect, facts.writes.get(f"node/{node.name}", 0), words))
    shelf.dots.extend(dots_in_row(others, shelf.nodes[-1], words))
    seats = layout.seat(f"components/{node.name}", sorted(pod.key.name for pod in parts))
    width = (rect.w - 20 + GAP) / max(4, 1 + max(seats.values(), default=0)) - GAP
    for pod in parts:
        x = rect.x + 10 + seats[pod.key.name] * (width + GAP)
        name = pod.key.name.removesuffix(f"-{node.name}")
        shelf.chips.append(_component(Rect(x, y + 38, width, 28), name, pod, facts, words))
    return rect.bottom + GAP


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


def wanted(facts: Facts, layout: Layout, words: Words, y: float) -> Shelf:
    """Workloads in blocks of a parent and its ReplicaSets; beside them the tray of Pods that wait for a Node."""
    shelf = Shelf.starting_at(y)
    shelf.labels.append(Label(EDGE + 2, y + 13, words("wanted"), "muted"))
    children: dict[tuple[str, str, str], list[OwnerCard]] = {}
    tops = {owner.id: owner for owner in facts.owners}
    for owner in facts.owners:
        if owner.parent in tops:
            children.setdefault(owner.parent, []).append(owner)
    heads = {"/".join(owner.id): owner for owner in facts.owners if owner.parent not in tops}
    seats = layout.seat("owners", heads)
    top = y + 20
    hidden = 0
    for name, head in heads.items():
        row, column = divmod(seats[name], BLOCKS_A_ROW)
        if row >= MOST_ROWS:
            hidden += 1
            continue
        x = EDGE + column * (BLOCK_WIDTH + BLOCK_GAP)
        _block(shelf, head, children.get(head.id, []), x, top + row * (2 * CHIP_HEIGHT + 12), words)
    if not heads:
        shelf.labels.append(Label(EDGE + 2, top + 18, words("no owners"), "muted"))
    rows = layout.room("owners", min(MOST_ROWS, 1 + max(seats.values(), default=0) // BLOCKS_A_ROW), 1)
    bottom = top + rows * (2 * CHIP_HEIGHT + 12) - 8
    if hidden:
        shelf.labels.append(Label(EDGE + 2, bottom + 12, words("more", n=hidden), "muted"))
        bottom += 18
    bottom = max(bottom, _tray(shelf, facts, layout, words, y))
    shelf.frames.append(
        Frame(Rect(EDGE, y, WIDTH - 2 * EDGE - TRAY_WIDTH - GAP, bottom - y), "wanted", words("wanted"))
    )
    return shelf._replace(bottom=bottom)


def _block(shelf: Shelf, head: OwnerCard, children: list[OwnerCard], x: float, y: float, words: Words) -> None:
    """One workload; the newest ReplicaSet first, at most two of them."""
    shelf.chips.append(_owner_chip(Rect(x, y, PARENT_WIDTH, CHIP_HEIGHT), head, "", words))
    children = sorted(children, key=_age)[:2]
    for number, child in enumerate(children):
        rect = Rect(x + PARENT_WIDTH + 12, y + number * (CHIP_HEIGHT + 4), BLOCK_WIDTH - PARENT_WIDTH - 12, CHIP_HEIGHT)
        shelf.chips.append(_owner_chip(rect, child, head.id[2], words))


def _age(owner: OwnerCard) -> tuple[bool, int]:
    """Newest revision first, what is gone last."""
    revision = (owner.obj["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision", "0")
    return owner.mark == "gone", -int(revision) if revision.isdigit() else 0


def _owner_chip(rect: Rect, card: OwnerCard, parent: str, words: Words) -> Chip:
    kind = KIND_NAMES.get(card.id[0], card.id[0])
    count = f"{card.ready}/{card.wanted}"
    name = card.id[2].removeprefix(f"{parent}-") if parent else card.id[2]
    room = rect.w - 20 - text_width(count)
    if text_width(name, bold=not parent) > room - text_width(kind) - 5:
        kind = ""  # the name matters more; its place and the hover text tell the kind
    room -= text_width(kind) + 5
    title, id_ = owner_title(card, words), "/".join(card.id)
    name = fit(name, room, bold=not parent)
    return Chip(rect, "owner", id_, kind, name, count, "", "", card.mark, 0, title, id_)


def _tray(shelf: Shelf, facts: Facts, layout: Layout, words: Words, y: float) -> float:
    waiting = {str(pod.key): pod for pod in facts.pods if not pod.node and not pod.is_folded}
    seats = layout.seat("tray", waiting)
    rows = layout.room("tray", min(TRAY_ROWS, max(seats.values(), default=0) + 1), 2)
    rect = Rect(WIDTH - EDGE - TRAY_WIDTH, y, TRAY_WIDTH, 26 + rows * PITCH + 4)
    shelf.frames.append(Frame(rect, "tray", words("tray")))
    hidden = sum(seat >= TRAY_ROWS for seat in seats.values())
    more = words("more", n=hidden) if hidden else "" if waiting else words("tray.empty")
    title = fit(words("tray"), rect.w - 28 - text_width(more))
    shelf.labels.append(Label(rect.x + 10, y + 18, title, "muted"))
    shelf.labels.append(Label(rect.right - 10, y + 18, more, "muted", "end"))
    for name, pod in waiting.items():
        if seats[name] < TRAY_ROWS:
            place = Rect(rect.x + 8, y + 26 + seats[name] * PITCH, rect.w - 16, TILE_HEIGHT)
            shelf.tiles.append(tile(pod, place, words))
    return rect.bottom


def services(facts: Facts, layout: Layout, words: Words, y: float) -> Shelf:
    """The users, the proxy they meet, and the Services it knows."""
    shelf = Shelf.starting_at(y)
    cards = {str(card.key): card for card in facts.services if not card.is_folded}
    seats = layout.seat("services", cards)
    most = max(seats.values(), default=0)
    rows = layout.room("services", min(most, MOST_SERVICES - 1) // SERVICES_A_ROW + 1, 1)
    rect = Rect(PERSON, y, WIDTH - EDGE - PERSON, rows * 50 + 34)
    shelf.frames.append(Frame(rect, "proxy", words("proxy")))
    shelf.labels.append(Label(EDGE + 22, y + 26, "", "icon.people", "middle"))
    shelf.labels.append(Label(EDGE + 22, y + 66, words("users"), "small", "middle"))
    shelf.labels.append(Label(EDGE + 47, y + 33, "", "icon.arrow", "middle"))
    shelf.labels.append(Label(rect.x + 12, rect.bottom - 10, words("proxy"), "muted"))
    width = (rect.w - 20 - (SERVICES_A_ROW - 1) * GAP) / SERVICES_A_ROW
    for name, card in cards.items():
        row, column = divmod(seats[name], SERVICES_A_ROW)
        if seats[name] < MOST_SERVICES:
            place = Rect(rect.x + 10 + column * (width + GAP), y + 10 + row * 50, width, 42)
            shelf.chips.append(_service_chip(place, card, words))
    _say_what_is_folded(shelf, facts, sum(s >= MOST_SERVICES for s in seats.values()), rect, words)
    if not cards:
        shelf.labels.append(Label(rect.x + 12, y + 34, words("no services"), "muted"))
    return shelf._replace(bottom=rect.bottom)


def _service_chip(rect: Rect, card: ServiceCard, words: Words) -> Chip:
    ready = sum(is_up for _, is_up in card.endpoints)
    count = f"{ready}/{len(card.endpoints)}"
    name = fit(card.key.name, rect.w - 24 - text_width(count, bold=True), bold=True)
    address = fit(service_address(card), rect.w - 16)
    title = service_title(card, words)
    obj = f"Service/{card.key}"
    return Chip(rect, "service", str(card.key), "svc", name, count, address, "", card.mark, 0, title, obj)


def _say_what_is_folded(shelf: Shelf, facts: Facts, hidden: int, rect: Rect, words: Words) -> None:
    names = [card.key.name for card in facts.services if card.is_folded and card.mark != "gone"]
    texts = [words("more", n=hidden)] if hidden else []
    if names:
        texts.append(words("folded services", names=", ".join(names)))
    text = fit(" · ".join(texts), rect.w - text_width(words("proxy")) - 40)
    shelf.labels.append(Label(rect.right - 12, rect.bottom - 10, text, "muted", "end"))
