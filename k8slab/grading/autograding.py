"""Where nbgrader meets the judge: the points of an autograded notebook come from outside the learner's kernel.

nbgrader executes a submission and reads the points from what its test cells printed. A submission owns its kernel and
could print anything. So, after the execution, the answer's text is judged once more in a process of its own, and that
is what the test cells are made to say. In nbgrader_config.py:

    from k8slab.grading.autograding import JudgeAnswers
    c.Autograde.autograde_preprocessors = [Execute, JudgeAnswers, ...]

Source    nbgrader/converters/autograde.py (autograde_preprocessors), nbgrader/utils.py (determine_grade)
"""

from __future__ import annotations

from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade
from traitlets import Int, List

from k8slab.grading.judge import EXERCISES, judge, worst_of
from k8slab.grading.verdict import Score

__all__ = ["JudgeAnswers"]

MAGIC = "%%answer"


class JudgeAnswers(NbGraderPreprocessor):  # type: ignore[misc]
    """Write into every test cell what the judge says about the notebook's answer."""

    seeds = List(Int(), [11, 12], help="the clusters that an answer must hold on; the worst counts").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Judge the cell that begins with `%%answer`; the assignment's name says which exercise it is."""
        exercise = resources["nbgrader"]["assignment"]
        if exercise in EXERCISES:
            answer = answer_of(nb)
            score = worst_of(judge(exercise, answer, seed=seed) for seed in self.seeds)
            for cell in nb.cells:
                if cell.cell_type == "code" and is_grade(cell):
                    cell.outputs = [_output(score.of(cell.metadata["nbgrader"]["grade_id"]))]
        return nb, resources


def answer_of(nb: Any) -> str:
    """The text of the answer, "" when there is none; of several the last, as in the notebook itself."""
    answers = [cell.source for cell in nb.cells if cell.cell_type == "code" and cell.source.startswith(MAGIC)]
    return answers[-1].partition("\n")[2] if answers else ""


def _output(score: Score) -> Any:
    from nbformat.v4 import new_output

    data = {"text/plain": repr(score), "text/html": score._repr_html_()}
    return new_output("execute_result", data=data, execution_count=1)  # type: ignore[no-untyped-call]
