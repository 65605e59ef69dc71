"""An exercise in a notebook: the cell that begins with `%%answer` is the answer, `score` judges it.

The answer is run in the learner's kernel, so that it can be tried out, and its text is kept: the judge gets the
text alone, in a process of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from IPython.core.getipython import get_ipython

from k8slab.grading import EXERCISES, Score, judge, worst_of

__all__ = ["Exercise"]


class Exercise:
    """One exercise, such as `Exercise("02_watch_not_listen")`. Raises ValueError for a name that is none."""

    def __init__(self, name: str) -> None:
        if name not in EXERCISES:
            raise ValueError(f'there is no exercise "{name}"; there are: {", ".join(EXERCISES)}')
        self.name = name
        self.answer = ""
        self._judged: dict[tuple[str, int], Score] = {}
        shell: Any = get_ipython()
        if shell is not None:
            shell.register_magic_function(self._answer, "cell", "answer")

    def score(self, *behaviours: str, seeds: Sequence[int] = (1,)) -> Score:
        """The points for these behaviours (all, without any), on the worst of the clusters made from `seeds`."""
        worst = worst_of(self._judge(seed) for seed in seeds)
        return worst.of(*behaviours) if behaviours else worst

    def _judge(self, seed: int) -> Score:
        key = (self.answer, seed)
        if key not in self._judged:
            self._judged[key] = judge(self.name, self.answer, seed=seed)
        return self._judged[key]

    def _answer(self, line: str, cell: str) -> None:
        """Keep the cell's text as the answer, and run it."""
        self.answer = cell
        get_ipython().run_cell(cell)
