"""All predictions of a notebook, and the card at its end: each question, what was said, what happened, the points.

A question whose cell is run once more takes the place of its former self.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from IPython.core.getipython import get_ipython

from k8slab.lab.predict_judging import SIGNS
from k8slab.lab.words import say
from k8slab.view.svg import escape

if TYPE_CHECKING:
    from k8slab.lab.predict import Prediction

__all__ = ["ScoreBook", "ScoreCard"]

CELL = "padding:3px 14px 3px 0;text-align:left;vertical-align:top;border:0"


class ScoreBook:
    """The predictions of one Lab, in the order in which they were asked first."""

    def __init__(self) -> None:
        self._asked: dict[object, Prediction] = {}

    def add(self, prediction: Prediction) -> Prediction:
        """Keep it."""
        cell = _cell_id()
        key: object = (cell, prediction.text) if cell else len(self._asked)
        self._asked[key] = prediction
        return prediction

    def card(self, lang: str) -> ScoreCard:
        """The card as of now."""
        return ScoreCard([_row(one, lang, number) for number, one in enumerate(self._asked.values(), 1)], lang)


class Row(NamedTuple):
    """A prediction on the card: its question, what was said, what happened, and how near it came."""

    question: str
    said: str
    answer: str
    grade: str
    points: float


class ScoreCard:
    """What has been foreseen: `points` of `asked`; `right`, `near`, `wrong` and `open` are counts."""

    def __init__(self, rows: list[Row], lang: str) -> None:
        self.rows = rows
        self.asked = len(rows)
        self.points = sum(row.points for row in rows)
        self._lang = lang
        counts = {grade: sum(row.grade == grade for row in rows) for grade in SIGNS}
        self.right, self.near, self.wrong, self.open = (counts[grade] for grade in ("right", "near", "wrong", "open"))

    @property
    def total(self) -> str:
        """The last line."""
        if not self.asked:
            return say(self._lang, "score none")
        points = f"{self.points:g}"
        total = say(self._lang, "score total", points=points, asked=str(self.asked))
        return f"{total} {say(self._lang, 'score open', open=str(self.open))}" if self.open else total

    @property
    def text(self) -> str:
        """A line for each prediction, and the total."""
        lines = [
            f"{SIGNS[row.grade]} {row.question}: {say(self._lang, 'score line', said=row.said, answer=row.answer)}"
            for row in self.rows
        ]
        return "\n".join([say(self._lang, "score"), *lines, self.total])

    @property
    def html(self) -> str:
        """The same as a table."""
        names = ("", "score question", "score said", "score answer", "score points")
        heads = "".join(
            f'<th scope="col" style="{CELL};opacity:.75">{say(self._lang, name) if name else ""}</th>' for name in names
        )
        rows = "".join(_html_row(row, self._lang) for row in self.rows)
        table = (
            f'<table style="border-collapse:collapse;font-size:13px"><caption style="text-align:left;font-weight:700">'
            f"{escape(say(self._lang, 'score'))}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        )
        return f'{table if self.rows else ""}<p style="margin:.4em 0"><b>{escape(self.total)}</b></p>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}

    def __repr__(self) -> str:
        return self.text


def _row(one: Prediction, lang: str, number: int) -> Row:
    """What happened is told only where a verdict was shown."""
    question, outcome = one.question or say(lang, "score number", number=str(number)), one.outcome
    if outcome is None:
        return Row(question, one.choice or "—", "—", "open", 0.0)
    return Row(question, one.choice or "—", outcome.answer, outcome.grade, outcome.points)


def _html_row(row: Row, lang: str) -> str:
    sign = f'<span role="img" aria-label="{escape(say(lang, "grade " + row.grade))}">{SIGNS[row.grade]}</span>'
    points = "" if row.grade == "open" else f"{row.points:g}"
    cells = "".join(f'<td style="{CELL}">{escape(text)}</td>' for text in (row.question, row.said, row.answer, points))
    return f'<tr style="background:none"><td style="{CELL};font-weight:700">{sign}</td>{cells}</tr>'


def _cell_id() -> str:
    """Which cell of the notebook runs; "" where nobody says."""
    shell: Any = get_ipython()
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return ""
    parent = kernel.get_parent() or {}
    return str((parent.get("metadata") or {}).get("cellId") or "")
