"""Draw stacks of costs: lying, one row for each name, or standing, one column for each stretch of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from k8slab.view.charts.bill_data import CATEGORIES, Stack
from k8slab.view.charts.canvas import HATCHES, PALETTE, Ink, Paint
from k8slab.view.charts.numbers import dollars, won
from k8slab.view.words import Words

__all__ = ["BillPainter"]

ROW_IN, FRAME_IN, STANDING_IN = 0.42, 1.35, 3.6
LETTER = 0.0082  # of the width of a figure
LONGEST_NAME = 34


class BillPainter:
    """One figure; with `is_over_time` the stacks stand, and their names are moments."""

    def __init__(self, stacks: Sequence[Stack], title: str, rate: float, words: Words, *, is_over_time: bool) -> None:
        self._stacks = [stack._replace(name=_short(stack.name)) for stack in stacks]
        self._title = title
        self._rate = rate
        self._words = words
        self._is_over_time = is_over_time
        self.height_in = STANDING_IN if is_over_time else FRAME_IN + ROW_IN * max(len(stacks), 1)

    def draw(self, figure: Any, ink: Ink) -> None:
        """Draw it on an empty figure."""
        axes = figure.subplots()
        axes.set_title(self._title, loc="left", fontweight="bold")
        used = [name for name in CATEGORIES if any(stack.parts.get(name) for stack in self._stacks)]
        base = [0.0] * len(self._stacks)
        for name in used:
            values = [stack.parts.get(name, 0.0) * self._rate for stack in self._stacks]
            self._layer(axes, name, values, base, ink)
            base = [low + value for low, value in zip(base, values, strict=True)]
        (self._standing if self._is_over_time else self._lying)(figure, axes, base)
        if used:
            figure.legend(loc="lower center", ncols=4)

    def _layer(self, axes: Any, name: str, values: list[float], base: list[float], ink: Ink) -> None:
        paint = Paint(*_look(name))
        look = {
            "label": self._words(f"cost {name}"),
            "facecolor": ink.pale(paint.colour),
            "edgecolor": ink.of(paint.colour),
            "hatch": paint.hatch,
            "linewidth": 0.8,
        }
        places = [place for place, value in enumerate(values) if value > 0]  # what is nothing shows no line
        sizes, bases = [values[place] for place in places], [base[place] for place in places]
        if self._is_over_time:
            axes.bar(places, sizes, bottom=bases, width=0.82, **look)
        else:
            axes.barh(places, sizes, left=bases, height=0.62, **look)

    def _lying(self, figure: Any, axes: Any, sums: list[float]) -> None:
        names = [stack.name for stack in self._stacks]
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set_xlim(0, max(sums, default=0) * 1.34 or 1)
        axes.xaxis.set_major_formatter(lambda value, _: won(value))
        for place, amount in enumerate(sums):
            text = f"{won(amount)} {self._words('won')} · {dollars(amount / self._rate)}"
            ground = {"facecolor": axes.get_facecolor(), "edgecolor": "none", "pad": 1}
            look: dict[str, Any] = {"textcoords": "offset points", "va": "center", "size": 9.5, "bbox": ground}
            axes.annotate(text, (amount, place), xytext=(6, 0), **look)
        axes.set_xlabel(self._words("won"))
        left = 0.02 + LETTER * max((_width(name) for name in names), default=0) + 0.015
        frame = FRAME_IN / self.height_in
        figure.subplots_adjust(left=min(left, 0.4), right=0.985, top=1 - 0.25 * frame, bottom=0.72 * frame)

    def _standing(self, figure: Any, axes: Any, sums: list[float]) -> None:
        names = [stack.name for stack in self._stacks]
        step = -(-len(names) // 8)
        axes.set_xticks(range(0, len(names), step), names[::step])
        axes.set_xlim(-0.6, len(names) - 0.4)
        axes.grid(axis="x", visible=False)
        axes.set_ylim(0, max(sums, default=0) * 1.08 or 1)
        axes.yaxis.set_major_formatter(lambda value, _: won(value))
        axes.set_ylabel(self._words("won"))
        figure.subplots_adjust(left=0.115, right=0.985, top=0.91, bottom=0.25)


def _look(category: str) -> tuple[str, str]:
    """The same look for a kind of cost in every chart."""
    number = CATEGORIES.index(category)
    return PALETTE[number], HATCHES[number]


def _width(name: str) -> int:
    return sum(2 if letter > "\u1100" else 1 for letter in name)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 8]}…{name[-7:]}"
