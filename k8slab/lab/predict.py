"""A prediction before the cell that shows the answer: choose, commit, run, compare.

`Prediction` is the question with its widgets, whatever its kind (predict_kinds.py); `Verdict` is what was said beside
what happened. Cells that run without a click get the verdict that nothing has been predicted yet.
"""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from k8slab.lab.panels import bundle
from k8slab.lab.predict_judging import POINTS, SIGNS
from k8slab.lab.predict_kinds import Kind, Unclear
from k8slab.lab.words import say
from k8slab.view.svg import escape

__all__ = ["Prediction", "Verdict"]

COLOURS = {"right": "#009e73", "near": "#e69f00", "wrong": "#0072b2", "open": "#7f7f7f"}


class Prediction:
    """A question; `said` is what the learner has committed to (None before), `verdict` the newest verdict."""

    def __init__(self, kind: Kind, lang: str, question: str = "") -> None:
        self.said: Any = None
        self.question = question
        self.outcome: Verdict | None = None
        self._kind = kind
        self._lang = lang
        self._commit = widgets.Button(
            description=say(lang, "commit"), tooltip=say(lang, "commit_tip"), button_style="primary"
        )
        self._commit.on_click(self._committed)
        self._note = widgets.HTML()
        self._title = f"{say(lang, 'predict')}{': ' + question if question else ''}"
        self.widget = widgets.VBox(
            [widgets.HTML(f"<b>{escape(self._title)}</b>"), kind.widget, self._commit, self._note]
        )

    @property
    def is_open(self) -> bool:
        """Nothing has been predicted yet."""
        return self.said is None

    @property
    def choice(self) -> str:
        """What was said, as text; "" before."""
        return "" if self.is_open else self._kind.told(self.said)

    def verdict(self, answer: object) -> Verdict:
        """The prediction beside what happened; it counts for the score. Raises ValueError for a strange answer."""
        told = self._kind.told(answer)
        if self.is_open:
            self.outcome = Verdict("open", "", told, say(self._lang, "nothing", answer=told))
        else:
            judged = self._kind.judge(self.said, answer)
            text = say(self._lang, judged.sentence, choice=self.choice, answer=told, **judged.blanks)
            self.outcome = Verdict(judged.grade, self.choice, told, text)
        return self.outcome

    def _committed(self, _: Any) -> None:
        try:
            self.said = self._kind.chosen()
        except Unclear as unclear:
            self._note.value = _status(str(unclear))
            return
        self._kind.lock()
        self._commit.disabled = True
        self._note.value = _status(say(self._lang, "committed", choice=self.choice))

    @property
    def text(self) -> str:
        """The question as text."""
        return f"{self._title}\n{self._kind.static()}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        html = f"<p><b>{escape(self._title)}</b><br>{escape(self._kind.static())}</p>"
        return bundle(self.widget, self.text, html)

    def __repr__(self) -> str:
        return self.text


class Verdict:
    """What was said and what happened. `grade` is right, near, wrong or open (nothing was said)."""

    def __init__(self, grade: str, said: str, answer: str, text: str) -> None:
        self.grade = grade
        self.said = said
        self.answer = answer
        self.text = text

    @property
    def is_right(self) -> bool:
        """It was foreseen."""
        return self.grade == "right"

    @property
    def points(self) -> float:
        """1 for right, 0.5 for near, else 0."""
        return POINTS.get(self.grade, 0.0)

    @property
    def html(self) -> str:
        """The sentence with its sign."""
        return (
            f'<p style="border-left:4px solid {COLOURS[self.grade]};padding:.3em .8em;margin:.4em 0">'
            f'<span aria-hidden="true" style="font-weight:700">{SIGNS[self.grade]}</span> {escape(self.text)}</p>'
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}

    def __repr__(self) -> str:
        return self.text


def _status(text: str) -> str:
    """A line that a screen reader says at once."""
    return f'<span role="status" aria-live="polite">{escape(text)}</span>'
