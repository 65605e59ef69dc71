"""What a grader says: per behaviour what was seen and what was expected, and a number that nbgrader can read.

nbgrader takes the last expression of a cell as the points it is worth. It must be a plain number: `True` would
count as full marks, so a Score is a float, whatever else it can show.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Behaviour", "Score"]


class Behaviour(NamedTuple):
    """One thing the learner's work should do: its name, the points it is worth and got, and the reason."""

    name: str
    points: float
    earned: float
    expected: str
    seen: str

    @property
    def is_full(self) -> bool:
        """Nothing is missing."""
        return self.earned >= self.points


class Score(float):
    """The points earned, as a number that also shows how they came about."""

    behaviours: tuple[Behaviour, ...]

    def __new__(cls, behaviours: Iterable[Behaviour]) -> Score:
        """Add the points up."""
        behaviours = tuple(behaviours)
        score = super().__new__(cls, sum(behaviour.earned for behaviour in behaviours))
        score.behaviours = behaviours
        return score

    @property
    def possible(self) -> float:
        """The points there were to earn."""
        return sum(behaviour.points for behaviour in self.behaviours)

    def of(self, *behaviours: str) -> Score:
        """The part of the score that these behaviours make, named with spaces or hyphens.

        Raises ValueError for one that there is not, unless the answer could not be judged at all.
        """
        wanted = {name.replace("-", " ") for name in behaviours}
        unknown = wanted - {b.name for b in self.behaviours}
        if unknown and self.possible:
            raise ValueError(f"this exercise has no behaviour {sorted(unknown)[0]!r}")
        return Score(b for b in self.behaviours if b.name in wanted or not b.points)

    def __str__(self) -> str:
        lines = [f"{float(self):g} of {self.possible:g} points"]
        for b in self.behaviours:
            mark = "ok " if b.is_full else "-- "
            lines.append(f"{mark}{b.earned:g}/{b.points:g}  {b.name}: expected {b.expected}; seen: {b.seen}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"{float(self):g}"

    def _repr_html_(self) -> str:
        cell = '<td style="text-align:left;padding:.2em .8em;vertical-align:top">'
        rows = "".join(
            f"<tr>{cell}{'✔' if b.is_full else '✘'} {b.earned:g}/{b.points:g}</td>{cell}{html.escape(b.name)}</td>"
            f"{cell}{html.escape(b.expected)}</td>{cell}{html.escape(b.seen)}</td></tr>"
            for b in self.behaviours
        )
        head = "".join(
            f"<th style='text-align:left;padding:.2em .8em'>{t}</th>" for t in ("", "behaviour", "expected", "seen")
        )
        return f"<b>{float(self):g} of {self.possible:g} points</b><table><tr>{head}</tr>{rows}</table>"
