"""The time line of one view: its lanes as a picture, and the picture of the cluster at any moment of it.

Watches   what the view's recorder watches; the audit record, where there is one
Source    tools that show traces as lanes; the writers are those of the state diff
Left out  without an audit record: reads and refusals, and whoever deleted something
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from k8slab.client import Reader
from k8slab.objects import key_of
from k8slab.view.calls import Call
from k8slab.view.cluster_view import ClusterView
from k8slab.view.messages.log import CallLog
from k8slab.view.moments import after, clock
from k8slab.view.picture import Picture
from k8slab.view.recorder import KINDS, Change, Snapshot
from k8slab.view.svg import escape, painted
from k8slab.view.timeline.axis import Axis
from k8slab.view.timeline.deeds import (
    ACTS,
    Deed,
    Lever,
    deeds_of_calls,
    deeds_of_changes,
    deeds_of_faults,
    told,
)
from k8slab.view.timeline.drawing import LEFT, RIGHT, draw_lanes, name_of
from k8slab.view.timeline.lanes import Lane, lanes
from k8slab.view.timeline.words import counted, say
from k8slab.view.words import Words
from k8slab.wire import ApiError

__all__ = [
    "Past",
    "Timeline",
]

EXACT = 1e-6  # the record keeps microseconds


class Past(NamedTuple):
    """A cluster that can be asked how it was: from when on, and what reads it at a moment."""

    began: float
    at: Callable[[float], Reader]


class Timeline:
    """What has happened in the cluster that `view` draws, as it was at the last `update`.

    `levers` tells what was done to the machines, `past` reads what the view has not seen. All of it lies between
    `began` and `now` (seconds since 1970), what is shown between `start` and `end`; `moment` is where the scrubber
    stands. `is_in_order` gives every moment the same room, `has_reads` shows who only asked.
    """

    def __init__(
        self,
        view: ClusterView,
        reader: Reader,
        lang: str = "en",
        *,
        levers: Callable[[], Iterable[Lever]] = tuple,
        past: Past | None = None,
    ) -> None:
        self.lang = lang
        self.has_reads = self.is_in_order = False
        self.view = view
        self._reader = reader
        self._log = CallLog(reader)
        self._levers = levers
        self._past = past
        self._words = Words(lang)
        self._texts: dict[tuple[str, float, int], str] = {}
        self._changes: dict[int, Change] = {}
        self._lanes: list[Lane] | None = None
        self._hear()
        self.start, self.end, self.moment = self.began, self.now, self.now

    def update(self) -> None:
        """Hear what has happened; what stood at the end goes along with it."""
        is_at_end, shows_end = self.moment == self.now, self.end == self.now
        self._hear()
        self.moment = self.now if is_at_end else max(self.moment, self.began)
        self.end = self.now if shows_end else self.end

    def _hear(self) -> None:
        history = self.view.history
        history.pull()
        self._log.pull()
        self._changes = {change.revision: change for change in history.changes}
        self.began = min(history.began, self._past.began) if self._past else history.began
        self.now = max([self._reader.now, self.began, *(call.when for call in self._log.calls[-1:])])
        self._lanes = None

    @property
    def stops(self) -> list[float]:
        """The moments at which something happened, from `began` to `now`: where a scrubber stops."""
        moments = {deed.time for lane in self._all() for deed in lane.deeds}
        moments.update(self.view.history.stops())
        return sorted({self.began, *(moment for moment in moments if self.began <= moment <= self.now), self.now})

    def zoom(self, start: float, end: float) -> None:
        """Show what lies between two moments. Raises ValueError when there is nothing between them."""
        if not start < end:
            raise ValueError(f"a time line cannot end at {end!r} when it starts at {start!r}")
        self.start, self.end = start, end

    @property
    def text(self) -> str:
        """The lanes in words."""
        shown = [(lane, self._within(lane)) for lane in self._all()]
        shown = [(lane, deeds) for lane, deeds in shown if deeds]
        if not shown:
            return say(self.lang, "empty")
        lines = [self._title(len(shown), sum(len(deeds) for _, deeds in shown))]
        for lane, deeds in shown:
            counts = {act: sum(deed.act == act for deed in deeds) for act in ACTS}
            what = counted(self.lang, {act: n for act, n in counts.items() if n})
            begin, end = (after(deeds[at].time - self.began) for at in (0, -1))
            span = begin if begin == end else f"{begin} … {end}"
            lines.append(f"{name_of(lane.name, self.lang)}: {what} ({span})")
        return "\n".join([*lines, self._shown()])

    @property
    def html(self) -> str:
        """The lanes as SVG (or PNG)."""
        marks, height = self._drawn()
        if os.environ.get("K8SLAB_STATIC") == "1":
            data = b64encode(self.png()).decode()
            return (
                f'<figure style="margin:0"><img alt="{escape(self.text)}" src="data:image/png;base64,{data}" '
                'style="max-width:100%"/></figure>'
            )
        return f'<div style="max-width:1000px">{painted(marks, height, self.text)}</div>'

    def png(self) -> bytes:
        """The lanes as a PNG file."""
        from k8slab.view.png import painted_png

        return painted_png(*self._drawn())

    def picture(self, moment: float | None = None) -> Picture:
        """The cluster at a moment (without one, where the scrubber stands), with what had changed until then."""
        moment = self.moment if moment is None else moment
        if moment >= self.view.history.began or self._past is None:
            return self.view.at(max(moment, self.view.history.began))
        return self.view.draw(_snapshot(self._past.at(max(moment, self._past.began))), (), None, moment)

    def _drawn(self) -> tuple[list[Any], float]:
        stops = self.stops if self.is_in_order else ()
        axis = Axis(self.start, self.end, LEFT, RIGHT, self.began, stops)
        shown = [lane for lane in self._all() if self._within(lane)]
        return draw_lanes(shown, axis, self.moment, self._told, self.lang)

    def _all(self) -> list[Lane]:
        if self._lanes is None:
            self._lanes = lanes(self._deeds())
        return self._lanes

    def _deeds(self) -> list[Deed]:
        changes = self.view.history.changes
        if self._log.calls:
            is_from_start = self.view.history.first.time == self.began
            calls = self._log.after(self.view.history.first.revision) if is_from_start else self._log.calls
            found = list(deeds_of_calls(calls, reads=self.has_reads))
        else:
            found = list(deeds_of_changes(changes))
        faults = deeds_of_faults(changes, self._levers())
        return [deed for deed in (*found, *faults) if deed.time > self.began - EXACT]

    def _within(self, lane: Lane) -> list[Deed]:
        return [deed for deed in lane.deeds if self.start <= deed.time <= self.end]

    def _told(self, deed: Deed) -> str:
        source = deed.source
        number = source.number if isinstance(source, Call) else source.revision if isinstance(source, Change) else 0
        place = (deed.lane, deed.time, number)
        if number and place in self._texts:
            return self._texts[place]
        change = self._changes.get(source.revision) if isinstance(source, Call) and source.revision else None
        text = self._texts[place] = told(deed, change, self._words)
        return text

    def _title(self, rows: int, n: int) -> str:
        length = after(self.end - self.start).removeprefix("+")
        return say(
            self.lang, "title", start=clock(self.start), end=clock(self.end), length=length, lanes=rows, n=f"{n:,}"
        )

    def _shown(self) -> str:
        return say(self.lang, "shown", moment=after(self.moment - self.began), clock=clock(self.moment))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}

    def __repr__(self) -> str:
        return self.text


def _snapshot(reader: Reader) -> Snapshot:
    """Everything that a picture is drawn from, as this Reader answers."""
    objects = {}
    for kind in KINDS:
        try:
            objects[kind] = {key_of(obj): obj for obj in reader.list(kind)}
        except ApiError:
            continue  # this cluster has no such kind, or does not show it
    return objects
