"""The table of prices, entry by entry, with where it comes from: for who reads it, not for who edits it."""

from __future__ import annotations

from collections.abc import Mapping

from k8slab.view.charts.given import PricesLike
from k8slab.view.charts.words import words as words_of
from k8slab.view.svg import escape
from k8slab.view.tables import cell, note, table

__all__ = ["price_table_html", "price_table_text", "unit_of"]

UNITS = (
    ("won_per_dollar", "rate"),
    ("spot", "part"),
    ("gb_month", "gb_month"),
    ("month", "month"),
    ("minute", "minute"),
)


def price_table_html(entries: Mapping[str, float], prices: PricesLike, lang: str) -> str:
    """The entries (path to price) as a table."""
    words = words_of(lang)
    heads = "".join(cell(escape(words(name)), head="col") for name in ("entry", "price", "unit"))
    rows = (
        cell(escape(path), head="row") + cell(f"{price:,.6g}", align="right") + cell(escape(unit_of(path, lang)))
        for path, price in entries.items()
    )
    return table(heads, rows, words("prices")) + note(words("prices note", source=prices.source, date=prices.date))


def price_table_text(entries: Mapping[str, float], prices: PricesLike, lang: str) -> str:
    """The same as lines of text."""
    words = words_of(lang)
    lines = [f"{path:<28} {price:>10,.6g}  {unit_of(path, lang)}" for path, price in entries.items()]
    return "\n".join([words("prices"), *lines, words("prices note", source=prices.source, date=prices.date)])


def unit_of(path: str, lang: str) -> str:
    """What a price is for: `dollars an hour`, `dollars a GB`."""
    name = next((unit for end, unit in UNITS if path.endswith(end)), "")
    return words_of(lang)(f"unit {name or ('hour' if path.endswith('hour') else 'gb')}")
