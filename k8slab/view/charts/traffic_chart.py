"""What became of the requests of a load, or of several beside each other: a chart, and a table that tells the same.

From top to bottom over one axis of time: requests a second (answered, and failed by reason, up to the line of those
that were offered), latency, pods that answered. Numbered lines are what was done to the cluster meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from k8slab.view.charts.canvas import figure_html, figure_png
from k8slab.view.charts.given import LoadLike
from k8slab.view.charts.numbers import clock, count, latency
from k8slab.view.charts.traffic_data import Mark, Stretch, marks_within, reasons_of, stretches
from k8slab.view.charts.traffic_painter import TrafficPainter
from k8slab.view.charts.words import words as words_of
from k8slab.view.svg import escape
from k8slab.view.tables import cell, details, note, table

__all__ = ["TrafficChart"]

ROWS, POINTS, BESIDE = 12, 180, 3
MOST_REASONS = 4


class TrafficChart:
    """The books of loads as they stood when this was made. IPython shows the chart, `print` the table."""

    def __init__(self, loads: Sequence[LoadLike], marks: Sequence[Mark] = (), lang: str = "en") -> None:
        self.loads = tuple(loads)
        spans = [(load.start, load.until) for load in self.loads]
        self.marks = tuple(mark for mark in marks if any(start <= mark.at <= end for start, end in spans))
        self._words = words_of(lang)

    @cached_property
    def text(self) -> str:
        """Each load in a sentence and a table, then what was done meanwhile."""
        if not self.loads:
            return self._words("traffic none")
        parts = [f"{self._alt(load)}\n{self._table_text(load)}" for load in self.loads]
        return "\n\n".join([*parts, *self._marks_text()])

    @cached_property
    def html(self) -> str:
        """The charts, at most three loads beside each other, and the tables behind a click."""
        if not self.loads:
            return note(self._words("traffic none"))
        groups = [self.loads[first : first + BESIDE] for first in range(0, len(self.loads), BESIDE)]
        charts = "".join(self._figure(group) for group in groups)
        tables = "".join(details(self._title(load), self._table_html(load)) for load in self.loads)
        return f'<div style="max-width:1000px">{charts}{self._marks_html()}{tables}</div>'

    def png(self, theme: str = "light") -> bytes:
        """The chart of the first three loads as a PNG file; `theme` is light or dark."""
        painter = self._painter(self.loads[:BESIDE])
        return figure_png(painter.draw, painter.height_in, theme)

    def _figure(self, group: Sequence[LoadLike]) -> str:
        painter = self._painter(group)
        return figure_html(painter.draw, painter.height_in, " ".join(map(self._alt, group)))

    def _painter(self, group: Sequence[LoadLike]) -> TrafficPainter:
        points = POINTS // max(len(group), 1)
        shown = [(self._title(load), stretches(load, points), marks_within(self.marks, load)) for load in group]
        starts = [load.start for load in group]
        return TrafficPainter(shown, starts, reasons_of(group)[:MOST_REASONS], self._words)

    def _title(self, load: LoadLike) -> str:
        return self._words("traffic", load=load.name, url=load.url)

    def _alt(self, load: LoadLike) -> str:
        reasons = ", ".join(f"{why} {count(number)}" for why, number in load.failed.items() if number >= 0.05)
        failed = self._words("traffic failed", reasons=reasons) if reasons else self._words("traffic well")
        return self._words(
            "traffic alt",
            load=load.name,
            url=load.url,
            took=clock(load.until - load.start),
            sent=count(load.sent),
            availability=f"{100 * load.availability:.3g}" if load.availability < 0.9995 else "100",
            p50=latency(load.p50_s),
            p99=latency(load.p99_s),
            failed=failed,
        )

    def _rows(self, load: LoadLike) -> tuple[list[str], list[list[str]]]:
        """Heads and rows of the table."""
        reasons = reasons_of([load])[:MOST_REASONS]
        names = ["stretch", "offered/s", "answered/s"]
        heads = [*map(self._words, names), *(self._words("failed", why=why) for why in reasons)]
        heads += ["p50", "p99", self._words("pods")]
        return heads, [_row(one, reasons) for one in stretches(load, ROWS)]

    def _table_text(self, load: LoadLike) -> str:
        heads, rows = self._rows(load)
        if not rows:
            return self._words("no moments")
        widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
        lines = ("  ".join(c.rjust(width) for c, width in zip(row, widths, strict=True)) for row in [heads, *rows])
        return "\n".join([*lines, self._together(load)])

    def _table_html(self, load: LoadLike) -> str:
        heads, rows = self._rows(load)
        if not rows:
            return note(self._words("no moments"))
        head = "".join(cell(escape(text), align="right", head="col") for text in heads)
        body = ("".join(cell(escape(text), align="right") for text in row) for row in rows)
        return table(head, body, self._alt(load)) + note(self._together(load))

    def _together(self, load: LoadLike) -> str:
        first = stretches(load, ROWS)[0]
        return self._words("together", span=clock(first.end - first.start))

    def _marks_text(self) -> list[str]:
        seen = {number: mark for load in self.loads for number, mark in marks_within(self.marks, load)}
        if not seen:
            return []
        start = min(load.start for load in self.loads)
        lines = [f"  {number}. {clock(mark.at - start)}  {mark.text}" for number, mark in sorted(seen.items())]
        return ["\n".join([f"{self._words('marks')}:", *lines])]

    def _marks_html(self) -> str:
        return "".join(f'<pre style="margin:.3em 0;font-size:.9em">{escape(text)}</pre>' for text in self._marks_text())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}

    def __repr__(self) -> str:
        return self.text


def _row(one: Stretch, reasons: Sequence[str]) -> list[str]:
    failed = [count(one.failed.get(why, 0.0)) for why in reasons]
    times = [latency(one.p50_s), latency(one.p99_s)] if one.ok_per_s else ["–", "–"]
    return [clock(one.end), count(one.sent_per_s), count(one.ok_per_s), *failed, *times, str(one.pods)]
