"""From the words of `lab.predict(...)` to a question of the right kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from k8slab.lab.predict import Prediction
from k8slab.lab.predict_kinds import Choice, Kind, Number, Order
from k8slab.view.scene import Scene

__all__ = ["KINDS", "ask"]

KINDS = ("choice", "number", "order", "place")


def ask(
    options: Sequence[object],
    kind: str,
    lang: str,
    scene: Callable[[], Scene],
    *,
    question: str = "",
    unit: str = "",
    exact: float = 0.1,
    near: float = 2.0,
    of: str = "",
) -> Prediction:
    """The question. Raises ValueError for a kind that is none, and for options that do not fit it."""
    if kind not in KINDS:
        raise ValueError(f'a prediction is of the kind {", ".join(KINDS)}, not "{kind}"')
    if bool(options) != (kind in ("choice", "order")):
        raise ValueError(f"a prediction of the kind {kind} takes {'no options' if options else 'options'}")
    texts = [str(option) for option in options]
    made: Kind
    if kind == "choice":
        made = Choice(texts, lang)
    elif kind == "order":
        made = Order(texts, lang)
    elif kind == "number":
        made = Number(unit, exact, near, lang)
    else:
        from k8slab.lab.predict_place import Place  # only a graph needs anywidget

        made = Place(scene(), of, lang)
    return Prediction(made, lang, question)
