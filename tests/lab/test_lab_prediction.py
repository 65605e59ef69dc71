"""Predict, run, compare; and the card at the end."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from notebook_shell import Session

from k8slab.lab import Lab
from k8slab.lab.predict import Prediction
from k8slab.lab.predict_asking import Asking
from k8slab.lab.predict_score import ScoreBook


def a_question(*options: object, kind: str = "choice", lang: str = "en", **given: Any) -> Prediction:
    """A question that needs no graph."""
    asking = Asking()
    asking.lang, asking._predictions = lang, ScoreBook()
    return asking.predict(*options, kind=kind, **given)


def commit(prediction: Prediction, chosen: Any = None) -> None:
    """Choose (None: nothing) and press the button."""
    _, asked, button, _ = prediction.widget.children
    if isinstance(chosen, str):
        (asked if hasattr(asked, "value") else asked.children[0]).value = chosen
    button.click()


@pytest.fixture(scope="module")
def lab() -> Lab:
    lab = Lab(2, lang="en")
    lab.kubectl("create deployment web --image=nginx --replicas=2")
    lab.picture()
    return lab


def test_a_reader_of_the_help_sees_every_keyword() -> None:
    """Jupyter's `?` shows the signature and the docstring."""
    signature = inspect.signature(Lab.predict)

    words = [*signature.parameters][2:]
    assert words == ["kind", "question", "unit", "exact", "near", "of"]
    assert all(f"`{word}`" in (Lab.predict.__doc__ or "") for word in words if word != "question")


@pytest.mark.parametrize(
    ("chosen", "answer", "grade", "text"),
    [
        ("3", "3", "right", "You said: 3. That is what happened."),
        ("3", 3, "right", "You said: 3. That is what happened."),
        ("3", 4, "wrong", "You said: 3. What happened: 4. A surprise: now look for the reason."),
        (None, 4, "open", "No prediction yet: choose one above, then run this cell again."),
    ],
)
def test_the_verdict_compares_what_was_said_with_what_happened(
    chosen: str | None, answer: object, grade: str, text: str
) -> None:
    prediction = a_question("3", "4")
    commit(prediction, chosen)

    verdict = prediction.verdict(answer)

    assert (verdict.grade, verdict.is_right, repr(verdict)) == (grade, grade == "right", text)


@pytest.mark.parametrize(
    ("written", "answer", "grade", "said"),
    [
        ("48", 48, "right", "exactly"),
        ("50 s", 48.0, "right", "within 10 %"),
        ("1,000", 1005, "right", "within 10 %"),
        ("80", 48, "near", "Near: 1.7 times as much as it was"),
        ("30", 48, "near", "Near: it was 1.6 times as much"),
        ("5", 48, "wrong", "A factor of 9.6"),
        ("4e6", 4, "wrong", "A factor of 1,000,000"),
        ("0", 48, "wrong", "A surprise"),
        ("1", 0, "near", "A surprise"),
        ("-3", 3, "wrong", "A surprise"),
    ],
)
def test_a_number_is_exact_or_near_or_off_by_a_factor(written: str, answer: float, grade: str, said: str) -> None:
    prediction = a_question(kind="number", unit="s")
    commit(prediction, written)

    verdict = prediction.verdict(answer)

    assert verdict.grade == grade and said in verdict.text


@pytest.mark.parametrize("written", ["", "soon", "50 m", "1e", "--3"])
def test_what_is_no_number_is_not_committed(written: str) -> None:
    prediction = a_question(kind="number", unit="s")
    commit(prediction, written)

    assert prediction.is_open
    assert "Write a number first" in prediction.widget.children[-1].value


def test_steps_are_moved_by_buttons() -> None:
    prediction = a_question("kubelet", "scheduler", "Deployment controller", kind="order")
    rows = [row.children for row in prediction.widget.children[1].children]
    rows[2][0].click()
    rows[1][0].click()
    commit(prediction)

    assert prediction.choice == "scheduler  →  Deployment controller  →  kubelet"
    assert (rows[0][0].disabled, rows[2][1].disabled, rows[1][0].tooltip) == (
        True,
        True,
        "Earlier: Deployment controller",
    )


@pytest.mark.parametrize(
    ("answer", "grade", "said"),
    [("abcd", "right", "That is what happened"), ("abdc", "near", "5 of 6 pairs"), ("dcba", "wrong", "0 of 6 pairs")],
)
def test_an_order_is_judged_by_its_pairs(answer: str, grade: str, said: str) -> None:
    prediction = a_question(*"dbca", kind="order")
    commit(prediction)

    verdict = prediction.verdict(list(answer))

    assert verdict.grade == grade and said in verdict.text


@pytest.mark.parametrize(("answer", "grade"), [("node-2", "right"), ("Node/node-2", "right"), ("node-1", "wrong")])
def test_a_thing_of_the_graph_is_chosen_by_a_click(lab: Lab, answer: str, grade: str) -> None:
    prediction = lab.predict(kind="place", of="Node")
    graph, options = prediction.widget.children[1].children
    graph.chosen = "Node/node-2"
    commit(prediction)

    verdict = prediction.verdict(answer)

    assert (prediction.choice, verdict.grade, options.value.name) == ("Node node-2", grade, "node-2")
    assert graph.is_locked


