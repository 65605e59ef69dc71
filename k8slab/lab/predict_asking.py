"""The part of a Lab that asks: from the words of `lab.predict(...)` to a question of the right kind, and the score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8slab.lab.course import keep_score

if TYPE_CHECKING:
    from k8slab.lab.predict import Prediction
    from k8slab.lab.predict_kinds import Kind
    from k8slab.lab.predict_score import ScoreBook, ScoreCard
    from k8slab.view.scene import Scene

__all__ = ["KINDS", "Asking"]

KINDS = ("choice", "number", "order", "place")


class Asking:
    """What asks for predictions, and remembers them."""

    lang: str
    _predictions: ScoreBook

    def predict(
        self,
        *options: object,
        kind: str = "choice",
        question: str = "",
        unit: str = "",
        exact: float = 0.1,
        near: float = 2.0,
        of: str = "",
    ) -> Prediction:
        """Ask for a prediction before the cell that shows the answer; `.verdict(answer)` compares.

        `kind` is choice (of the options), order (bring the options into order), number (of a `unit`; right within the
        part `exact`, near within the factor `near`) or place (point at a thing in the graph, only a Node or Pod with
        `of`). Raises ValueError.
        """
        from k8slab.lab.predict import Prediction  # only who asks needs widgets
        from k8slab.lab.predict_kinds import Choice, Number, Order

        if kind not in KINDS:
            raise ValueError(f'a prediction is of the kind {", ".join(KINDS)}, not "{kind}"')
        if bool(options) != (kind in ("choice", "order")):
            raise ValueError(f"a prediction of the kind {kind} takes {'no options' if options else 'options'}")
        texts = [str(option) for option in options]
        made: Kind
        if kind == "choice":
            made = Choice(texts, self.lang)
        elif kind == "order":
            made = Order(texts, self.lang)
        elif kind == "number":
            made = Number(unit, exact, near, self.lang)
        else:
            from k8slab.lab.predict_place import Place  # only a graph needs anywidget

            made = Place(self._scene(), of, self.lang)
        return self._predictions.add(Prediction(made, self.lang, question))

    def score(self) -> ScoreCard:
        """A card with every prediction of this lab, what happened, and the points; the map of the course notes them."""
        card = self._predictions.card(self.lang)
        keep_score(card.points, card.asked)
        return card

    def _scene(self) -> Scene:
        """The graph of now."""
        raise NotImplementedError
