"""Buttons: kill a pod, cut a machine's power and give it back, let one thing happen or some time pass.

A button acts, the cluster settles, and the picture below the buttons is drawn anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from IPython.display import display

from k8slab.lab.notebook import Mistake
from k8slab.lab.words import say
from k8slab.wire import ApiError, ServiceUnavailable

if TYPE_CHECKING:
    from k8slab.lab.lab import Lab

__all__ = ["Controls"]

DURATIONS = ("1s", "10s", "1m", "7m")


class Controls:
    """The panel of one Lab; `widget` is what a cell shows."""

    def __init__(self, lab: Lab, namespace: str = "default") -> None:
        self._lab = lab
        self._namespace = namespace
        self._pod = widgets.Dropdown(description=self._say("pod"), layout={"width": "24em"})
        self._machine = widgets.Dropdown(description=self._say("machine"), layout={"width": "18em"})
        self._duration = widgets.Dropdown(options=DURATIONS, value="10s", layout={"width": "6em"})
        self._duration.tooltip = self._say("run_tip")
        self._screen = widgets.Output()
        rows = [
            widgets.HBox([self._pod, self._button("kill", self._kill, "danger")]),
            widgets.HBox(
                [self._machine, self._button("cut", self._cut, "danger"), self._button("restore", self._restore)]
            ),
            widgets.HBox([self._button("step", self._step), self._button("run", self._run), self._duration]),
        ]
        self.widget = widgets.VBox([*rows, self._screen])
        self.refresh()

    def _say(self, key: str) -> str:
        return say(self._lab.lang, key)

    def _button(self, key: str, act: Callable[[], None], style: str = "") -> widgets.Button:
        button = widgets.Button(description=self._say(key), tooltip=self._say(key + "_tip"), button_style=style)
        button.on_click(lambda _: self._do(act))
        return button

    def _do(self, act: Callable[[], None]) -> None:
        """Act and draw; what the API refuses is shown in the place of the picture."""
        shown: Any
        try:
            act()
            shown = self._lab.picture()
        except (ApiError, ValueError) as error:
            shown = Mistake(error)
        self.refresh()
        self._screen.clear_output(wait=True)
        with self._screen:
            display(shown)

    def refresh(self) -> None:
        """Offer the pods and machines that there are now, keeping the choice where it still exists."""
        try:
            pods = [pod["metadata"]["name"] for pod in self._lab.client.list("Pod", self._namespace)]
        except ServiceUnavailable:  # the control plane is off: what was last known is still on offer
            pods = list(self._pod.options)
        machines = self._lab.cluster.nodes
        machines = [*machines[1:], *machines[:1]]  # the workers first: who cuts the control plane should mean it
        for choice, options in ((self._pod, pods or [self._say("no_pods")]), (self._machine, machines)):
            before = choice.value
            choice.options = options
            choice.value = before if before in options else options[0]

    def _kill(self) -> None:
        self._lab.client.delete("Pod", self._pod.value, self._namespace)

    def _cut(self) -> None:
        self._lab.fail(self._machine.value)

    def _restore(self) -> None:
        self._lab.recover(self._machine.value)

    def _step(self) -> None:
        self._lab.step()

    def _run(self) -> None:
        self._lab.run(self._duration.value)
