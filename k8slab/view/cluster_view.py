"""One view of one cluster: it records what happens through a Reader and draws a Picture whenever it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from k8slab.client import Reader
from k8slab.view.cards import EVERYTHING
from k8slab.view.compose import FOLDINGS, MOST_NODES, compose
from k8slab.view.diff import state_diff
from k8slab.view.facts import Focus, PodMemory, read_facts
from k8slab.view.focusing import check_focus
from k8slab.view.history import History
from k8slab.view.layout import Layout
from k8slab.view.measures import flows_of, use_of_nodes
from k8slab.view.picture import Picture
from k8slab.view.recorder import Change, Recorder, Snapshot
from k8slab.view.relations import relations
from k8slab.view.words import Words

if TYPE_CHECKING:
    from networkx import DiGraph

__all__ = [
    "ClusterView",
]


NOW_S = 1.0  # no measurement tells of a shorter time than this
UNMEASURED: Mapping[str, Any] = MappingProxyType({})


class ClusterView:
    """Draws what `reader` can see, in the language `lang` (en or ko), and what has changed since the last picture.

    `focus` narrows it to a namespace, an app or a node, `folding` says how much is drawn one by one (see compose). The
    first picture has no diff. `history` keeps what happened, but no measurements: a picture of the past says so.
    """

    def __init__(
        self, reader: Reader, lang: str = "en", *, focus: Focus = EVERYTHING, folding: str = FOLDINGS[0]
    ) -> None:
        self.focus = focus
        self.folding = folding
        self._reader = reader
        self._words = Words(lang)
        self._recorder = Recorder(reader)
        self.history = History(self._recorder, lambda: reader.now)
        self._layouts: dict[tuple[Focus, str], Layout] = {}
        self._pods = PodMemory()
        self._seen_at: float | None = None
        self._has_measures = False

    def update(self) -> Picture:
        """The picture of now; what it shows as new will not be new in the next one."""
        changes = self.history.take()
        objects = self._recorder.snapshot()
        since, now = self._seen_at, self._reader.now
        self._seen_at = now
        if not self._recorder.is_connected:
            now = since or now  # who hears nothing at all cannot say who has fallen silent
        diff = None if since is None else state_diff(changes, objects, since, now, self._words)
        is_connected = self._recorder.is_connected
        measures = self._measured(objects, self.focus) if is_connected else {}
        facts = read_facts(objects, changes, self.focus, is_connected=is_connected, known=self._pods, **measures)
        scene = compose(facts, self._layout, self._words, self.folding)
        return Picture(scene, facts, diff, self._words)

    def turn_to(self, focus: Focus = EVERYTHING, folding: str = FOLDINGS[0]) -> Picture:
        """Look at this from now on: the picture of now without a diff. Raises ValueError for what is not there."""
        self.history.pull()
        check_focus(focus, self.objects)
        measures = self._measured(self.objects, focus) if self.is_connected else {}
        facts = read_facts(self.objects, (), focus, is_connected=self.is_connected, **measures)
        layout = self._layouts.setdefault((focus, folding), Layout())
        scene = compose(facts, layout, self._words, folding)
        self.focus, self.folding = focus, folding
        return Picture(scene, facts, None, self._words)

    @property
    def _layout(self) -> Layout:
        """Every focus has its own memory, so that what one comes back to is where it was."""
        return self._layouts.setdefault((self.focus, self.folding), Layout())

    @property
    def is_connected(self) -> bool:
        """The server answered when it was last heard."""
        return self._recorder.is_connected

    @property
    def objects(self) -> Snapshot:
        """What was there when it was last heard, of the kinds that the reader may see. Nobody changes it."""
        return self._recorder.snapshot()

    def at(self, moment: float) -> Picture:
        """The picture of a moment of the past, with what had changed since the picture before it.

        Raises ValueError for a moment before the history began.
        """
        self.history.pull()
        since, is_now = self.history.before(moment), moment > self._reader.now - NOW_S
        measures = self._measured(self.objects, self.focus) if is_now and self.is_connected else {}
        return self.draw(self.history.at(moment), self.history.between(since, moment), since, moment, measures)

    def draw(
        self,
        objects: Snapshot,
        changes: Iterable[Change],
        since: float | None,
        now: float,
        measures: Mapping[str, Any] = UNMEASURED,
    ) -> Picture:
        """The picture of these objects, with what `changes` changed after `since`; no other picture knows of it."""
        changes = list(changes)
        diff = None if since is None else state_diff(changes, objects, since, now, self._words)
        facts = read_facts(objects, changes, self.focus, **measures)
        facts = facts._replace(lacks_measures=self._has_measures and not measures)
        return Picture(compose(facts, deepcopy(self._layout), self._words, self.folding), facts, diff, self._words)

    def _measured(self, objects: Snapshot, focus: Focus) -> dict[str, Any]:
        """What is measured now, as `read_facts` takes it."""
        namespaces = [focus.namespace] if focus.namespace else [key.name for key in objects.get("Namespace", {})]
        is_fleet = len(objects.get("Node", {})) > MOST_NODES + 1  # so many are drawn without bars
        use, flows = {} if is_fleet else use_of_nodes(self._reader), flows_of(self._reader, namespaces)
        self._has_measures = self._has_measures or bool(use or flows)
        return {"use": use, "flows": flows}

    def graph(self) -> DiGraph:
        """Who owns, hosts, serves and routes, as of the newest picture: a networkx graph of `Kind/name`."""
        facts = read_facts(self._recorder.snapshot(), (), self.focus, is_connected=self._recorder.is_connected)
        return relations(facts)

    def close(self) -> None:
        """End every watch."""
        self._recorder.close()
