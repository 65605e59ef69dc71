"""Exercise 02: every right answer scores full marks, every wrong one fails for the reason it names."""

from pathlib import Path

import pytest

from k8slab.grading import judge

ANSWERS = Path(__file__).parent / "02_watch_not_listen"
RIGHT = sorted(ANSWERS.glob("right_*.py"))
WRONG = sorted(ANSWERS.glob("wrong_*.py"))


def test_there_are_answers_of_both_kinds():
    assert len(RIGHT) >= 2 and len(WRONG) >= 5


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
@pytest.mark.parametrize("seed", [1, 2, 99])
def test_a_right_answer_scores_full_marks(path, seed):
    score = judge("02_watch_not_listen", path.read_text(), seed=seed)

    assert (float(score), score.possible) == (10.0, 10.0), str(score)


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
@pytest.mark.parametrize("seed", [1, 7])
def test_a_wrong_answer_fails_for_its_own_reason(path, seed):
    source = path.read_text()
    behaviour, _, reason = source.splitlines()[0].removeprefix("# reason: ").partition(": ")

    score = judge("02_watch_not_listen", source, seed=seed)

    found = {b.name: b for b in score.behaviours}
    assert score < 10 and not found[behaviour].is_full
    assert reason in found[behaviour].seen


def test_an_answer_that_never_ends_is_stopped_and_told_so():
    score = judge("02_watch_not_listen", "while True: pass", timeout_s=3)

    assert score == 0 and "does something wait" in score.behaviours[0].seen


def test_an_answer_that_kills_its_process_gets_nothing():
    score = judge("02_watch_not_listen", "import os; os._exit(0)")

    assert score == 0 and "ended before" in score.behaviours[0].seen
