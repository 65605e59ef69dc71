"""What a prediction may be: one of several options, a number, an order of steps. Each is asked by widgets.

A kind knows its widgets, what has been chosen in them, how that is written, and how it is judged. Everything can be
reached and done by keyboard.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Protocol

import ipywidgets as widgets

from k8slab.lab.predict_judging import Judged, judge_choice, judge_number, judge_order, number_text
from k8slab.lab.words import say

__all__ = [
    "Choice",
    "Kind",
    "Number",
    "Order",
    "Unclear",
]

ARROW = "  →  "
NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")


class Unclear(ValueError):
    """Nothing has been chosen yet, or not so that it could be understood; the text says what to do ("" : nothing)."""


class Kind(Protocol):
    """One kind of question."""

    widget: Any

    def chosen(self) -> Any:
        """What stands in the widgets now. Raises Unclear."""

    def lock(self) -> None:
        """Let nothing be changed any more."""

    def told(self, value: Any) -> str:
        """A prediction or an answer as text. Raises ValueError for an answer of another kind."""

    def judge(self, said: Any, answer: Any) -> Judged:
        """How near it came. Raises ValueError for an answer of another kind."""

    def static(self) -> str:
        """The question for a reader without a kernel, as text."""


class Choice:
    """One of several options."""

    def __init__(self, options: Sequence[str], lang: str) -> None:
        self._options = list(options)
        self._lang = lang
        self.widget = widgets.RadioButtons(options=self._options, value=None, layout={"width": "max-content"})

    def chosen(self) -> str:
        """The option. Raises Unclear."""
        if self.widget.value is None:
            raise Unclear(say(self._lang, "choose one"))
        return str(self.widget.value)

    def lock(self) -> None:
        """Let nothing be changed any more."""
        self.widget.disabled = True

    def told(self, value: Any) -> str:
        """The option as it stands."""
        return str(value)

    def judge(self, said: Any, answer: Any) -> Judged:
        """The same text is right."""
        return judge_choice(str(said), str(answer))

    def static(self) -> str:
        """All options."""
        return say(self._lang, "static choice", options=" | ".join(self._options))


class Number:
    """A number with a unit; `exact` is the part of the answer by which it may differ, `near` a factor."""

    def __init__(self, unit: str, exact: float, near: float, lang: str) -> None:
        """Raises ValueError for a tolerance that is none."""
        if not (0 <= exact < math.inf and 1 <= near < math.inf):
            raise ValueError(f"exact is a part from 0 and near a factor from 1, not {exact!r} and {near!r}")
        self._unit, self._exact, self._near, self._lang = unit, exact, near, lang
        self._text = widgets.Text(
            description=say(lang, "number"), placeholder="?", layout={"width": "14em"}, tooltip=say(lang, "number_tip")
        )
        self.widget = widgets.HBox([self._text, widgets.Label(unit)])

    def chosen(self) -> float:
        """The number. Raises Unclear."""
        written = self._text.value.replace(",", "").replace("_", "").strip()
        written = written.removesuffix(self._unit).strip() if self._unit else written
        if not NUMBER.fullmatch(written):
            raise Unclear(say(self._lang, "write a number"))
        return float(written)

    def lock(self) -> None:
        """Let nothing be changed any more."""
        self._text.disabled = True

    def told(self, value: Any) -> str:
        """`48 s`."""
        return f"{number_text(_number(value))} {self._unit}".rstrip()

    def judge(self, said: Any, answer: Any) -> Judged:
        """Exact, near, or off by a factor."""
        return judge_number(float(said), _number(answer), self._exact, self._near)

    def static(self) -> str:
        """What is to be given."""
        return say(self._lang, "static number", unit=self._unit).rstrip()


class Order:
    """Steps to be brought into order with two buttons each. They begin in the order of the alphabet."""

    def __init__(self, steps: Sequence[str], lang: str) -> None:
        """Raises ValueError for less than two, or one that is there twice."""
        if len(steps) < 2 or len(set(steps)) < len(steps):
            raise ValueError(f"an order needs two steps or more, each of them once, not {list(steps)!r}")
        self._steps = sorted(steps)  # the order they are given in would give the answer away
        self._lang = lang
        self._names = [widgets.HTML(layout={"width": "max-content", "min_width": "18em"}) for _ in self._steps]
        self._ups = [self._arrow("up", number, -1) for number in range(len(self._steps))]
        self._downs = [self._arrow("down", number, +1) for number in range(len(self._steps))]
        rows = zip(self._ups, self._downs, self._names, strict=True)
        self.widget = widgets.VBox([widgets.HBox(list(row), layout={"align_items": "center"}) for row in rows])
        self._draw()

    def chosen(self) -> tuple[str, ...]:
        """The steps as they stand."""
        return tuple(self._steps)

    def lock(self) -> None:
        """Let nothing be changed any more."""
        for button in (*self._ups, *self._downs):
            button.disabled = True

    def told(self, value: Any) -> str:
        """`a → b → c`."""
        return ARROW.join(map(str, _steps(value)))

    def judge(self, said: Any, answer: Any) -> Judged:
        """By how many pairs stand in the right order."""
        return judge_order(list(said), [str(step) for step in _steps(answer)])

    def static(self) -> str:
        """All steps."""
        return say(self._lang, "static order", options=" | ".join(self._steps))

    def _arrow(self, key: str, number: int, by: int) -> widgets.Button:
        button = widgets.Button(icon=f"arrow-{key}", layout={"width": "2.6em"})
        button.on_click(lambda _: self._move(number, by))
        return button

    def _move(self, number: int, by: int) -> None:
        """Change places with a neighbour; the focus goes along, so that one key moves a step on and on."""
        other = number + by
        if 0 <= other < len(self._steps):
            self._steps[number], self._steps[other] = self._steps[other], self._steps[number]
            self._draw()
            at_end = other in (0, len(self._steps) - 1)
            same, opposite = (self._ups, self._downs) if by < 0 else (self._downs, self._ups)
            (opposite if at_end else same)[other].focus()

    def _draw(self) -> None:
        last = len(self._steps) - 1
        for number, step in enumerate(self._steps):
            self._names[number].value = f"{number + 1}. {_escape(step)}"
            self._ups[number].disabled, self._downs[number].disabled = number == 0, number == last
            self._ups[number].tooltip = say(self._lang, "up_tip", step=step)
            self._downs[number].tooltip = say(self._lang, "down_tip", step=step)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"the answer to a prediction of a number is a number, not {value!r}")
    return float(value)


def _steps(value: Any) -> Sequence[Any]:
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        raise ValueError(f"the answer to a prediction of an order is a list of its steps, not {value!r}")
    return value


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
