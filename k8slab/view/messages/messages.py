"""The messages since a moment, one of them shown: an arrow on the picture of how the cluster was when it was answered.

Left out  what the API server tells its watchers: these messages are on no record; calls that the pictures make
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from k8slab.client import Reader
from k8slab.view.calls import Call
from k8slab.view.cluster_view import ClusterView
from k8slab.view.diff_table import diff_html
from k8slab.view.history import Seen
from k8slab.view.messages.log import CallLog, is_heartbeat_call, is_read, request_of
from k8slab.view.messages.telling import SERVER, event_gist, sentence
from k8slab.view.messages.words import say
from k8slab.view.moments import after
from k8slab.view.overlay import Arrow
from k8slab.view.picture import Picture
from k8slab.view.recorder import Change
from k8slab.view.svg import escape, svg
from k8slab.view.words import Words

__all__ = ["Messages"]

LISTED = 60


class Messages:
    """The messages after what was `seen`, as recorded; `index` is the one that is shown.

    `has_reads` counts get, list and watch as messages; heartbeats are none.
    """

    def __init__(
        self, view: ClusterView, reader: Reader, lang: str = "en", *, seen: Seen | None = None, has_reads: bool = False
    ) -> None:
        self.lang = lang
        self.index = 0
        self.note = ""
        self.calls: list[Call] = []
        self._seen = seen or view.history.first
        self._has_reads = has_reads
        self._view = view
        self._log = CallLog(reader)
        self._words = Words(lang)
        self._log.pull()
        self._taken = len(self._log.calls) - len(self._log.after(self._seen.revision))
        self._changes: dict[int, Change] = {}
        self._heard = 0
        self._forget_from = view.history.began
        self.pull()

    def pull(self) -> bool:
        """Hear what has been said since; True when there is a new message."""
        self._log.pull()
        new = self._log.calls[self._taken :]
        self._taken += len(new)
        found = [call for call in new if self._is_message(call)]
        self.calls += found
        return bool(found)

    def __len__(self) -> int:
        return len(self.calls)

    @property
    def is_known(self) -> bool:
        """This cluster keeps a record of its calls."""
        return self._log.is_served

    def sentence(self, index: int) -> str:
        """One message, told: who, what, the answer, what came of it."""
        call = self.calls[index]
        return sentence(call, self._change(call), self._words)

    def arrows(self) -> Sequence[Arrow]:
        """The message that is shown, from who sent it to the API server, and on to what it was about."""
        if not self.calls:
            return ()
        call, change = self._shown, self._change(self._shown)
        style = "failed" if call.code >= 400 else "call"
        label = f"{request_of(call)} → {call.code}"
        if change is None or change.after is None:
            return [Arrow(call.who, SERVER, label, style)]
        about = f"{change.kind}/{change.key}"
        if change.kind == "Event":
            thing = change.after.get("involvedObject") or change.after.get("regarding") or {}
            about = "/".join(filter(None, (thing.get("kind"), thing.get("namespace"), thing.get("name"))))
            label = f"Event {event_gist(change.after)}"
        return [Arrow(call.who, SERVER, label, style), Arrow(SERVER, about, "", "past")]

    def picture(self) -> Picture:
        """The cluster as the message that is shown has left it, with what it has changed."""
        history = self._view.history
        history.pull()
        if not self.calls:
            return self._view.at(max(self._seen.time, history.began))
        call = self._shown
        change = self._change(call)
        done = max((earlier.revision for earlier in self.calls[: self.index + 1]), default=0)
        objects = history.at_revision(done) if done else history.at_revision(self._seen.revision)
        return self._view.draw(objects, [change] if change else [], call.when if change else None, call.when)

    @property
    def text(self) -> str:
        """Every message in its order, the one that is shown marked."""
        if not self.calls:
            return self._empty()
        lines = [say(self.lang, "title", n=len(self.calls))]
        first = max(min(self.index - LISTED // 2, len(self.calls) - LISTED), 0)
        if first:
            lines.append(say(self.lang, "earlier", n=first))
        for index in range(first, min(first + LISTED, len(self.calls))):
            sign = "▶" if index == self.index else " "
            lines.append(f"{sign} {self._after(self.calls[index]):>8}  {self.sentence(index)}")
        return "\n".join([*lines, *filter(None, [self.note])])

    @property
    def html(self) -> str:
        """The message that is shown, and the picture with its arrow."""
        picture, arrows = self.picture(), self.arrows()
        told = self.sentence(self.index) if self.calls else self._empty()
        place = say(self.lang, "place", at=self.index + 1, n=len(self.calls)) if self.calls else ""
        moment = self._after(self._shown) if self.calls else ""
        below = " · ".join(filter(None, [place, moment, self.note]))
        head = (
            f'<p role="status" style="margin:.3em 0;font-size:15px"><strong>{escape(told)}</strong><br/>'
            f'<span style="opacity:.7;font-size:13px">{escape(below)}</span></p>'
        )
        graph = self._still(picture, arrows) if os.environ.get("K8SLAB_STATIC") == "1" else svg(picture.scene, arrows)
        table = diff_html(picture.diff, self._words) if picture.diff is not None and picture.diff.stories else ""
        return f'<div style="max-width:1000px;word-break:keep-all">{head}{graph}{table}</div>'

    @property
    def list_html(self) -> str:
        """All messages as a list behind a click, for a reader who cannot step through them."""
        items = "".join(f"<div>{escape(line)}</div>" for line in self.text.splitlines())
        name = escape(say(self.lang, "list"))
        return f'<details><summary style="cursor:pointer">{name}</summary>{items}</details>'

    @property
    def _shown(self) -> Call:
        return self.calls[self.index]

    def _is_message(self, call: Call) -> bool:
        return not is_heartbeat_call(call) and (self._has_reads or not is_read(call))

    def _change(self, call: Call) -> Change | None:
        """What came of a call, where the view has heard of it."""
        history = self._view.history
        history.pull()
        if self._forget_from != history.began:
            self._forget_from, self._heard, self._changes = history.began, 0, {}
        for change in history.changes[self._heard :]:
            self._changes[change.revision] = change
        self._heard = len(history.changes)
        return self._changes.get(call.revision) if call.revision else None

    def _after(self, call: Call) -> str:
        return after(call.when - self.calls[0].when)

    def _empty(self) -> str:
        return say(self.lang, "none" if self.is_known else "unknown")

    def _still(self, picture: Picture, arrows: Sequence[Arrow]) -> str:
        from k8slab.view.png import png

        data = b64encode(png(picture.scene, arrows)).decode()
        alt = escape(f"{picture.scene.text}; {self.sentence(self.index)}" if self.calls else picture.scene.text)
        return (
            f'<figure style="margin:0"><img alt="{alt}" src="data:image/png;base64,{data}" '
            'style="max-width:100%"/></figure>'
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html + self.list_html}

    def __repr__(self) -> str:
        return self.text
