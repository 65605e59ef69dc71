"""All nodes in columns: their order, their labels, what has changed lately, and what plugins count of their pods.

A column has a value for every node, at the node's place. Edits tell who keeps such a column what has become of the
nodes since he last looked, so that keeping it up to date costs as much as has changed, and not a look at every node.

Source    pkg/scheduler/backend/cache/{cache,snapshot}.go (generations and UpdateSnapshot, to the same end)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from k8slab.scheduler.tallies import Tallies
from k8slab.scheduler.terms import StandingTerms

if TYPE_CHECKING:
    from k8slab.scheduler.nodes import NodeInfo

__all__ = ["Census", "Edits"]

EDITS_KEPT = 20_000


class Edits:
    """What has become of the nodes, in order, for whom it does not concern before he looks again."""

    __slots__ = ("_edits", "_forgotten")

    def __init__(self) -> None:
        self._edits: list[int] = []
        self._forgotten = 0

    @property
    def moment(self) -> int:
        """How many edits there have been."""
        return self._forgotten + len(self._edits)

    def note(self, edit: int) -> None:
        """The place of a node that has come or changed; ~place of one that has gone, to be closed up on."""
        self._edits.append(edit)
        if len(self._edits) > EDITS_KEPT:
            del self._edits[: EDITS_KEPT // 2]
            self._forgotten += EDITS_KEPT // 2

    def since(self, moment: int) -> Sequence[int] | None:
        """The edits since a moment; None when that is too long ago to tell."""
        return self._edits[moment - self._forgotten :] if moment >= self._forgotten else None


class Census:
    """The nodes in their order, how many of them have each image, and which have pods with inter-pod affinity.

    `with_affinity` are the nodes with pods that have podAffinity or podAntiAffinity of any kind, `with_anti_affinity`
    those with pods that require anti-affinity; both by name. `tallies` and `terms` are what plugins count of the pods.
    `version` changes whenever a node comes, goes or changes its labels or its spec, `images` when one has other
    images, `state` whenever anything changes that room depends on, pods included. `edits` are those changes by node
    (promises, too), `touches` besides them those of pods that stay what they take.
    """

    __slots__ = (
        "_labels",
        "edits",
        "holders",
        "images",
        "names",
        "order",
        "priorities",
        "state",
        "tallies",
        "terms",
        "touches",
        "version",
        "with_affinity",
        "with_anti_affinity",
    )

    def __init__(self) -> None:
        self.order: list[NodeInfo] = []
        self.names: list[str] = []
        self.holders: Counter[str] = Counter()
        self.priorities: Counter[int] = Counter()
        self.with_affinity: dict[str, NodeInfo] = {}
        self.with_anti_affinity: dict[str, NodeInfo] = {}
        self.tallies = Tallies()
        self.terms = StandingTerms()
        self.version = self.images = self.state = 0
        self._labels: dict[str, list[str | None]] = {}
        self.edits, self.touches = Edits(), Edits()

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return len(self.order)

    def enter(self, node: NodeInfo) -> int:
        """A node has come; answers its place."""
        self.order.append(node)
        self.names.append(node.name)
        for column in self._labels.values():
            column.append(None)
        self.images += 1
        return len(self.order) - 1

    def leave(self, node: NodeInfo) -> None:
        """A node has gone, with its images and its pods."""
        self.hold(node.images, -1)
        self.images += 1
        self.version += 1
        self.order = [one for one in self.order if one is not node]  # who has the old list may still read it
        self.names = [one.name for one in self.order]
        for place, one in enumerate(self.order):
            one.place = place
        self._labels.clear()
        for pod in node.pods.values():
            self.priorities[pod.priority] -= 1
        self.with_affinity.pop(node.name, None)
        self.with_anti_affinity.pop(node.name, None)
        self.tallies.drop(node.name)
        self.terms.drop(node.name)
        self._note(~node.place)

    def changed(self, node: NodeInfo) -> None:
        """Something of the node has changed that plugins look at, or pods have come or gone."""
        self._note(node.place)

    def relabelled(self, node: NodeInfo) -> None:
        """The labels or the spec of a node are new."""
        self.version += 1
        labels = node.labels
        for key, column in self._labels.items():
            column[node.place] = labels.get(key)
        self.tallies.relabelled()
        self.terms.relabelled()

    def hold(self, images: Iterable[str], sign: int) -> None:
        """Count a node with these images in (1) or out (-1)."""
        for image in images:
            self.holders[image] += sign
            self.images += 1

    def labels(self, key: str) -> Sequence[str | None]:
        """The column of a label: its value on every node, None where it is not."""
        column = self._labels.get(key)
        if column is None:
            column = self._labels[key] = [node.labels.get(key) for node in self.order]
        return column

    def _note(self, edit: int) -> None:
        self.state += 1
        self.edits.note(edit)
        self.touches.note(edit)
