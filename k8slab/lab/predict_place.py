"""A prediction by pointing: which Node, which Pod? By a click in the graph, by Tab and Enter there, or from a list."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from k8slab.lab.controls_graph import ClickableGraph, Thing, thing_of, things_of
from k8slab.lab.predict_judging import Judged, judge_place
from k8slab.lab.predict_kinds import Unclear
from k8slab.lab.words import say
from k8slab.view.scene import Scene

__all__ = ["Place"]


class Place:
    """A thing of the graph as it is now; `kind` (Node, Pod) lets only such things be chosen."""

    def __init__(self, scene: Scene, kind: str, lang: str) -> None:
        """Raises ValueError when the graph has nothing of the kind."""
        self._things = things_of(scene, kind)
        if not self._things:
            raise ValueError(f"the graph shows no {kind or 'thing'} that could be chosen")
        self._lang = lang
        self._graph = ClickableGraph()
        self._graph.draw(scene)
        self._graph.on_choice(self._pointed)
        options = [("—", ""), *((f"{one.kind} {one.name}", one) for one in self._things)]
        self._list = widgets.Dropdown(
            options=options, value="", description=say(lang, "place"), tooltip=say(lang, "place_tip")
        )
        self._list.observe(self._listed, "value")
        self.widget = widgets.VBox([self._graph, self._list])

    def chosen(self) -> Thing:
        """The thing. Raises Unclear."""
        if not self._list.value:
            raise Unclear(say(self._lang, "point"))
        return self._list.value  # type: ignore[no-any-return]

    def lock(self) -> None:
        """Let nothing be changed any more."""
        self._list.disabled = self._graph.is_locked = True

    def told(self, value: Any) -> str:
        """`Node node-2`; several that are right with a stroke between."""
        return " / ".join(_told(one) for one in _several(value))

    def judge(self, said: Any, answer: Any) -> Judged:
        """Right is any of the places that the answer names, by `Node/node-2` or the mere name."""
        right = [self._known(one) for one in _several(answer)]
        return judge_place(str(said), right)

    def static(self) -> str:
        """All that could be chosen."""
        return say(self._lang, "static place", options=" | ".join(f"{one.kind} {one.name}" for one in self._things))

    def _known(self, named: Any) -> str:
        """The full name of a thing that was there when the question was asked, else the name as it was given."""
        full = str(named)
        return next((str(one) for one in self._things if full in (str(one), one.name, f"{one.kind}/{one.name}")), full)

    def _pointed(self, thing: Thing | None) -> None:
        if thing in self._things:
            self._list.value = thing

    def _listed(self, change: Any) -> None:
        chosen = change["new"]
        if not chosen or chosen != thing_of(self._graph.chosen):
            self._graph.chosen = str(chosen)


def _several(value: Any) -> list[Any]:
    return [value] if isinstance(value, (str, Thing)) else list(value)


def _told(one: Any) -> str:
    thing = one if isinstance(one, Thing) else thing_of(str(one))
    return f"{thing.kind} {thing.name}" if thing is not None else str(one)
