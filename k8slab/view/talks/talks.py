"""Who talks to whom: a matrix of counts from the audit record, and the share that bypasses the api-server.

Left out  what a watch delivers (a watch is one call, however much it tells); traffic between containers
"""

from __future__ import annotations

import re
from functools import cached_property
from math import log
from typing import Any

from k8slab.client import Reader
from k8slab.objects import rfc3339
from k8slab.view.calls import Call, read_calls
from k8slab.view.lettering import text_width
from k8slab.view.svg import escape
from k8slab.view.tables import MUTED, cell, heading, note, shade, table
from k8slab.view.talks.counting import (
    KUBELETS,
    REST,
    WAYS,
    Bypass,
    Matrix,
    bypass_of,
    is_picture,
    matrix_of,
    reverse_calls,
)
from k8slab.view.talks.managers import managers_matrix
from k8slab.view.talks.words import words as words_of
from k8slab.view.words import Words
from k8slab.wire import ServiceUnavailable

__all__ = [
    "Talks",
    "talks",
]

EDGE = "border:1px solid rgba(128,128,128,.35)"
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Talks:
    """The matrix (None when there is nothing to count), what bypasses the api-server, and lines about both."""

    def __init__(
        self, title: str, matrix: Matrix | None, bypass: Bypass | None, notes: list[str], words: Words
    ) -> None:
        self.title = title
        self.matrix = matrix
        self.bypass = bypass
        self.notes = notes
        self._words = words

    @property
    def bypass_share(self) -> float | None:
        """The share of components' writes that nobody can have learnt of through the api-server; None: not known."""
        return self.bypass.share if self.bypass is not None and self.bypass.is_known else None

    @cached_property
    def text(self) -> str:
        """The matrix as lines of columns, then the lines about it."""
        lines = [self.title]
        if self.matrix is not None and self.matrix.rows:
            lines += _lines(self.matrix, self._words)
        return "\n".join([*lines, *self.notes])

    @cached_property
    def html(self) -> str:
        """The same as a table, the ground of each cell by its count."""
        parts = [heading(self.title)]
        if self.matrix is not None and self.matrix.rows:
            parts.append(_table(self.matrix, self.title, self._words))
        return f'<div style="max-width:1000px;overflow-x:auto">{"".join([*parts, *map(note, self.notes)])}</div>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}

    def __repr__(self) -> str:
        return self.text


def talks(reader: Reader, by: str = "components", since: str | float = 0.0, lang: str = "en") -> Talks:
    """Who talks to whom.

    `by` is components (who writes what whom reads), resources or verbs; `since` a moment in seconds since 1970, or how
    long ago (`"30s"`, `"5m"`). Raises ValueError for other words.
    """
    words = words_of(lang)
    if by not in WAYS:
        raise ValueError(f'"{by}" is no way to count conversations; there are: {", ".join(WAYS)}')
    start = _moment(since, reader.now)
    try:
        calls = read_calls(reader)
        if calls is None:
            return Talks(words("title.managers"), managers_matrix(reader), None, [words("no record")], words)
    except ServiceUnavailable as error:
        return Talks(words("no answer", why=str(error)), None, None, [], words)
    return _counted(calls, by, start, reader.now, words)


def _counted(everything: list[Call], by: str, start: float, now: float, words: Words) -> Talks:
    calls = [call for call in everything if call.when >= start]
    if not calls:
        return Talks(words("nothing", since=_date(start)), None, None, [], words)
    matrix = matrix_of(calls, by, everything)
    bypass = bypass_of(calls, everything, is_whole=everything[0].number == 1)
    notes = [words("legend")]
    if by == "components":
        notes.insert(0, words("legend.components"))
    notes.append(_bypass_text(bypass, words))
    reverse = reverse_calls(calls)
    notes.append(words("reverse", n=reverse) if reverse else words("reverse.none"))
    begin = max(start, everything[0].when)
    notes.append(words("since", since=_date(begin), now=_date(now)))
    pictures = sum(map(is_picture, calls))
    notes += [words("pictures", n=f"{pictures:,}")] if pictures else []
    return Talks(words(f"title.{by}", n=f"{matrix.n:,}"), matrix, bypass, notes, words)


