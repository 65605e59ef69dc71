"""The exercises through real nbgrader: released, answered, handed in, autograded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8slab.grading import judge, worst_of

ROOT = Path(__file__).parent.parent.parent
EXERCISE = "02_watch_not_listen"
ANSWERS = sorted((Path(__file__).parent / EXERCISE).glob("*.py"))
SLEIGHT_OF_HAND = "import builtins, k8slab\nk8slab.Exercise.score = lambda *_, **__: 1.0\nbuiltins.sum = lambda _: 10\n"
EMPTY = "class Mirror:\n    def __init__(self, reader, namespace):\n        self.pods = {}\n    def step(self): pass\n"


def nbgrader(course: Path, *command: str) -> None:
    done = subprocess.run([sys.executable, "-m", "nbgrader", *command], cwd=course, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def hand_in(course: Path, student: str, answer: str, trick: str = "") -> None:
    """What a student hands in: the release with the answer's text in its cell."""
    notebook = json.loads((course / "exercises" / EXERCISE / "exercise.ipynb").read_text("utf-8"))
    for cell in notebook["cells"]:
        if "".join(cell["source"]).startswith("%%answer"):
            cell["source"] = "%%answer\n" + answer
        elif cell["id"] == "try":
            cell["source"] = trick or "mirror = None"
    path = course / "build" / "submitted" / student / EXERCISE / "exercise.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook), "utf-8")


@pytest.fixture(scope="module", autouse=True)
def environment_of_nbgrader() -> Iterator[None]:
    """nbgrader calls `alembic`, which stands beside the Python that runs us."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        yield


@pytest.fixture(scope="module")
def grades(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    """Points per student and test cell, as the gradebook holds them."""
    course = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", course)
    shutil.copytree(ROOT / "solutions", course / "solutions")
    (course / "build").mkdir()
    nbgrader(course, "generate_assignment", EXERCISE, "--force")
    for path in ANSWERS:
        hand_in(course, path.stem, path.read_text("utf-8"))
    hand_in(course, "conjurer", EMPTY, SLEIGHT_OF_HAND)
    nbgrader(course, "autograde", EXERCISE)
    return read_gradebook(course)


def read_gradebook(course: Path) -> dict[str, dict[str, float]]:
    from nbgrader.api import Gradebook

    found: dict[str, dict[str, float]] = {}
    with Gradebook(f"sqlite:///{course}/build/gradebook.db", "k8slab") as book:
        for submission in book.assignment_submissions(EXERCISE):
            cells: Any = submission.notebooks[0].grades
            found[submission.student.id] = {grade.name: grade.score for grade in cells}
    return found


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.stem)
def test_the_gradebook_says_what_the_judge_says(grades: dict[str, dict[str, float]], path: Path) -> None:
    score = worst_of(judge(EXERCISE, path.read_text("utf-8"), seed=seed) for seed in (11, 12))

    assert grades[path.stem] == {b.name.replace(" ", "-"): b.earned for b in score.behaviours}


def test_right_answers_have_full_marks_and_wrong_ones_part_of_them(grades: dict[str, dict[str, float]]) -> None:
    totals = {student: sum(points.values()) for student, points in grades.items()}

    assert {totals[path.stem] for path in ANSWERS if path.stem.startswith("right")} == {10.0}
    assert all(totals[path.stem] < 10 for path in ANSWERS if path.stem.startswith("wrong"))
    assert sum(totals[path.stem] > 0 for path in ANSWERS if path.stem.startswith("wrong")) >= 5


def test_what_a_submission_does_to_its_own_kernel_earns_nothing(grades: dict[str, dict[str, float]]) -> None:
    assert sum(grades["conjurer"].values()) == 0


def test_the_release_is_what_nbgrader_makes_of_the_solutions() -> None:
    command = [sys.executable, "tools/build_exercises.py", "--check"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_release_holds_neither_solution_nor_hidden_test() -> None:
    release = (ROOT / "exercises" / EXERCISE / "exercise.ipynb").read_text("utf-8")

    assert "raise NotImplementedError" in release
    assert "relist" not in release and "HIDDEN" not in release and "seeds" not in release
