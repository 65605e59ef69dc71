"""A prediction before the cell that shows the answer: choose, commit, run, compare."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from k8slab.lab.words import say

__all__ = ["Prediction", "Verdict"]


class Prediction:
    """The options of a question; `choice` is what the learner committed to ("" before)."""

    def __init__(self, options: Sequence[str], lang: str) -> None:
        self.choice = ""
        self._lang = lang
        self._options = widgets.RadioButtons(options=list(options), value=None, layout={"width": "max-content"})
        self._commit = widgets.Button(description=say(lang, "commit"), button_style="primary")
        self._commit.on_click(self._committed)
        self._note = widgets.HTML()
        title = widgets.HTML(f"<b>{say(lang, 'predict')}</b>")
        self.widget = widgets.VBox([title, self._options, self._commit, self._note])

    def verdict(self, answer: object) -> Verdict:
        """The prediction beside what happened."""
        return Verdict(self.choice, str(answer), self._lang)

    def _committed(self, _: Any) -> None:
        if self._options.value is not None:
            self.choice = self._options.value
            self._options.disabled = self._commit.disabled = True
            self._note.value = say(self._lang, "committed", choice=html.escape(self.choice))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return self.widget._repr_mimebundle_(include=include, exclude=exclude)


class Verdict:
    """What was said and what happened, as one line."""

    def __init__(self, choice: str, answer: str, lang: str) -> None:
        key = "nothing" if not choice else "right" if choice == answer else "wrong"
        self.is_right = key == "right"
        self.text = say(lang, key, choice=choice, answer=answer)

    def __repr__(self) -> str:
        return self.text
