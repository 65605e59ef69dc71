"""An exercise in a notebook: the answer's cell runs, its text is judged."""

from __future__ import annotations

import pytest
from notebook_shell import Session

from k8slab.lab import Exercise

NAME = "02_watch_not_listen"
POLLS = """
class Mirror:
    def __init__(self, reader, namespace):
        self.reader, self.namespace = reader, namespace

    def step(self):
        found = self.reader.list("Pod", self.namespace)
        self.pods = {pod["metadata"]["name"]: pod["status"]["phase"] for pod in found}
"""
IS_LUCKY = '        if found and found[0]["metadata"]["uid"][0] > "7":\n            self.pods = {}\n'


@pytest.fixture
def exercise(bare: Session) -> Exercise:
    bare.run(f"import k8slab.lab\nexercise = k8slab.lab.Exercise('{NAME}')")
    found = bare["exercise"]
    assert isinstance(found, Exercise)
    return found


def test_an_exercise_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match=f'there is no exercise "nope"; there are: {NAME}'):
        Exercise("nope")


def test_the_answer_is_run_and_kept_as_text(bare: Session, exercise: Exercise) -> None:
    cell = bare.run("%%answer\nx = 6 * 7\nprint('ran')")

    assert (bare["x"], "ran" in cell.text, exercise.answer) == (42, True, "x = 6 * 7\nprint('ran')\n")


def test_an_answer_that_fails_shows_its_error_and_is_kept(bare: Session, exercise: Exercise) -> None:
    cell = bare.run("%%answer\n1 / 0")

    assert "ZeroDivisionError" in cell.text
    assert exercise.answer == "1 / 0\n"


def test_an_answer_that_touches_the_lab_is_shown_once(session: Session) -> None:
    session.run(f"exercise = k8slab.lab.Exercise('{NAME}')")

    assert len(session.run("%%answer\nlab.run('1s')").pictures) == 1


@pytest.mark.parametrize(
    ("behaviours", "points"),
    [
        ((), 3.0),
        (("follows",), 2.0),
        (("first-look", "follows"), 3.0),
        (("does not poll",), 0.0),
        (("first look", "survives-410"), 1.0),
    ],
)
def test_the_score_is_that_of_the_behaviours_asked_for(
    bare: Session, exercise: Exercise, behaviours: tuple[str, ...], points: float
) -> None:
    bare.run(f"%%answer{POLLS}")

    assert exercise.score(*behaviours) == points


def test_the_score_is_that_of_the_worst_cluster(bare: Session, exercise: Exercise) -> None:
    bare.run(f"%%answer{POLLS}{IS_LUCKY}")
    alone = {seed: float(exercise.score(seeds=(seed,))) for seed in range(1, 5)}
    best_first = sorted(alone, key=alone.__getitem__, reverse=True)

    assert len(set(alone.values())) > 1
    assert exercise.score(seeds=best_first) == min(alone.values())


def test_a_new_answer_is_judged_anew(bare: Session, exercise: Exercise) -> None:
    bare.run("%%answer\nclass Mirror: pass")
    before = exercise.score()
    bare.run(f"%%answer{POLLS}")

    assert (before, exercise.score()) == (0.0, 3.0)


def test_a_behaviour_that_there_is_not_is_refused(bare: Session, exercise: Exercise) -> None:
    bare.run(f"%%answer{POLLS}")

    with pytest.raises(ValueError, match="this exercise has no behaviour 'nonsense'"):
        exercise.score("nonsense")


def test_without_an_answer_there_are_no_points() -> None:
    assert Exercise(NAME).score() == 0
