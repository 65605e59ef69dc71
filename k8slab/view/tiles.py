"""The smallest parts of a picture: a Pod's tile, a row of dots, the head of a Node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from k8slab.view.facts import NodeCard, PodCard
from k8slab.view.figures import cores, gib
from k8slab.view.geometry import BAR_TEXT, Rect
from k8slab.view.lettering import fit, text_width
from k8slab.view.scene import Dot, NodeBox, Tile
from k8slab.view.states import STATES, reason_of
from k8slab.view.titles import image_of, node_title, pod_title
from k8slab.view.words import Words

__all__ = [
    "HEAD_HEIGHT",
    "PITCH",
    "TILE_HEIGHT",
    "counts_of",
    "dots_in_row",
    "node_box",
    "states_of",
    "tile",
]

TILE_HEIGHT = 26.0
PITCH = 30.0
HEAD_HEIGHT = 66.0
DOT_RADIUS = 5.5
DOT_PITCH = 14.0
MOST_DOTS = 8
NAME_LEAST = 70.0
HEAD_SIZE = 14.5
TEXT_LEFT = 25.0
WIDE_BAR = 366.0  # where the first bar of a wide box begins


def tile(card: PodCard, rect: Rect, words: Words) -> Tile:
    """A Pod's name and its note in the room there is: what ails it goes before its name, its version after."""
    room = rect.w - TEXT_LEFT - 7
    note = _note(card, words)
    if card.state == "ready" and not card.restarts and card.mark != "gone":
        name = fit(card.key.name, room)
        rest = room - text_width(name) - 8
        note = next((text for text in (note, ":" + note.partition(":")[2]) if text_width(text) <= rest), "")
    else:
        note = fit(note, max(room - NAME_LEAST - 10, 60), bold=True, tail=0)
        name = fit(card.key.name, room - text_width(note, bold=True) - 10)
    return Tile(rect, card, name, note, pod_title(card, words))


def _note(card: PodCard, words: Words) -> str:
    if card.mark == "gone":
        return words("gone")
    if card.state == "ready":
        text = image_of(card.obj)
        return f"↻{card.restarts}" if card.restarts else text
    if card.state == "stuck":
        return reason_of(card.obj)
    text = words(f"note.{card.state}")
    return f"{text} ↻{card.restarts}" if card.restarts else text


def dots_in_row(cards: Iterable[PodCard], box: NodeBox, words: Words) -> list[Dot]:
    """Pods of the system that are not well, or new, or gone, as marks in the head of their Node, as far as they fit."""
    after, text = (box.memory_bar, box.memory) if box.card.is_control_plane else (box.bar, box.amount)
    right, y = box.rect.right - 10, after.y + 3
    room = right - after.right - 8 - text_width(text) - 6
    system = (card for card in cards if card.key.namespace == "kube-system")
    worth = [card for card in system if card.state != "ready" or card.mark in ("new", "gone")]
    shown = sorted(worth, key=_name)[: max(0, min(MOST_DOTS, int(room // DOT_PITCH)))]
    return [
        Dot(right - DOT_RADIUS - (len(shown) - 1 - n) * DOT_PITCH, y, DOT_RADIUS, card, pod_title(card, words))
        for n, card in enumerate(shown)
    ]


def node_box(
    card: NodeCard, rect: Rect, writes: int, words: Words, pods: Sequence[PodCard] = (), counts: tuple[str, ...] = ()
) -> NodeBox:
    """The head of a Node: its name, its status where it is not plainly Ready, the CPU and memory asked of it."""
    wide = card.is_control_plane
    well = {"Ready": "", "Ready,SchedulingDisabled": words("cordoned")}
    status = "" if card.mark == "gone" else well.get(card.status, card.status.partition(",")[0])
    amount = f"{cores(card.used.cpu_m)}/{cores(card.room.cpu_m)}"
    memory = f"{gib(card.used.memory_bytes)}/{gib(card.room.memory_bytes)} Gi"
    room = (WIDE_BAR - BAR_TEXT - 16 if wide else rect.w - 10) - 32
    least = min(text_width(card.name, HEAD_SIZE, bold=True), NAME_LEAST)
    if room - _beside(status, writes) < least:
        writes = 0  # the name matters more, and the hover text tells all
    if room - _beside(status, writes) < least:
        amount, status = status, ""
    name = fit(card.name, room - _beside(status, writes), HEAD_SIZE, bold=True)
    title = node_title(card, words)
    bar, memory_bar = _bars(rect, max(text_width(amount), text_width(memory)), is_wide=wide)
    amount = fit(amount, rect.right - bar.right - 14)
    memory = fit(memory, rect.right - memory_bar.right - 14)
    return NodeBox(rect, card, name, status, bar, amount, counts, states_of(pods), writes, title, memory_bar, memory)


def _bars(rect: Rect, text: float, *, is_wide: bool) -> tuple[Rect, Rect]:
    """Where the two bars lie: beside each other in a wide box, else one below the other."""
    if is_wide:
        return Rect(rect.x + WIDE_BAR, rect.y + 14, 100, 7), Rect(rect.x + 590, rect.y + 14, 100, 7)
    width = max(20.0, min(rect.w * 0.42, rect.w - 34 - DOT_PITCH - BAR_TEXT - text))
    x = rect.x + 10 + BAR_TEXT
    return Rect(x, rect.y + 33, width, 7), Rect(x, rect.y + 49, width, 7)


def _beside(status: str, writes: int) -> float:
    """The room that a Node's status and its count of writes take from its name."""
    return sum(text_width(text, bold=True) + 8 for text in (status, f"✎{writes}" if writes else "") if text)


def states_of(pods: Iterable[PodCard]) -> tuple[tuple[str, int], ...]:
    """How many of these Pods are in each state, well ones first."""
    found = Counter(pod.state for pod in pods if pod.mark != "gone")
    return tuple((state, found[state]) for state in STATES if found[state])


def counts_of(pods: Iterable[PodCard], width: float, most: int) -> tuple[str, ...]:
    """Lines like `web 12`, `api 8`, the most frequent first, the last one `+3` for those left out.

    In a single line as many as fit stand beside each other: `web 12 · api 8 +3`.
    """
    found = Counter(pod.app for pod in pods if pod.mark != "gone")
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    if most == 1:
        return _counts_in_line(ranked, width)
    if len(ranked) > most:
        ranked = [*ranked[: most - 1], ("+", sum(n for _, n in ranked[most - 1 :]))]
    return tuple(f"{fit(app, width - text_width(f' {n}'))} {n}" for app, n in ranked)


def _counts_in_line(ranked: Sequence[tuple[str, int]], width: float) -> tuple[str, ...]:
    for shown in range(len(ranked), 0, -1):
        rest = sum(n for _, n in ranked[shown:])
        text = " · ".join(f"{app} {n}" for app, n in ranked[:shown]) + (f" +{rest}" if rest else "")
        if text_width(text) <= width:
            return (text,)
    if not ranked:
        return ()
    (app, n), rest = ranked[0], sum(n for _, n in ranked[1:])
    end = f" {n} +{rest}" if rest else f" {n}"
    return (fit(app, width - text_width(end)) + end,)


def _name(card: PodCard) -> str:
    return str(card.key)
