"""Predict, run, compare."""

from __future__ import annotations

import ipywidgets as widgets
import pytest

from k8slab.lab.predict import Prediction


def choose(prediction: Prediction, option: str | None) -> None:
    """Choose an option and commit to it."""
    _, options, commit, _ = prediction.widget.children
    options.value = option
    commit.click()


@pytest.mark.parametrize(
    ("choice", "answer", "is_right", "text"),
    [
        ("3", "3", True, "You said: 3. That is what happened."),
        ("3", 3, True, "You said: 3. That is what happened."),
        ("3", 4, False, "You said: 3. What happened: 4."),
        (None, 4, False, "No prediction yet: choose one above, then run this cell again."),
    ],
)
def test_the_verdict_compares_what_was_said_with_what_happened(
    choice: str | None, answer: object, is_right: bool, text: str
) -> None:
    prediction = Prediction(["3", "4"], "en")
    choose(prediction, choice)

    verdict = prediction.verdict(answer)

    assert (verdict.is_right, repr(verdict)) == (is_right, text)


def test_the_verdict_in_korean() -> None:
    prediction = Prediction(["3", "4"], "ko")
    choose(prediction, "3")

    assert repr(prediction.verdict(4)) == "예상: 3. 실제로는 4."


def test_nothing_is_chosen_at_first() -> None:
    prediction = Prediction(["3", "4"], "en")
    _, options, commit, note = prediction.widget.children

    assert (prediction.choice, options.value, options.disabled, commit.disabled, note.value) == (
        "",
        None,
        False,
        False,
        "",
    )


def test_a_commitment_stands() -> None:
    prediction = Prediction(["3", "4"], "en")
    choose(prediction, "3")
    _, options, commit, note = prediction.widget.children

    assert (options.disabled, commit.disabled) == (True, True)
    assert note.value == "You said: 3. Run the next cell and see."


def test_nobody_commits_to_nothing() -> None:
    prediction = Prediction(["3", "4"], "en")
    choose(prediction, None)
    _, options, commit, note = prediction.widget.children

    assert (prediction.choice, options.disabled, commit.disabled, note.value) == ("", False, False, "")


def test_an_option_is_text_and_no_html() -> None:
    prediction = Prediction(["n<3", "n>=3"], "en")
    choose(prediction, "n<3")
    note = prediction.widget.children[-1]

    assert isinstance(note, widgets.HTML) and "n&lt;3" in note.value
    assert prediction.choice == "n<3"


def test_jupyter_shows_the_widget() -> None:
    assert "application/vnd.jupyter.widget-view+json" in Prediction(["3"], "en")._repr_mimebundle_()
