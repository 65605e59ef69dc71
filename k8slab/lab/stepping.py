"""Message stepping in a notebook: play, pause, one message on or back; at the end the cluster takes its next step.

A message is one call of the API; a step of the cluster is one event of its clock, so several may lie between two
messages, and several messages may come of one. While the cluster is served its clock moves by itself, and what is
said is followed as it comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from k8slab.clock import parse_duration
from k8slab.lab.panels import bundle
from k8slab.lab.timeline_words import say
from k8slab.view.messages import Messages
from k8slab.view.messages.words import say as tell

if TYPE_CHECKING:
    from k8slab.lab.lab import Lab

__all__ = [
    "MessagePanel",
    "messages_of",
]

QUIET_S = 60.0
BUDGET = 20_000  # steps of the cluster between two messages
PACES = {"slow": 4000, "medium": 2000, "fast": 1000, "quick": 400}
TICKS = 1_000_000


class MessagePanel:
    """The messages of one Lab. `forward` and `back` do what the buttons do; `messages` are those so far."""

    name = ""

    def __init__(self, lab: Lab, messages: Messages, until: float) -> None:
        self.messages = messages
        self.is_following = True
        self._lab = lab
        self._until = until
        self._is_drawing = self._has_shown = False
        self._build()
        self.refresh()

    @property
    def text(self) -> str:
        """Every message in its order."""
        return self.messages.text

    def forward(self) -> bool:
        """Show the next message; at the end let the cluster step until there is one. False when it is at rest."""
        messages = self.messages
        if messages.index + 1 >= len(messages) and not self._next():
            self._play.playing = False
            self._draw()
            return False
        if self._has_shown:
            messages.index += 1
        self._has_shown = True
        self._draw()
        return True

    def back(self) -> None:
        """Show the message before."""
        self.messages.index = max(self.messages.index - 1, 0)
        self._draw()

    def refresh(self) -> None:
        """Take what has been said meanwhile; the message that is shown stays."""
        if self.messages.pull():
            self.messages.note = ""  # it was not the end
        self._has_shown = bool(self.messages.calls)
        self._draw()

    def close(self) -> None:
        """Follow the cells no longer."""
        self.is_following = False
        self._play.playing = False

    def _next(self) -> bool:
        """Move the cluster until something is said. False when nothing is due."""
        messages = self.messages
        messages.note = ""
        for _ in range(BUDGET):
            if messages.pull():
                return True
            if self._is_at_rest() or not self._lab.step():
                break
        messages.note = tell(self._lab.lang, "rest" if self._is_stepped else "so far")
        return False

    @property
    def _is_stepped(self) -> bool:
        """Time passes only when somebody lets it."""
        return getattr(self._lab, "cluster", None) is not None and self._lab.server is None

    def _is_at_rest(self) -> bool:
        if not self._is_stepped:
            return True
        loop = self._lab.cluster.loop
        due = loop.next_due()
        return not loop.has_due and loop.now >= self._until and (due is None or due > loop.now + QUIET_S)

    def _build(self) -> None:
        self._play = widgets.Play(min=0, max=TICKS, interval=PACES["medium"], show_repeat=False)
        self._play.description = self._say("play")
        self._pace = widgets.Dropdown(
            options=[(self._say(name), interval) for name, interval in PACES.items()],
            value=PACES["medium"],
            description=self._say("speed"),
            tooltip=self._say("speed_tip"),
            layout={"width": "15em"},
            style={"description_width": "5em"},
        )
        self._slider = widgets.IntSlider(
            1, 1, 1, description=self._say("message"), readout=False, layout={"flex": "1 1 16em"}
        )
        self._screen = widgets.HTML()
        first, back, on = (self._button(name) for name in ("first", "previous", "next"))
        first.on_click(lambda _: self._show(0))
        back.on_click(lambda _: self.back())
        on.on_click(lambda _: self.forward())
        self._play.observe(self._on_tick, "value")
        widgets.link((self._pace, "value"), (self._play, "interval"))
        self._slider.observe(self._on_slide, "value")
        row = widgets.HBox(
            [self._play, first, back, on, self._slider, self._pace],
            layout={"align_items": "center", "flex_flow": "wrap"},
        )
        self.widget = widgets.VBox([row, self._screen], layout={"max_width": "1000px"})

    def _say(self, name: str) -> str:
        return say(self._lab.lang, name)

    def _button(self, name: str) -> widgets.Button:
        tip = self._say(f"{name}_tip")
        return widgets.Button(description=self._say(name), tooltip=tip, layout={"width": "2.8em"})

    def _on_tick(self, change: Any) -> None:
        if change["new"] > change["old"]:  # it falls to 0 when somebody stops it
            self.forward()
        elif change["new"] == 0:
            self._show(0)

    def _on_slide(self, _: Any) -> None:
        if not self._is_drawing:
            self._show(self._slider.value - 1)

    def _show(self, index: int) -> None:
        self.messages.index = min(max(index, 0), max(len(self.messages) - 1, 0))
        self._draw()

    def _draw(self) -> None:
        self._is_drawing = True
        try:
            self._slider.max = max(len(self.messages), 1)
            self._slider.value = self.messages.index + 1
        finally:
            self._is_drawing = False
        self._screen.value = self.messages.html

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        messages = self.messages
        return bundle(self.widget, messages.text, messages.html + messages.list_html)

    def __repr__(self) -> str:
        return self.messages.text


def messages_of(lab: Lab, duration: str | float, *, reads: bool) -> MessagePanel:
    """The messages since the last picture (or, when there are none, those that led to it), and what follows live."""
    pictures = lab.view.history.pictures
    seen = pictures[-1] if lab.is_touched or len(pictures) < 2 else pictures[-2]
    messages = Messages(lab.view, lab.reader, lab.lang, seen=seen, has_reads=reads)
    if lab.is_touched:
        lab.look()  # the panel shows what has happened, so the cell need not
    return MessagePanel(lab, messages, lab.now + parse_duration(duration))
