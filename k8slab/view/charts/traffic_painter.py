"""Draw loads beside each other: a column for each, with one scale for what stands in one row."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

from k8slab.view.charts.canvas import Ink, Paint
from k8slab.view.charts.numbers import clock, count, latency, step_of
from k8slab.view.charts.traffic_data import Mark, Stretch
from k8slab.view.words import Words

__all__ = ["TrafficPainter"]

Shown = tuple[str, list[Stretch], list[tuple[int, Mark]]]

HEIGHT_IN = 5.8
REASONS = (Paint("vermillion", "////"), Paint("orange", "...."), Paint("purple", "xxx"), Paint("sky", "\\\\\\\\"))
ALIKE = 10  # loads whose peaks differ by no more than this factor share their scales
WIDE = 20  # latencies that differ by more than this factor stand on a scale of powers of ten


class TrafficPainter:
    """One figure. `shown` holds for each load its title, its stretches and its marks with their numbers."""

    def __init__(self, shown: Sequence[Shown], starts: Sequence[float], reasons: Sequence[str], words: Words) -> None:
        self.height_in = HEIGHT_IN
        self._shown = shown
        self._starts = starts
        self._reasons = reasons
        self._words = words

    def draw(self, figure: Any, ink: Ink) -> None:
        """Draw it on an empty figure."""
        is_shared = self._is_alike()
        grid = figure.subplots(
            3,
            len(self._shown),
            sharex="col",
            sharey="row" if is_shared else False,
            squeeze=False,
            height_ratios=(2.2, 1.3, 0.9),
        )
        figure.subplots_adjust(
            left=0.11, right=0.985, top=0.9, bottom=0.2, hspace=0.16, wspace=0.06 if is_shared else 0.24
        )
        for column, ((title, found, marks), start) in enumerate(zip(self._shown, self._starts, strict=True)):
            requests, times, pods = grid[:, column]
            requests.set_title(title, loc="left", fontweight="bold", pad=16)
            self._draw_requests(requests, found, ink)
            _draw_latency(times, found, ink)
            _draw_pods(pods, found, ink)
            _draw_marks((requests, times, pods), marks, start, ink)
            _name_times(pods, found, len(self._shown))
            pods.set_xlabel(self._words("since"))
        for axes, name in zip(grid[:, 0], ("requests/s", "latency", "pods short"), strict=True):
            axes.set_ylabel(self._words(name))
        everything = [one for _, found, _ in self._shown for one in found]
        for column, (_, found, _) in enumerate(self._shown):
            _scale(grid[:, column], everything if is_shared else found)
            for axes in grid[:, column] if column and is_shared else ():
                axes.tick_params(labelleft=False)
        figure.align_ylabels(list(grid[:, 0]))
        handles, labels = _legend(grid)
        figure.legend(handles, labels, loc="lower center", ncols=5)

    def _is_alike(self) -> bool:
        """The loads are of a size that one scale can show."""
        peaks = [max((one.sent_per_s for one in found), default=0.0) for _, found, _ in self._shown]
        return max(peaks, default=0.0) <= ALIKE * (min(peaks, default=0.0) or 1.0)

    def _draw_requests(self, axes: Any, found: list[Stretch], ink: Ink) -> None:
        edges = _edges(found)
        base = [0.0] * len(found)
        layers = [("answered", [one.ok_per_s for one in found], Paint("green", ""))]
        for number, why in enumerate(self._reasons):
            rates = [one.failed.get(why, 0.0) for one in found]
            layers.append((self._words("failed", why=why), rates, _reason_paint(number)))
        for name, rates, paint in layers:
            top = [low + rate for low, rate in zip(base, rates, strict=True)]
            label = self._words(name) if name == "answered" else name
            axes.fill_between(
                edges,
                _steps(base),
                _steps(top),
                step="post",
                label=label,
                facecolor=ink.pale(paint.colour),
                edgecolor=ink.of(paint.colour),
                hatch=paint.hatch,
                linewidth=0,  # what nothing of has failed shows no line
            )
            base = top
        offered = _steps([one.sent_per_s for one in found])
        axes.step(edges, offered, where="post", label=self._words("offered"), color=ink.of("text"), ls="--", lw=1.3)


def _draw_latency(axes: Any, found: list[Stretch], ink: Ink) -> None:
    edges = _edges(found)
    p50, p99 = [_times(one)[0] for one in found], [_times(one)[1] for one in found]
    axes.step(edges, _steps(p99), where="post", label="p99", color=ink.of("vermillion"), ls="-.", lw=1.6)
    axes.step(edges, _steps(p50), where="post", label="p50", color=ink.of("blue"), lw=1.6)


def _scale(rows: Sequence[Any], found: list[Stretch]) -> None:
    """The scales of one column, for all that is found in it (or in all columns)."""
    requests, times, pods = rows
    seen = [time for one in found if one.ok_per_s for time in (one.p50_s, one.p99_s)]
    requests.set_ylim(0, max((one.sent_per_s for one in found), default=0) * 1.06 or 1)
    requests.yaxis.set_major_formatter(lambda value, _: count(value))
    pods.set_ylim(0, max((one.pods for one in found), default=0) * 1.25 + 0.5)
    pods.yaxis.get_major_locator().set_params(integer=True, nbins=3)
    if seen and max(seen) > WIDE * min(seen):
        times.set_yscale("log")
    else:
        times.set_ylim(0, max(seen, default=0) * 1.15 or 1)
    times.yaxis.set_major_formatter(lambda value, _: latency(value) if value else "0")
    times.yaxis.set_minor_formatter(lambda value, _: "")


def _draw_pods(axes: Any, found: list[Stretch], ink: Ink) -> None:
    counts = _steps([one.pods for one in found])
    axes.fill_between(
        _edges(found), counts, step="post", facecolor=ink.pale("blue"), edgecolor=ink.of("blue"), linewidth=1.2
    )


def _draw_marks(rows: Sequence[Any], marks: Sequence[tuple[int, Mark]], start: float, ink: Ink) -> None:
    for axes in rows:
        for _, mark in marks:
            axes.axvline(mark.at - start, color=ink.of("vermillion"), lw=1.1, ls=(0, (2, 2)), zorder=3)
    for number, mark in marks:
        place = {"xy": (mark.at - start, 1.0), "xycoords": ("data", "axes fraction")}
        box = {"boxstyle": "circle,pad=0.15", "facecolor": ink.of("paper"), "edgecolor": ink.of("vermillion")}
        rows[0].annotate(str(number), **place, xytext=(0, 6), textcoords="offset points", ha="center", bbox=box, size=8)


def _name_times(axes: Any, found: list[Stretch], columns: int) -> None:
    length = found[-1].end if found else 1.0
    step = step_of(length, 8 // columns + 1)
    ticks = [number * step for number in range(int(length / step) + 1)]
    axes.set_xticks(ticks, [clock(tick, step) if tick else "0" for tick in ticks])
    axes.set_xlim(0, length)
    if len(ticks) > 1 and ticks[-1] > 0.97 * length:
        axes.get_xticklabels()[-1].set_horizontalalignment("right")


def _legend(grid: Any) -> tuple[list[Any], list[str]]:
    """Each label once, whatever the number of columns."""
    found: dict[str, Any] = {}
    for axes in grid[:2].flat:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    return list(found.values()), list(found)


def _reason_paint(number: int) -> Paint:
    """The most frequent reason has the most alarming colour; every reason has a hatching."""
    return REASONS[number % len(REASONS)]


def _edges(found: list[Stretch]) -> list[float]:
    return [*(one.start for one in found), found[-1].end] if found else [0.0]


def _steps(values: Sequence[float]) -> list[float]:
    """One value for each edge: the last one is held to the end."""
    return [*values, values[-1]] if values else [0.0]


def _times(one: Stretch) -> tuple[float, float]:
    """A hole where nothing was answered."""
    return (one.p50_s, one.p99_s) if one.ok_per_s else (nan, nan)
