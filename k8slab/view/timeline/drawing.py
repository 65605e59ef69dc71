"""From lanes to marks for both painters: names on the left, time to the right, a line where the scrubber stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from k8slab.view.geometry import Rect
from k8slab.view.lettering import fit, text_width
from k8slab.view.marks import Box, Close, Glyph, Line, Mark, Open, Text
from k8slab.view.timeline.axis import Axis
from k8slab.view.timeline.deeds import ACTS, Deed
from k8slab.view.timeline.lanes import WIDTH, Cluster, Lane, clusters
from k8slab.view.timeline.words import counted, say

__all__ = [
    "LEFT",
    "RIGHT",
    "draw_lanes",
]

LEFT, RIGHT = 196.0, 866.0  # where time begins and ends
TOP, ROW = 30.0, 26.0
TOLD = 3  # deeds of a mark that are told one by one
RADIUS = WIDTH / 2
OWN_WORDS = ("api-server", "faults", "kubelets", "?", "you")

Told = Callable[[Deed], str]


def draw_lanes(lanes: Sequence[Lane], axis: Axis, moment: float, told: Told, lang: str) -> tuple[list[Mark], float]:
    """The marks, and how high they are together. `told` is a deed in a sentence, `moment` where the scrubber is."""
    marks: list[Mark] = []
    bottom = TOP + ROW * len(lanes)
    _ticks(marks, axis, bottom)
    used: dict[str, None] = {}
    if axis.start <= moment <= axis.end:
        x = axis.x(moment)
        marks.append(Line(((x, TOP - 6), (x, bottom)), "scrub", 0))
        marks.append(Box(Rect(x - 4, TOP - 12, 8, 8), "scrub.knob", 4))
    for number, lane in enumerate(lanes):
        _lane(marks, lane, axis, TOP + ROW * number, told, lang, used)
    return marks, _legend(marks, [act for act in ACTS if act in used], bottom + 22, lang)


def name_of(lane: str, lang: str) -> str:
    """The name of a lane for a reader."""
    return say(lang, lane) if lane in OWN_WORDS else lane


def _ticks(marks: list[Mark], axis: Axis, bottom: float) -> None:
    end = 0.0
    for x, text in axis.ticks():
        marks.append(Line(((x, TOP - 4), (x, bottom)), "tick", 0))
        half = text_width(text) / 2
        place = min(max(x, LEFT + half - 12), RIGHT + 12 - half)
        if place - half > end:
            marks.append(Text(place, TOP - 14, text, "muted", "middle"))
            end = place + half + 8


def _lane(marks: list[Mark], lane: Lane, axis: Axis, y: float, told: Told, lang: str, used: dict[str, None]) -> None:
    middle = y + ROW / 2
    marks.append(Text(8, middle + 4.5, fit(name_of(lane.name, lang), LEFT - 26), "name"))
    marks.append(Line(((LEFT - 8, middle), (RIGHT + 8, middle)), "lane", 0))
    for cluster in clusters(lane.deeds, axis):
        used.update(dict.fromkeys(cluster.counts))
        marks.append(Open(_title(cluster, axis, told, lang), part="mark"))
        marks.append(Glyph(ACTS[cluster.act], cluster.x, middle, RADIUS))
        if len(cluster.deeds) > 1:
            marks.append(Text(cluster.x + RADIUS + 2, middle + 4.5, f"{len(cluster.deeds)}", "bold", has_halo=True))
        marks.append(Close())


def _title(cluster: Cluster, axis: Axis, told: Told, lang: str) -> str:
    first, last = cluster.deeds[0], cluster.deeds[-1]
    begin = axis.after(first.time)
    if len(cluster.deeds) == 1:
        return f"{begin}  {told(first)}"
    counts = cluster.counts
    span = begin if first.time == last.time else f"{begin} … {axis.after(last.time)}"
    lines = [f"{span}  {counted(lang, {act: counts[act] for act in ACTS if counts[act]})}"]
    lines += [told(deed) for deed in islice(cluster.deeds, TOLD)]
    if len(cluster.deeds) > TOLD:
        lines.append(say(lang, "more", n=len(cluster.deeds) - TOLD))
    return "\n".join(lines)


def _legend(marks: list[Mark], acts: Sequence[str], y: float, lang: str) -> float:
    """The symbols that were used; the height of all."""
    x = 14.0
    for act in acts:
        text = say(lang, act)
        marks.append(Glyph(ACTS[act], x, y - 4.5, RADIUS))
        marks.append(Text(x + 12, y, text, "muted"))
        x += 12 + text_width(text) + 20
    return y + 10
