"""A watch tape in a notebook: its lines grow after every cell, and by themselves while the cluster is served.

Two buttons tear the line and mend it again, which is how a watcher comes too late.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from k8slab.lab.following import notebook_loop
from k8slab.lab.panels import bundle
from k8slab.view.tape import Line, Tape

if TYPE_CHECKING:
    from k8slab.lab.lab import Lab

__all__ = ["TapePanel"]

TEXTS = {
    "en": {
        "tear": "Tear the line",
        "tear_tip": "Hang up: what happens from now on is not heard",
        "mend": "Mend it",
        "mend_tip": "Watch again from the last number that was seen",
    },
    "ko": {
        "tear": "연결 끊기",
        "tear_tip": "watch를 끊습니다. 이제부터 일어나는 일은 듣지 못합니다",
        "mend": "다시 잇기",
        "mend_tip": "마지막으로 본 번호부터 다시 watch합니다",
    },
}


class TapePanel:
    """One tape of one Lab. `tear` and `mend` do what the buttons do."""

    def __init__(self, lab: Lab, tape: Tape) -> None:
        self.tape = tape
        self._lab = lab
        self._screen = widgets.HTML()
        texts = TEXTS[lab.lang]
        buttons = {
            name: widgets.Button(description=texts[name], tooltip=texts[f"{name}_tip"]) for name in ("tear", "mend")
        }
        buttons["tear"].on_click(lambda _: self.tear())
        buttons["mend"].on_click(lambda _: self.mend())
        self._tear, self._mend = buttons["tear"], buttons["mend"]
        self.widget = widgets.VBox([widgets.HBox([self._tear, self._mend]), self._screen])
        self._notebook = notebook_loop()
        self._is_woken = False
        tape.wake = self._wake
        self.refresh()

    @property
    def name(self) -> str:
        """What is watched."""
        return self.tape.title

    @property
    def lines(self) -> Sequence[Line]:
        """Every line so far; what has come is taken first."""
        self.tape.update()
        return self.tape.lines

    @property
    def text(self) -> str:
        """What `print` shows."""
        return self.tape.text

    def tear(self) -> None:
        """Hang up."""
        self.tape.tear()
        self._show()

    def mend(self) -> None:
        """Come back and ask for what was missed."""
        self.tape.mend()
        self._show()

    def refresh(self) -> None:
        """Take what has come, and show it."""
        self.tape.update()
        self._show()

    def close(self) -> None:
        """End the watch."""
        self.tape.close()

    def _show(self) -> None:
        self._screen.value = self.tape.html
        self._tear.disabled, self._mend.disabled = self.tape.is_torn, not self.tape.is_torn

    def _wake(self) -> None:
        """What is served, or lives elsewhere, moves by itself: have the notebook look when it has a moment."""
        moves = self._lab.server is not None or not hasattr(self._lab, "cluster")
        if moves and not self._is_woken and self._notebook is not None and not self._notebook.is_closed():
            self._is_woken = True  # one look is enough for all that comes until then
            self._notebook.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        self._is_woken = False
        self.refresh()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return bundle(self.widget, self.tape.text, self.tape.html)

    def __repr__(self) -> str:
        return self.tape.text