def test_the_list_beside_the_graph_chooses_the_same(lab: Lab) -> None:
    prediction = lab.predict(kind="place", of="Pod")
    graph, options = prediction.widget.children[1].children
    _, (_, first), (_, second) = options.options
    options.value = first
    commit(prediction)

    assert graph.chosen == str(first)
    assert prediction.verdict([second.name, "another"]).grade == "near"  # a Pod of the same workload


def test_a_click_on_another_kind_of_thing_chooses_nothing(lab: Lab) -> None:
    prediction = lab.predict(kind="place", of="Node")
    prediction.widget.children[1].children[0].chosen = "Deployment/Deployment/default/web"
    commit(prediction)

    assert prediction.is_open and "Click a thing" in prediction.widget.children[-1].value


@pytest.mark.parametrize("kind", ["choice", "number", "order"])
def test_a_commitment_stands(kind: str) -> None:
    prediction = a_question(*(() if kind == "number" else ("3", "4")), kind=kind)
    commit(prediction, None if kind == "order" else "3")
    _, asked, button, note = prediction.widget.children
    changed = (
        [asked] if kind == "choice" else [part for row in asked.children for part in getattr(row, "children", [row])]
    )

    assert button.disabled and all(getattr(part, "disabled", True) for part in changed)
    assert "Run the next cell and see" in note.value and 'role="status"' in note.value


def test_an_option_is_text_and_no_html() -> None:
    prediction = a_question("n<3", "n>=3", question="<b>?")
    commit(prediction, "n<3")
    data = prediction._repr_mimebundle_()

    assert "n&lt;3" in prediction.widget.children[-1].value and "<b>?" not in data["text/html"]
    assert prediction.choice == "n<3"


@pytest.mark.parametrize(
    ("options", "given", "said"),
    [
        ((), {"kind": "guess"}, 'not "guess"'),
        ((), {}, "takes options"),
        ((3,), {"kind": "number"}, "takes no options"),
        (("a", "a"), {"kind": "order"}, "each of them once"),
        ((), {"kind": "number", "near": 0.5}, "a factor from 1"),
    ],
)
def test_a_question_that_is_none_is_refused(options: tuple[object, ...], given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        a_question(*options, **given)


@pytest.mark.parametrize(("kind", "answer"), [("number", "48"), ("number", True), ("order", ["3"]), ("order", "3, 4")])
def test_an_answer_of_another_kind_is_refused(kind: str, answer: object) -> None:
    prediction = a_question(*(() if kind == "number" else ("3", "4")), kind=kind)
    commit(prediction, "3" if kind == "number" else None)

    with pytest.raises(ValueError, match="answer"):
        prediction.verdict(answer)


def test_the_card_counts_what_was_foreseen() -> None:
    lab = Lab(0, agents=(), lang="en")
    for question, chosen, answer in (("how many", "3", 3), ("which", "4", 3), ("when", None, 3)):
        prediction = lab.predict(3, 4, question=question)
        commit(prediction, chosen)
        prediction.verdict(answer)
    card = lab.score()

    assert (card.points, card.asked, card.right, card.wrong, card.open) == (1.0, 3, 1, 1, 1)
    assert card.text.splitlines()[1:3] == ["✓ how many: 3 / 3", "○ which: 4 / 3"]
    assert "1 of 3 points. Still open: 1." in card.text and card.html.count("<tr") == 4


def test_a_reset_of_the_cluster_keeps_what_was_said() -> None:
    lab = Lab(0, agents=(), lang="en")
    commit(lab.predict(3, 4), "3")
    lab.reset()

    assert lab.score().asked == 1


def test_a_card_without_predictions_says_so() -> None:
    assert "No prediction has been asked" in Lab(0, agents=(), lang="en").score().text


def test_korean() -> None:
    prediction = a_question("3", "4", lang="ko")
    commit(prediction, "3")

    assert repr(prediction.verdict(3)) == "예상: 3. 실제로 그렇게 되었습니다."
    assert "다음 중 하나: 3 | 4" in prediction.text


def test_a_question_is_a_widget_and_for_other_readers_text(monkeypatch: pytest.MonkeyPatch) -> None:
    live = a_question("3")._repr_mimebundle_()
    monkeypatch.setenv("K8SLAB_STATIC", "1")
    still = a_question("3")._repr_mimebundle_()

    assert "application/vnd.jupyter.widget-view+json" in live
    assert sorted(still) == ["text/html", "text/plain"] and "One of: 3" in still["text/plain"]


def test_a_notebook_runs_without_a_click(session: Session) -> None:
    cells = ["g = lab.predict(1, 2)\ng", "g.verdict(2)", "lab.score()"]

    shown = [session.run(cell) for cell in cells]

    assert [cell.error for cell in shown] == [None] * 3
    assert "0 of 1 points" in str(session["lab"].score())