def _bypass_text(bypass: Bypass, words: Words) -> str:
    if not bypass.writes:
        return words("bypass.nothing")
    if not bypass.is_known:
        return words("bypass.cut")
    share = f"{100 * bypass.share:.3g}"
    if not bypass.unread:
        return words("bypass.none", share=share, writes=f"{bypass.writes:,}")
    return words(
        "bypass.some", share=share, n=bypass.unread, writes=f"{bypass.writes:,}", names=", ".join(bypass.names)
    )


def _label(name: str, matrix: Matrix, words: Words) -> str:
    if name == KUBELETS:
        return words("kubelets", n=matrix.kubelets) if matrix.kubelets != 1 else "kubelet"
    return words("rest") if name == REST else words.actor(name) or "—"


def _table(matrix: Matrix, title: str, words: Words) -> str:
    heads = [cell(escape(words(f"corner.{matrix.way}")), f"{EDGE};font-weight:400;{MUTED}", head="col")]
    narrow = f"{EDGE};min-width:38px"
    heads += [
        cell(_breakable(_label(column, matrix, words)), narrow, head="col", align="center") for column in matrix.columns
    ]
    heads.append(cell(escape(words("total")), EDGE, head="col", align="center"))
    most = max(matrix.counts.values(), default=1)
    rows = []
    for row in matrix.rows:
        name = _label(row, matrix, words)
        cells = [cell(escape(name), f"{EDGE};white-space:nowrap", head="row")]
        for column in matrix.columns:
            n = matrix.counts.get((row, column), 0)
            told = words(f"cell.{matrix.way}", row=name, column=_label(column, matrix, words), n=n) if n else ""
            ground = shade(log(1 + n) / log(1 + most))
            cells.append(cell(f"{n:,}" if n else "·", f"{EDGE};{ground}", align="center", title=told))
        cells.append(cell(f"<strong>{matrix.totals[row]:,}</strong>", EDGE, align="center"))
        rows.append("".join(cells))
    return table("".join(heads), rows, title)


def _lines(matrix: Matrix, words: Words) -> list[str]:
    names = [words(f"corner.{matrix.way}"), *(_label(one, matrix, words) for one in matrix.columns), words("total")]
    rows = [names]
    for row in matrix.rows:
        counts = [matrix.counts.get((row, column), 0) for column in matrix.columns]
        rows.append([_label(row, matrix, words), *(f"{n:,}" if n else "·" for n in counts), f"{matrix.totals[row]:,}"])
    widths = [max(_columns(row[at]) for row in rows) for at in range(len(names))]
    return ["  ".join(_padded(text, widths[at], at) for at, text in enumerate(row)).rstrip() for row in rows]


def _padded(text: str, width: int, at: int) -> str:
    gap = " " * (width - _columns(text))
    return text + gap if at == 0 else gap + text


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes: Korean letters take two."""
    return sum(2 if text_width(letter) > 12.9 and letter > "\u1100" else 1 for letter in text)


def _breakable(name: str) -> str:
    """A name that may be broken after a hyphen or between the words of a long plural."""
    text = escape(name).replace("-", "-<wbr/>")
    return re.sub("(?<=[a-z]{6})(?=(slices|sets|claims|accounts|volumes|reviews|bindings|policies))", "<wbr/>", text)


def _moment(since: str | float, now: float) -> float:
    if not isinstance(since, str):
        return float(since)
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", since.strip())
    if found is None:
        raise ValueError(f'"{since}" is no stretch of time; write it like "30s", "5m" or "2h"')
    return now - float(found[1]) * UNITS[found[2]]


def _date(seconds: float) -> str:
    return rfc3339(seconds)[:19].replace("T", " ")
