"""What a scheduler plugin is: the questions it may answer about a pod and its nodes, and how it answers.

A cycle asks in this order, and each answer is optional: `pre_enqueue` (may the pod be tried at all), `prepare` (what
filter wants to know of the pod, or a verdict on all nodes), `narrow`, `filter` (say why a node is no good),
`post_filter` (when none is good: make room), `prepare_scores`, `score` and normalise (0 to 100 a node), `reserve`
(the node is chosen), `permit` (yes, no, or wait), `pre_bind` (what must be written first). When anything after
`reserve` goes wrong, `unreserve` takes it back. What a `static` plugin says in prepare, filter and score depends on
the pod's spec and the Node object alone, so it is remembered for the pods of one template. So is what a `local` one
says, which depends on the pod's spec and on the node with its pods. Other plugins are asked anew in each cycle, after
those, and may look around in `self.cluster`. `hint` tells which events could make a refused pod fit.

Source    staging/src/k8s.io/kube-scheduler/framework/interface.go
Left out  QueueSort, Bind and PostBind plugins
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from k8slab.client import Client
from k8slab.scheduler.census import Census as Census
from k8slab.scheduler.decision import Decision as Decision
from k8slab.scheduler.decision import Rescue as Rescue
from k8slab.scheduler.events import ClusterEvent as ClusterEvent
from k8slab.scheduler.nodes import NodeInfo as NodeInfo
from k8slab.scheduler.nodes import PodInfo as PodInfo
from k8slab.scheduler.nodes import host_ports as host_ports
from k8slab.scheduler.nodes import pod_info as pod_info
from k8slab.scheduler.nodes import pod_requests as pod_requests
from k8slab.scheduler.refusals import Refusals
from k8slab.scheduler.refusals import Verdict as Verdict
from k8slab.scheduler.snapshot import EMPTY
from k8slab.scheduler.snapshot import Snapshot as Snapshot

if TYPE_CHECKING:
    from k8slab.scheduler.cycle import Cycle

__all__ = [
    "MAX_SCORE",
    "SKIP",
    "Handle",
    "Plugin",
    "normalised",
]

Obj = dict[str, Any]

MAX_SCORE = 100


class _Skip:
    """The type of SKIP."""

    def __repr__(self) -> str:
        return "SKIP"


SKIP = _Skip()  # the plugin has nothing to say on this pod


class Handle(Protocol):
    """What a plugin may ask of its scheduler about pods that wait (Permit)."""

    def allow(self, uid: str, plugin: str) -> None:
        """A waiting pod may go to its node, as far as this plugin is concerned."""

    def reject(self, uid: str, plugin: str, reason: str = "") -> None:
        """A waiting pod may not go to its node."""

    def waiting(self) -> dict[str, tuple[str, ...]]:
        """The pods that have a node and wait for a word, by uid: for that of which plugins."""


class Plugin:
    """One question about pods and nodes. Subclasses override what they need.

    `reads_spec` names what a static or local plugin reads of a pod's spec besides what the pod asks for (containers'
    images, resources and ports, priority); None is all of it. `events` are the actions by kind that `hint` is asked
    of at all (upstream: EventsToRegister); None is any.

    `args` are the plugin's arguments from the configuration (pluginConfig), `reads` the kinds it wants to find in
    `cluster` besides nodes and their pods, `client` what it may write with in `pre_bind`, `scheduler` who knows the
    pods that wait for its word.
    """

    name: ClassVar[str] = ""
    weight: int = 0
    static: ClassVar[bool] = False
    local: ClassVar[bool] = False
    reads_spec: ClassVar[tuple[str, ...] | None] = None
    reads: ClassVar[tuple[str, ...]] = ()
    events: ClassVar[Mapping[str, tuple[str, ...]] | None] = None

    args: Mapping[str, Any] = {}
    cluster: Snapshot = EMPTY
    client: Client | None = None
    scheduler: Handle | None = None

    def __init_subclass__(cls) -> None:
        """Who says something else of one node than his parent says the same of many."""
        for one, many in (("filter", "filter_all"), ("score", "score_all")):
            if one in vars(cls) and many not in vars(cls):
                setattr(cls, many, getattr(Plugin, many))
        if "hint" in vars(cls) and "events" not in vars(cls):
            cls.events = None

    @property
    def filters(self) -> bool:
        """The plugin refuses nodes (and does not only score them)."""
        return type(self).filter is not Plugin.filter

    def pre_enqueue(self, pod: Obj) -> Verdict | None:
        """None when the pod may be tried; else it waits, gated, until it changes or `hint` likes an event."""
        return None

    def prepare(self, pod: PodInfo) -> Any:
        """What filter and score want to know of the pod, worked out once a cycle (static and local ones: a spec).

        A Verdict refuses all nodes, SKIP leaves `filter` out of this cycle, and `reserve` and `pre_bind` with it.
        Source: PreFilter; the codes are UnschedulableAndUnresolvable and Unschedulable, as of a node's verdict.
        """
        return None

    def narrow(self, pod: PodInfo, prepared: Any) -> Collection[str] | None:
        """The names of the only nodes that come into question, None for all (upstream: PreFilterResult)."""
        return None

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """None when the node will do."""
        return None

    def filter_all(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo]) -> list[Verdict | None]:
        """The verdicts on many nodes: what `filter` says of each, where that can be had for less."""
        return [self.filter(pod, prepared, node) for node in nodes]

    def copied(self, prepared: Any) -> Any:
        """A copy of what `prepare` gave, for trying what would be if (upstream: StateData.Clone)."""
        return prepared

    def pod_added(self, pod: PodInfo, prepared: Any, other: PodInfo, node: NodeInfo) -> None:
        """Count `other` in, in a copy of `prepared`, as if it were on the node (upstream: AddPod)."""

    def pod_removed(self, pod: PodInfo, prepared: Any, other: PodInfo, node: NodeInfo) -> None:
        """Count `other` out, in a copy of `prepared`, as if it were gone from the node (upstream: RemovePod)."""

    def post_filter(self, cycle: Cycle, refused: Refusals) -> Rescue | None:
        """No node will do: propose what would help, or say why nothing does (None: the plugin has nothing to say)."""
        return None

    def prepare_scores(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo]) -> Any:
        """What `score` gets instead of `prepared`, knowing all nodes that fit; SKIP: do not score (PreScore)."""
        return prepared

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """How good the node is, 0 to 100 (before normalisation any number)."""
        return 0

    def score_all(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo]) -> list[int]:
        """The scores of many nodes: what `score` says of each, where that can be had for less."""
        return [self.score(pod, prepared, node) for node in nodes]

    def normalise(self, scores: list[int]) -> list[int]:
        """Bring the scores of all nodes to 0 … 100."""
        return scores

    def normalise_for(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo], scores: list[int]) -> list[int]:
        """The same for a plugin that must know more to do it: what `prepare_scores` gave, and whose the scores are."""
        return self.normalise(scores)

    def applies(self, pod: PodInfo, prepared: Any) -> bool:
        """The plugin has something to score for this pod (upstream: PreScore may skip)."""
        return True

    def reserve(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """The node is chosen; what the plugin counts by itself it counts now. A verdict takes the choice back."""
        return None

    def unreserve(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> None:
        """Take back what `reserve` has done, or has not (it may be called either way)."""

    def permit(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | float | None:
        """None lets the pod go on to its node, a verdict does not, a number has it wait so many seconds for a word.

        The word is given by `scheduler.allow(pod uid, plugin name)` or `scheduler.reject(pod uid, plugin name)`.
        """
        return None

    def pre_bind(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | float | None:
        """Write with `self.client` what must be there before the binding.

        None is done, a verdict (or ApiError) ends the attempt, a number asks again after so many seconds.
        """
        return None

    @classmethod
    def minds(cls, event: ClusterEvent) -> bool:
        """The event is one of those that `hint` is asked of."""
        return cls.events is None or event.has(*cls.events.get(event.kind, ()))

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """The event could make this pod fit, which the plugin has refused. A plugin that does not know says yes."""
        return True


def normalised(scores: list[int], *, reverse: bool = False) -> list[int]:
    """Stretch scores so that the highest is 100, or (reverse) so that the lowest raw one is best.

    Source: pkg/scheduler/framework/plugins/helper/normalize_score.go, DefaultNormalizeScore
    """
    found = set(scores)
    highest = max(found, default=0)
    if highest == 0:
        return [MAX_SCORE] * len(scores) if reverse else scores
    final = {score: MAX_SCORE * score // highest for score in found}
    if reverse:
        final = {score: MAX_SCORE - stretched for score, stretched in final.items()}
    return list(map(final.__getitem__, scores))
