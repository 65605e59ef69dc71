"""One view of one cluster: it records what happens through a Reader and draws a Picture whenever it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8slab.client import Reader
from k8slab.view.compose import compose
from k8slab.view.diff import state_diff
from k8slab.view.facts import EVERYTHING, Focus, read_facts
from k8slab.view.layout import Layout
from k8slab.view.picture import Picture
from k8slab.view.recorder import Recorder
from k8slab.view.relations import relations
from k8slab.view.words import Words

if TYPE_CHECKING:
    from networkx import DiGraph

__all__ = [
    "ClusterView",
]


class ClusterView:
    """Draws what `reader` can see, in the language `lang` (en or ko), and what has changed since the last picture.

    `focus` narrows it to a namespace, an app or a node. The first picture has no diff.
    """

    def __init__(self, reader: Reader, lang: str = "en", *, focus: Focus = EVERYTHING) -> None:
        self.focus = focus
        self._reader = reader
        self._words = Words(lang)
        self._recorder = Recorder(reader)
        self._layout = Layout()
        self._seen_at: float | None = None

    def update(self) -> Picture:
        """The picture of now; what it shows as new will not be new in the next one."""
        changes = self._recorder.pull()
        objects = self._recorder.snapshot()
        since, now = self._seen_at, self._reader.now
        self._seen_at = now
        if not self._recorder.is_connected:
            now = since or now  # who hears nothing at all cannot say who has fallen silent
        diff = None if since is None else state_diff(changes, objects, since, now, self._words)
        facts = read_facts(objects, changes, self.focus, is_connected=self._recorder.is_connected)
        scene = compose(facts, self._layout, self._words)
        return Picture(scene, facts, diff, self._words)

    def graph(self) -> DiGraph:
        """Who owns, hosts and serves whom, as of the newest picture: a networkx graph of `Kind/name`."""
        facts = read_facts(self._recorder.snapshot(), (), self.focus, is_connected=self._recorder.is_connected)
        return relations(facts)

    def close(self) -> None:
        """End every watch."""
        self._recorder.close()
