"""The panel: levers for every fault, for scale and for time; what is broken now; a graph to click on.

A lever acts, the cluster settles, and graph and diff below the levers follow. A lever on something that is gone says
so and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from k8slab.clock import HotLoop
from k8slab.lab.controls_broken import broken_now
from k8slab.lab.controls_chosen import ChosenThing
from k8slab.lab.controls_graph import ClickableGraph
from k8slab.lab.controls_groups import GROUPS, Desk, Group
from k8slab.lab.controls_levers import NothingDone
from k8slab.lab.controls_progress import PanelBar, busy
from k8slab.lab.notebook import Mistake
from k8slab.lab.panels import bundle
from k8slab.lab.price_panel import show_one
from k8slab.view.diff_table import diff_html
from k8slab.view.svg import escape
from k8slab.view.words import Words
from k8slab.wire import ApiError, ServiceUnavailable

if TYPE_CHECKING:
    from k8slab.lab.lab import Lab

__all__ = ["Controls"]

GRAPH = "graph"
NAMES = (*GROUPS, GRAPH)
FEW = 2  # groups that stand below each other; more of them take turns


class Controls:
    """The panel of one Lab. `only` names the groups that it shows; `said` is what the last lever said.

    Raises ValueError for a group that is none.
    """

    def __init__(self, lab: Lab, only: str | Iterable[str] = ()) -> None:
        self.said = ""
        self._lab = lab
        self._names = _checked(only)
        self.name = ",".join(self._names)
        self._has_acted = False
        self._desk = Desk(lab, self._do)
        self._groups = {name: GROUPS[name](self._desk) for name in self._names if name != GRAPH}
        self._status, self._broken, self._diff = widgets.HTML(), widgets.VBox(), widgets.HTML()
        self._bar = PanelBar()
        self._graph = ClickableGraph()
        self._chosen = ChosenThing(self._desk)
        self._graph.on_choice(self._chosen.choose)
        tip = [widgets.HTML(f'<small style="opacity:.75">{escape(self._desk.say("graph_tip"))}</small>')]
        graph = [*(tip if GRAPH in self._names else ()), self._chosen.widget, self._graph]
        self.widget = widgets.VBox(
            [*self._levers(), self._broken, self._bar.widget, self._status, *graph, self._diff],
            layout={"max_width": "1000px"},
        )
        self.refresh()

    def refresh(self) -> None:
        """Offer what there is now, keeping each choice where it still exists."""
        for group in self._groups.values():
            group.refresh()
        self._list_broken()
        if GRAPH in self._names or self._has_acted:
            self._graph.draw(self._lab.last.scene)
            self._chosen.refresh()
        if self._has_acted:
            diff = self._lab.last.diff
            self._diff.value = "" if diff is None else diff_html(diff, Words(self._lab.lang))

    def close(self) -> None:
        """Follow the cells no longer; the levers still work."""

    def _levers(self) -> list[Any]:
        boxes = {name: widgets.VBox(list(group.rows)) for name, group in self._groups.items()}
        for box in (row for group in self._groups.values() for row in group.rows):
            box.layout.flex_flow = "row wrap"
        if len(boxes) <= FEW:
            return list(boxes.values())
        titles = [(self._desk.say(f"group {name}"), name) for name in boxes]
        turns = widgets.ToggleButtons(
            options=titles,
            tooltips=[f"{title}: {self._desk.say('group_tip')}" for title, _ in titles],
            style={"button_width": "auto"},
        )

        turns.observe(lambda change: show_one(boxes, change["new"]), "value")
        show_one(boxes, turns.value)
        return [turns, *boxes.values()]

    def _do(self, act: Callable[[], str]) -> None:
        """Act, and show what follows; what is refused is said, and nothing is drawn."""
        try:
            with busy(lambda: self._lab.now, self._lab.lang, self._bar):
                said = act()
                self._has_acted = True
                self._lab.picture()
        except NothingDone as nothing:
            said = str(nothing)
        except ServiceUnavailable as error:
            said = self._desk.say("gone api", why=str(error))
        except (ApiError, ValueError, HotLoop) as error:
            said = Mistake(error).text
        self.said = said
        self._status.value = f'<div role="status" aria-live="polite"><b>{escape(said)}</b></div>'
        self.refresh()

    def _list_broken(self) -> None:
        faults = broken_now(self._lab, self._desk.levers)
        texts = [fault.text for fault in faults]
        if texts == getattr(self._broken, "texts", None):
            return
        self._broken.texts = texts
        for old in self._broken.children:
            old.close()
        say = self._desk.say
        if not faults:
            self._broken.children = [widgets.HTML(f'<span style="opacity:.75">{escape(say("nothing broken"))}</span>')]
            return
        rows = [self._repair_row(fault.text, fault.repair) for fault in faults]
        title = widgets.HTML(f"<b>⚠ {escape(say('broken'))}</b>")
        repairs = [fault.repair for fault in faults]
        every = self._desk.button("repair_all", lambda: self._repair(texts, repairs), "success")
        self._broken.children = [widgets.HBox([title, every]), *rows]

    def _repair_row(self, text: str, repair: Callable[[], object]) -> widgets.HBox:
        button = self._desk.button("repair", lambda: self._repair([text], [repair]), what=text)
        return widgets.HBox([button, widgets.HTML(escape(text))])

    def _repair(self, texts: list[str], repairs: list[Callable[[], object]]) -> str:
        for repair in repairs:
            repair()
        return self._desk.say("did repair", what="; ".join(texts))

    @property
    def text(self) -> str:
        """What levers there are, and what is broken."""
        return "\n".join([self._desk.say("panel"), *self._lines()])

    def _lines(self) -> list[str]:
        lines = [f"{self._desk.say(f'group {name}')}: {_labels(group)}" for name, group in self._groups.items()]
        faults = [fault.text for fault in broken_now(self._lab, self._desk.levers)]
        broken = f"{self._desk.say('broken')}: {'; '.join(faults)}" if faults else self._desk.say("nothing broken")
        return [*lines, broken]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        items = "".join(f"<li>{escape(line)}</li>" for line in self._lines())
        html = f"<p><b>{escape(self._desk.say('panel'))}</b></p><ul>{items}</ul>"
        return bundle(self.widget, self.text, html)

    def __repr__(self) -> str:
        return self.text


def _checked(only: str | Iterable[str]) -> list[str]:
    names = [only] if isinstance(only, str) else list(only)
    for name in names:
        if name not in NAMES:
            raise ValueError(f'there are no levers called "{name}"; there are: {", ".join(NAMES)}')
    return names or list(NAMES)


def _labels(group: Group) -> str:
    parts = [part for row in group.rows for part in row.children if isinstance(part, widgets.Button)]
    return ", ".join(part.description for part in parts)
