"""The shelf of what is wanted: workloads with their ReplicaSets, claims with their volumes, the Pods that wait."""

from __future__ import annotations

from k8slab.view.facts import Facts, OwnerCard
from k8slab.view.focusing import focus_text
from k8slab.view.geometry import WIDTH, Rect
from k8slab.view.layout import Layout
from k8slab.view.lettering import fit, text_width
from k8slab.view.scene import Chip, Frame, Label
from k8slab.view.shelves import Shelf
from k8slab.view.storage import ClaimCard, claim_title, volume_title
from k8slab.view.tiles import PITCH, TILE_HEIGHT, tile
from k8slab.view.titles import owner_title
from k8slab.view.words import Words

__all__ = [
    "wanted",
]

EDGE, GAP = 8.0, 8.0
CHIP_HEIGHT, LINE = 26.0, 30.0
TRAY_WIDTH = 246.0
BLOCK_WIDTH, BLOCK_GAP = 302.0, 14.0
PARENT_WIDTH = 146.0
BLOCKS_A_ROW = 2
MOST_ROWS, MOST_CLAIM_ROWS, TRAY_ROWS = 5, 3, 5
KIND_NAMES = {
    "Deployment": "deploy",
    "ReplicaSet": "rs",
    "StatefulSet": "sts",
    "DaemonSet": "ds",
    "Job": "job",
    "CronJob": "cj",
}
PHASES = {"Bound": "ready", "Pending": "waiting", "Lost": "failed"}


