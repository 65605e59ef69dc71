"""What a cluster has cost: one bill by a key, one in stretches of time, or several bills beside each other.

The chart stacks the kinds of cost; the table tells the same in won and dollars, and by which prices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from k8slab.view.charts.bill_data import Stack, largest, stacks_by
from k8slab.view.charts.bill_painter import BillPainter
from k8slab.view.charts.canvas import figure_html, figure_png
from k8slab.view.charts.given import BillLike
from k8slab.view.charts.numbers import clock, count, dollars, won
from k8slab.view.charts.words import words as words_of
from k8slab.view.svg import escape
from k8slab.view.tables import cell, details, note, table
from k8slab.view.words import Words

__all__ = ["BillChart", "CompareBills"]

MOST = 12
PARTS_TOLD = 4


class _Stacked:
    """A chart of stacks, whoever has made them."""

    def __init__(self, stacks: Sequence[Stack], title: str, bill: BillLike | None, words: Words) -> None:
        self.stacks = list(stacks)
        self._title = title
        self._bill = bill
        self._words = words
        self._is_over_time = False
        self._has_total = True

    @property
    def _rate(self) -> float:
        return self._bill.prices.won_per_dollar if self._bill is not None else 1.0

    @cached_property
    def text(self) -> str:
        """A sentence, the table, and the prices."""
        rows = [self._heads(), *self._rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [f"{a.ljust(widths[0])}  {b.rjust(widths[1])}  {c.rjust(widths[2])}" for a, b, c in rows]
        return "\n".join([self._alt, *(lines if self.stacks else ()), *self._source()])

    @cached_property
    def html(self) -> str:
        """The chart, the table behind a click, the prices."""
        source = "".join(note(line) for line in self._source())
        if not self.stacks:
            return note(self._alt) + source
        painter = self._painter()
        chart = figure_html(painter.draw, painter.height_in, self._alt)
        return f'<div style="max-width:1000px">{chart}{details(self._title, self._table())}{source}</div>'

    def png(self, theme: str = "light") -> bytes:
        """The chart as a PNG file; `theme` is light or dark."""
        painter = self._painter()
        return figure_png(painter.draw, painter.height_in, theme)

    def _painter(self) -> BillPainter:
        return BillPainter(self.stacks, self._title, self._rate, self._words, is_over_time=self._is_over_time)

    @property
    def _alt(self) -> str:
        if self._bill is None or not any(stack.dollars for stack in self.stacks):
            return f"{self._title}: {self._words('bill none')}"
        dearest = self.stacks if self._is_over_time else sorted(self.stacks, key=lambda one: -one.dollars)
        parts = [
            self._words("bill part", part=one.name, won=won(one.dollars * self._rate))
            for one in dearest[: len(dearest) if self._is_over_time else PARTS_TOLD]
        ]
        whole = sum(stack.dollars for stack in self.stacks)
        return self._words(
            "bill alt",
            title=self._title,
            won=won(whole * self._rate),
            dollars=dollars(whole),
            hours=self._span(self._bill),
            parts=", ".join(parts) + ".",
        )

    def _span(self, bill: BillLike) -> str:
        minutes = (bill.end - bill.start) / 60
        name, amount = ("minutes", f"{minutes:.3g}") if minutes < 120 else ("hours", f"{minutes / 60:.4g}")
        return self._words(f"{name}.one" if amount == "1" and self._words.lang == "en" else name, n=amount)

    def _heads(self) -> tuple[str, str, str]:
        return "", self._words("won"), "$"

    def _rows(self) -> list[tuple[str, str, str]]:
        rows = [(one.name, won(one.dollars * self._rate), dollars(one.dollars)) for one in self.stacks]
        if not self._has_total:
            return rows
        whole = sum(one.dollars for one in self.stacks)
        return [*rows, (self._words("total"), won(whole * self._rate), dollars(whole))]

    def _table(self) -> str:
        """Every stack with its parts."""
        names = sorted({part for stack in self.stacks for part in stack.parts if stack.parts[part]})
        parts = names if len(names) > 1 else []
        titles = ["", *(self._words(f"cost {name}") for name in parts), *self._heads()[1:]]
        head = "".join(cell(escape(title), align="right" if title else "left", head="col") for title in titles)
        body = []
        for row, stack in zip(self._rows(), [*self.stacks, None], strict=False):
            amounts = [self._part(stack, name) for name in parts]
            first, rest = row[0], [*amounts, *row[1:]]
            body.append(cell(escape(first), head="row") + "".join(cell(escape(one), align="right") for one in rest))
        return table(head, body, self._alt)

    def _part(self, stack: Stack | None, name: str) -> str:
        stacks = self.stacks if stack is None else [stack]
        return won(sum(one.parts.get(name, 0.0) for one in stacks) * self._rate)

    def _source(self) -> list[str]:
        if self._bill is None:
            return []
        prices = self._bill.prices
        told = {"source": prices.source, "date": prices.date, "rate": count(prices.won_per_dollar)}
        return [self._words("prices of", **told)]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}

    def __repr__(self) -> str:
        return self.text


class BillChart(_Stacked):
    """One bill by `key` (kind, node, namespace, pod, `label:app` …), or in stretches of time: `parts` are their bills.

    `bill` is the bill itself, `total` all of it in won, `dollars` in dollars.
    """

    def __init__(self, bill: BillLike, key: str = "kind", parts: Sequence[BillLike] = (), lang: str = "en") -> None:
        """Raises ValueError for a key that nothing of the bill has."""
        words = words_of(lang)
        title = words("bill")
        stacks = [] if parts else largest(stacks_by(bill, key), MOST)
        if key == "kind":
            stacks = [one._replace(name=words(f"cost {one.name}")) for one in stacks]
        if parts:
            step = parts[-1].end - parts[-1].start
            stacks = [_whole(one, clock(one.end - bill.start, step)) for one in parts]
        super().__init__(stacks, f"{title}, {words('over time') if parts else words('by', key=key)}", bill, words)
        self._is_over_time = bool(parts)
        self.bill = bill
        self.total, self.dollars = bill.total, bill.dollars


class CompareBills(_Stacked):
    """Several bills, each a row, by the kinds of cost."""

    def __init__(self, bills: Mapping[str, BillLike], lang: str = "en") -> None:
        words = words_of(lang)
        first = next(iter(bills.values()), None)
        super().__init__([_whole(bill, name) for name, bill in bills.items()], words("bill"), first, words)
        self.bills = dict(bills)
        self._has_total = False  # one or the other is paid

    @property
    def _alt(self) -> str:
        told = (
            self._words(
                "bill of", part=name, won=won(bill.total), dollars=dollars(bill.dollars), hours=self._span(bill)
            )
            for name, bill in self.bills.items()
        )
        return f"{self._title}: {'; '.join(told) or self._words('bill none')}"


def _whole(bill: BillLike, name: str) -> Stack:
    """A bill as one stack."""
    parts: dict[str, float] = {}
    for stack in stacks_by(bill, "kind"):
        parts[stack.name] = stack.dollars
    return Stack(name, parts)
