"""The table of prices, to be read and to be changed: a field for each entry, in groups that take turns, and one button.

Changes hold for the past as well, since a bill is worked out when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from k8slab.kubeadm import Cluster
from k8slab.lab.panels import bundle
from k8slab.lab.words import say
from k8slab.view.charts import price_table_html, price_table_text
from k8slab.view.charts.numbers import won
from k8slab.view.charts.price_table import unit_of
from k8slab.view.svg import escape

__all__ = ["PricePanel", "show_one"]


class PricePanel:
    """The prices of the cluster that `find_cluster` finds; `said` is what the button said last."""

    name = "prices"

    def __init__(self, find_cluster: Callable[[], Cluster], lang: str) -> None:
        self.said = ""
        self._find_cluster = find_cluster
        self._lang = lang
        self._fields = {path: self._field(path, price) for path, price in self._entries.items()}
        groups: dict[str, list[Any]] = {}
        for path, field in self._fields.items():
            groups.setdefault(path.partition(".")[0] if "." in path else self._say("other prices"), []).append(field)
        boxes = {name: widgets.VBox(fields) for name, fields in groups.items()}
        turns = widgets.ToggleButtons(options=[*groups], style={"button_width": "auto"})
        turns.observe(lambda change: show_one(boxes, change["new"]), "value")
        show_one(boxes, turns.value)
        button = widgets.Button(
            description=self._say("use prices"), tooltip=self._say("use prices_tip"), button_style="primary"
        )
        button.layout.width = "auto"
        button.on_click(lambda _: self._use())
        prices, self._status = self._find_cluster().prices(), widgets.HTML()
        head = widgets.HTML(f"<b>{escape(self._say('prices', source=prices.source, date=prices.date))}</b>")
        self.widget = widgets.VBox([head, turns, *boxes.values(), widgets.HBox([button]), self._status])

    @property
    def _entries(self) -> dict[str, float]:
        prices = self._find_cluster().prices()
        return {path: prices[path] for path in prices}

    def refresh(self) -> None:
        """Show the prices that hold now."""
        for path, price in self._entries.items():
            if path in self._fields:
                self._fields[path].value = price

    def close(self) -> None:
        """Follow the cells no longer."""

    def _say(self, key: str, **values: str) -> str:
        return say(self._lang, key, **values)

    def _field(self, path: str, price: float) -> Any:
        unit = unit_of(path, self._lang)
        return widgets.FloatText(
            value=price,
            description=path,
            tooltip=f"{path}: {unit}",
            style={"description_width": "16em"},
            layout={"width": "26em"},
        )

    def _use(self) -> None:
        """Have the changed prices hold, and tell what they make of the bill."""
        before = self._entries
        changes = {path: field.value for path, field in self._fields.items() if field.value != before.get(path)}
        try:
            old = self._find_cluster().bill().total
            if changes:
                self._find_cluster().prices(changes)
            new = self._find_cluster().bill().total
            self.said = self._say("prices used", n=str(len(changes)), before=won(old), after=won(new))
        except ValueError as error:
            self.said = str(error)
        self._status.value = f'<div role="status" aria-live="polite"><b>{escape(self.said)}</b></div>'

    @property
    def text(self) -> str:
        """The table as text."""
        return price_table_text(self._entries, self._find_cluster().prices(), self._lang)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return bundle(
            self.widget, self.text, price_table_html(self._entries, self._find_cluster().prices(), self._lang)
        )

    def __repr__(self) -> str:
        return self.text


def show_one(boxes: Mapping[str, Any], name: str) -> None:
    """Show one of several boxes."""
    for each, box in boxes.items():
        box.layout.display = "flex" if each == name else "none"