def wanted(facts: Facts, layout: Layout, words: Words, y: float) -> Shelf:
    """Workloads in blocks of a parent and its ReplicaSets; beside them the tray of Pods that wait for a Node."""
    shelf = Shelf.starting_at(y)
    shelf.labels.append(Label(EDGE + 2, y + 13, _title(facts, words), "muted"))
    children: dict[tuple[str, str, str], list[OwnerCard]] = {}
    tops = {owner.id: owner for owner in facts.owners}
    for owner in facts.owners:
        if owner.parent in tops:
            children.setdefault(owner.parent, []).append(owner)
    heads = {"/".join(owner.id): owner for owner in facts.owners if owner.parent not in tops}
    seats = layout.seat("owners", heads)
    top = y + 20
    hidden = 0
    lines = [0] * MOST_ROWS  # of each row: a second one where a workload has two ReplicaSets
    for name, head in heads.items():
        if seats[name] // BLOCKS_A_ROW < MOST_ROWS:
            row = seats[name] // BLOCKS_A_ROW
            lines[row] = max(lines[row], min(2, len(children.get(head.id, ()))), 1)
    rows = layout.room("owners", min(MOST_ROWS, 1 + max(seats.values(), default=0) // BLOCKS_A_ROW), 1)
    starts, bottom = [], top
    for row in range(rows):
        starts.append(bottom)
        bottom += layout.room(f"owners/{row}", lines[row], 1) * LINE + 6
    has_names = len({owner.id[1] for owner in facts.owners}) > 1
    for name, head in heads.items():
        row, column = divmod(seats[name], BLOCKS_A_ROW)
        if row >= MOST_ROWS:
            hidden += 1
            continue
        x = EDGE + column * (BLOCK_WIDTH + BLOCK_GAP)
        _block(shelf, head, children.get(head.id, []), x, starts[row], words, has_names=has_names)
    if not heads:
        shelf.labels.append(Label(EDGE + 2, top + 18, words("no owners"), "muted"))
    if hidden:
        shelf.labels.append(Label(EDGE + 2, bottom + 12, words("more", n=hidden), "muted"))
        bottom += 18
    bottom = _claims(shelf, facts, layout, words, bottom)
    bottom = max(bottom, _tray(shelf, facts, layout, words, y))
    shelf.frames.append(
        Frame(Rect(EDGE, y, WIDTH - 2 * EDGE - TRAY_WIDTH - GAP, bottom - y), "wanted", words("wanted"))
    )
    return shelf._replace(bottom=bottom)


def _title(facts: Facts, words: Words) -> str:
    focus = focus_text(facts.focus)
    title = f"{words('wanted')} · {words('focus', what=focus)}" if focus else words("wanted")
    return fit(title, WIDTH - 2 * EDGE - TRAY_WIDTH - GAP - 10)


def _block(
    shelf: Shelf, head: OwnerCard, children: list[OwnerCard], x: float, y: float, words: Words, *, has_names: bool
) -> None:
    """One workload; the newest ReplicaSet first, at most two of them."""
    shelf.chips.append(_owner_chip(Rect(x, y, PARENT_WIDTH, CHIP_HEIGHT), head, "", words, has_name=has_names))
    children = sorted(children, key=_age)[:2]
    for number, child in enumerate(children):
        rect = Rect(x + PARENT_WIDTH + 12, y + number * LINE, BLOCK_WIDTH - PARENT_WIDTH - 12, CHIP_HEIGHT)
        shelf.chips.append(_owner_chip(rect, child, head.id[2], words))


def _age(owner: OwnerCard) -> tuple[bool, int]:
    """Newest revision first, what is gone last."""
    revision = (owner.obj["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision", "0")
    return owner.mark == "gone", -int(revision) if revision.isdigit() else 0


def _owner_chip(rect: Rect, card: OwnerCard, parent: str, words: Words, *, has_name: bool = False) -> Chip:
    kind = KIND_NAMES.get(card.id[0], card.id[0])
    count = f"{card.ready}/{card.wanted}"
    name = card.id[2].removeprefix(f"{parent}-") if parent else card.id[2]
    if has_name and card.id[1] != "default":
        name = f"{card.id[1]}/{name}"
    room = rect.w - 22 - text_width(count, bold=card.ready != card.wanted)
    if text_width(name, bold=not parent) > room - text_width(kind) - 5:
        kind = ""  # the name matters more; its place and the hover text tell the kind
    room -= text_width(kind) + 5
    title, id_ = owner_title(card, words), "/".join(card.id)
    name = fit(name, room, bold=not parent)
    return Chip(rect, "owner", id_, kind, name, count, "", "", card.mark, 0, title, id_)


def _claims(shelf: Shelf, facts: Facts, layout: Layout, words: Words, y: float) -> float:
    """Every claim with the volume that it got beside it, and volumes that nobody claims."""
    cards = {card.id: card for card in facts.claims}
    seats = layout.seat("claims", cards)
    if not cards:
        return y
    shelf.labels.append(Label(EDGE + 2, y + 13, words("claims"), "muted"))
    most = MOST_CLAIM_ROWS * BLOCKS_A_ROW
    hidden = sum(seat >= most for seat in seats.values())
    if hidden:
        right = EDGE + 2 * BLOCK_WIDTH + BLOCK_GAP
        shelf.labels.append(Label(right, y + 13, words("more", n=hidden), "muted", "end"))
    y += 20
    for name, card in cards.items():
        if seats[name] < most:
            row, column = divmod(seats[name], BLOCKS_A_ROW)
            _claim(shelf, card, EDGE + column * (BLOCK_WIDTH + BLOCK_GAP), y + row * LINE, words)
    rows = layout.room("claims", min(MOST_CLAIM_ROWS, 1 + max(seats.values()) // BLOCKS_A_ROW), 1)
    return y + rows * LINE + 2


def _claim(shelf: Shelf, card: ClaimCard, x: float, y: float, words: Words) -> None:
    left = Rect(x, y, PARENT_WIDTH, CHIP_HEIGHT)
    right = Rect(x + PARENT_WIDTH + 12, y, BLOCK_WIDTH - PARENT_WIDTH - 12, CHIP_HEIGHT)
    if card.key is not None:
        state = PHASES.get(card.phase, "unknown")
        name = fit(card.key.name, left.w - 44 - text_width(card.size), bold=True)
        title = claim_title(card, words)
        shelf.chips.append(
            Chip(left, "claim", card.id, "pvc", name, card.size, "", state, card.mark, 0, title, card.id)
        )
    if card.volume:
        note = card.volume_phase if card.volume_phase not in ("", "Bound") else card.storage_class
        note = fit(note, right.w / 2 - 10)
        name = card.volume.removeprefix("pvc-")[:8] if card.volume.startswith("pvc-") else card.volume
        name = fit(name, right.w - 42 - text_width(note))
        id_, title = f"PersistentVolume/{card.volume}", volume_title(card, words)
        shelf.chips.append(Chip(right, "volume", id_, "pv", name, note, "", "disk", card.volume_mark, 0, title, id_))


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
