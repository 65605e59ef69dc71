"""The time line in a notebook: a scrubber that shows any past moment, a range to look at, and a fork of the past.

The keys of the sliders are those of the browser: arrows go one moment on or back, Home and End to the ends.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from k8slab.lab.notebook import Mistake
from k8slab.lab.panels import bundle
from k8slab.lab.timeline_words import say
from k8slab.view.moments import after, clock
from k8slab.view.timeline import Lever, Past, Timeline

if TYPE_CHECKING:
    from k8slab.kubeadm import Cluster
    from k8slab.lab.lab import Lab

__all__ = ["TimelinePanel"]

BREAKS = (
    "fail", "shut_down", "stop_daemon", "crash", "cut", "cut_link", "slow", "occupy", "stop_vm", "delete_vm", "outage",
    "remove_node",
)  # fmt: skip
MENDS = ("recover", "start_daemon", "heal", "heal_link", "start_vm")
TURNS = ("start_load", "stop_load", "add_node", "add_vm", "metric", "measured", "link", "edit", "begin_playbook")
LONGEST = 60  # letters of a value
EXACT = 1e-6  # the record keeps microseconds: what happened at a moment is in a fork of it
AUTO = {"width": "auto"}


class TimelinePanel:
    """The time line of one Lab. `moment` is where the scrubber stands, in seconds since 1970 as `lab.now`.

    `forked` is the newest Lab that `fork`, or its button, has made.
    """

    name = ""

    def __init__(self, lab: Lab) -> None:
        self.forked: Lab | None = None
        self.is_following = True
        self._lab = lab
        self._cluster: Cluster | None = getattr(lab, "cluster", None)  # None: it lives elsewhere
        self.line = self._new_line()
        self._stops: list[float] = []
        self._is_drawing = False
        self._build(can_fork=self._cluster is not None and self._cluster.has_past)
        self.refresh()

    @property
    def moment(self) -> float:
        """Where the scrubber stands."""
        return self.line.moment

    @property
    def text(self) -> str:
        """The lanes in words."""
        return self.line.text

    def seek(self, moment: float) -> None:
        """Move the scrubber to a moment, or to the last one before it at which something happened."""
        self._scrub.value = max(bisect_right(self._stops, moment + EXACT) - 1, 0)

    def zoom(self, start: float, end: float) -> None:
        """Look at what lies between two moments. Raises ValueError when there is nothing between them."""
        self.line.zoom(start, end)
        self._draw()

    def fork(self, moment: float | None = None) -> Lab:
        """A Lab of its own that starts at this moment (without one, where the scrubber stands), as it was then.

        What happens there leaves this one as it is. From now on the notebook's cells act in the fork.
        Raises ValueError.
        """
        moment = self.moment if moment is None else moment
        self.forked = self._lab.fork(min(moment + EXACT, self._lab.now))
        return self.forked

    def refresh(self) -> None:
        """Hear what has happened; a scrubber at the end stays at the end."""
        if self.line.view is not self._lab.view:
            self.line = self._new_line()  # the lab looks at something else by now
        self.line.update()
        self._stops = self.line.stops
        self._is_drawing = True  # the widgets move now because time has passed, not because somebody moved them
        try:
            self._scrub.max = len(self._stops) - 1
            self._scrub.value = bisect_left(self._stops, self.line.moment)
            length = max(self.line.now - self.line.began, 0.001)
            window = (self.line.start - self.line.began, self.line.end - self.line.began)
            self._range.max, self._range.step = length, length / 500
            self._range.value = window
        finally:
            self._is_drawing = False
        self._draw()

    def close(self) -> None:
        """Follow the cells no longer."""
        self.is_following = False

    def _new_line(self) -> Timeline:
        lab, cluster = self._lab, self._cluster
        past = Past(cluster.built_at, cluster.at) if cluster is not None and cluster.has_past else None
        return Timeline(lab.view, lab.reader, lab.lang, levers=self._levers, past=past)

    def _build(self, *, can_fork: bool) -> None:
        style = {"description_width": "7em"}
        self._scrub = widgets.IntSlider(
            0, 0, 1, description=self._say("moment"), readout=False, layout={"flex": "1 1 20em"}, style=style
        )
        self._range = widgets.FloatRangeSlider(
            min=0, max=1, description=self._say("range"), readout=False, layout={"flex": "1 1 20em"}, style=style
        )
        self._where, self._window = (widgets.HTML(layout={"min_width": "15em"}) for _ in range(2))
        self._order = widgets.ToggleButton(description=self._say("order"), tooltip=self._say("order_tip"), layout=AUTO)
        self._reads = widgets.ToggleButton(description=self._say("reads"), tooltip=self._say("reads_tip"))
        self._fork = self._button("fork", self._on_fork)
        self._fork.disabled = not can_fork
        self._lanes, self._picture, self._said = widgets.HTML(), widgets.HTML(), widgets.HTML()
        back, on = self._button("back", lambda: self._move(-1)), self._button("on", lambda: self._move(1))
        back.layout.width = on.layout.width = "2.6em"
        self._scrub.observe(self._on_scrub, "value")
        self._range.observe(self._on_range, "value")
        self._order.observe(self._on_look, "value")
        self._reads.observe(self._on_look, "value")
        rows = [
            self._lanes,
            widgets.HBox([self._scrub, back, on, self._where], layout={"align_items": "center"}),
            widgets.HBox([self._range, self._window], layout={"align_items": "center"}),
            widgets.HBox([self._order, self._reads, self._fork]),
            self._said,
            self._picture,
        ]
        self.widget = widgets.VBox(rows, layout={"max_width": "1000px"})

    def _say(self, name: str, **values: str) -> str:
        return say(self._lab.lang, name, **values)

    def _button(self, name: str, act: Any) -> widgets.Button:
        button = widgets.Button(description=self._say(name), tooltip=self._say(f"{name}_tip"))
        button.on_click(lambda _: act())
        return button

    def _move(self, steps: int) -> None:
        self._scrub.value = min(max(self._scrub.value + steps, 0), self._scrub.max)

    def _on_scrub(self, _: Any) -> None:
        if not self._is_drawing:
            self.line.moment = self._stops[self._scrub.value]
            self._draw()

    def _on_range(self, _: Any) -> None:
        start, end = self._range.value
        if not self._is_drawing and start < end:
            is_whole = end >= self._range.max
            self.line.zoom(self.line.began + start, self.line.now if is_whole else self.line.began + end)
            self._draw()

    def _on_look(self, _: Any) -> None:
        self.line.is_in_order, self.line.has_reads = self._order.value, self._reads.value
        self.refresh()

    def _on_fork(self) -> None:
        try:
            self.fork()
            text = self._say("forked", moment=after(self.moment - self.line.began), clock=clock(self.moment))
            self._said.value = f'<p role="status" style="margin:.3em 0"><strong>{text}</strong></p>'
        except ValueError as error:
            self._said.value = Mistake(error)._repr_mimebundle_()["text/html"]

    def _draw(self) -> None:
        self._lanes.value = self.line.html
        place = f"{after(self.moment - self.line.began)} · {clock(self.moment)}"
        number = f"{self._scrub.value + 1:,}/{len(self._stops):,}"
        self._where.value = f'{place} <span style="opacity:.7">({number})</span>'
        window = (after(moment - self.line.began) for moment in (self.line.start, self.line.end))
        self._window.value = " … ".join(window)
        self._picture.value = self.line.picture().html

    def _levers(self) -> Iterator[Lever]:
        """What was done to the machines, as the person wrote it."""
        for entry in self._cluster.journal.inputs if self._cluster is not None else ():
            act = "fault" if entry.act in BREAKS else "recovery" if entry.act in MENDS else "lever"
            if act != "lever" or entry.act in TURNS:
                told = [repr(value) for value in entry.what.values() if value not in (None, "")]
                values = ", ".join(value if len(value) <= LONGEST else f"{value[:LONGEST]}…" for value in told)
                yield Lever(entry.at, act, f"{entry.act}({values})")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        picture = self.line.picture()
        return bundle(self.widget, f"{self.line.text}\n{picture.text}", self.line.html + picture.html)

    def __repr__(self) -> str:
        return self.line.text
