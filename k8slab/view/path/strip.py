"""The stations as marks: one below the other on a line, their times beside them as bars of one scale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from k8slab.view.geometry import Rect
from k8slab.view.lettering import fit, text_width
from k8slab.view.marks import Box, Close, Glyph, Line, Mark, Open, Text
from k8slab.view.path.stations import Station, time_text

__all__ = [
    "height_of",
    "strip",
]

ROW, TOP = 50.0, 8.0
RAIL, LEFT, CARD_RIGHT = 26.0, 52.0, 668.0
BARS, BARS_RIGHT, TIMES = 688.0, 820.0, 890.0
INDENT, RADIUS = 22.0, 12.0
LOOKS = {"start": "chip", "ok": "chip", "miss": "ghost", "failed": "node.off", "end": "chip.service"}
SIGNS = {"start": "person", "failed": "failed", "end": "ready"}


def height_of(stations: Sequence[Station]) -> float:
    """How high the picture is."""
    return 2 * TOP + ROW * len(stations)


def strip(stations: Sequence[Station]) -> Iterable[Mark]:
    """All marks, the line first."""
    middle = TOP + (ROW - 8) / 2
    yield Line(((RAIL, middle), (RAIL, middle + ROW * (len(stations) - 1))), "serves", 0)
    total = max(stations[-1].end_s, 1e-9)
    for at, station in enumerate(stations):
        yield from _station(at, station, total)


def _station(at: int, station: Station, total: float) -> Iterable[Mark]:
    y = TOP + ROW * at
    x = LEFT + INDENT * station.depth
    card = Rect(x, y, CARD_RIGHT - x, ROW - 8)
    detail = " · ".join(station.details)
    took = time_text(station.end_s - station.begin_s)
    yield Open(" · ".join(filter(None, [station.title, detail, took if station.stage not in ("start", "end") else ""])))
    yield Box(card, "ground", 6)
    yield Box(card, LOOKS[station.state], 6)
    yield from _sign(at, station, RAIL, card.cy)
    room = card.w - 24
    has_detail = bool(detail)
    yield Text(x + 12, y + (18 if has_detail else 26), fit(station.title, room, bold=True), _title_style(station))
    if has_detail:
        yield Text(x + 12, y + 35, fit(detail, room), "muted")
    yield from _time(station, y, total, took)
    yield Close()


def _title_style(station: Station) -> str:
    return "alarm" if station.state == "failed" else "muted" if station.state == "miss" else "bold"


def _sign(at: int, station: Station, x: float, y: float) -> Iterable[Mark]:
    """A symbol for how it went, a number where it went on."""
    yield Box(Rect(x - RADIUS - 1, y - RADIUS - 1, 2 * RADIUS + 2, 2 * RADIUS + 2), "ground", RADIUS + 1)
    if station.state in SIGNS:
        yield Glyph(SIGNS[station.state], x, y, RADIUS - 2)
        return
    yield Box(Rect(x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS), "chip.service", RADIUS)
    yield Text(x, y + 4.7, str(at), "bold", "middle")


def _time(station: Station, y: float, total: float, took: str) -> Iterable[Mark]:
    """From when to when, on the scale of the whole; how long, beside it."""
    if station.stage == "start":
        return
    middle = y + (ROW - 8) / 2
    if station.stage == "end":
        yield Text(TIMES, middle + 4.7, time_text(station.end_s), "bold", "end")
        return
    reach = BARS_RIGHT - BARS
    yield Box(Rect(BARS, middle - 4, reach, 8), "bar", 3)
    begin = BARS + reach * station.begin_s / total
    width = max(reach * (station.end_s - station.begin_s) / total, 2.5)
    look = "bar.full" if station.state == "failed" else "bar.used"
    yield Box(Rect(min(begin, BARS_RIGHT - width), middle - 4, width, 8), look, 3)
    if text_width(took) < TIMES - BARS_RIGHT:
        yield Text(TIMES, middle + 4.7, took, "muted", "end")
