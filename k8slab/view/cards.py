"""What a picture knows of each thing in a cluster: its name, its state in one word, what it belongs to, its fate."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from k8slab.objects import Key
from k8slab.view.amounts import Amount
from k8slab.view.entries import IngressCard
from k8slab.view.measures import Flows
from k8slab.view.storage import ClaimCard

__all__ = [
    "EVERYTHING",
    "Facts",
    "Focus",
    "NodeCard",
    "OwnerCard",
    "PodCard",
    "ServiceCard",
    "SystemCard",
]

Obj = dict[str, Any]

UNSEEN = "Unseen"


class Focus(NamedTuple):
    """What a reader looks at: a namespace, an app (a workload's name), a node; empty: all but the system."""

    namespace: str = ""
    app: str = ""
    node: str = ""


EVERYTHING = Focus()


class PodCard(NamedTuple):
    """One Pod. `owner` is (kind, namespace, name) of what controls it; a folded one is drawn as a dot of its node."""

    key: Key
    state: str
    node: str
    owner: tuple[str, str, str]
    app: str
    restarts: int
    requests: Amount
    mark: str
    is_folded: bool
    is_component: bool
    obj: Obj


class NodeCard(NamedTuple):
    """One Node. `used` is what its Pods request, `measured` what they really use where somebody measures it."""

    name: str
    zone: str
    status: str
    is_control_plane: bool
    room: Amount
    used: Amount
    mark: str
    obj: Obj
    measured: Amount | None = None

    @property
    def is_ready(self) -> bool:
        """Its kubelet reports, and reports well, for all that is known."""
        return self.status.startswith("Ready") or not self.is_seen

    @property
    def is_cordoned(self) -> bool:
        """It is to get no new Pods."""
        return "SchedulingDisabled" in self.status

    @property
    def is_seen(self) -> bool:
        """The reader may look at Nodes; if not, there is only a name that Pods give."""
        return self.status != UNSEEN


class OwnerCard(NamedTuple):
    """A workload: how many Pods it wants, has and has Ready. `parent` is the workload that owns this one."""

    id: tuple[str, str, str]
    parent: tuple[str, str, str]
    wanted: int
    ready: int
    mark: str
    obj: Obj


class ServiceCard(NamedTuple):
    """A Service and its endpoints: the key of each Pod behind it, and whether it gets traffic."""

    key: Key
    endpoints: tuple[tuple[Key, bool], ...]
    mark: str
    is_folded: bool
    obj: Obj


class SystemCard(NamedTuple):
    """What the Pods of one workload of the system are: so many Ready of so many."""

    name: str
    ready: int
    all: int


class Facts(NamedTuple):
    """All that a picture needs.

    `writes` counts the writes per component since the last picture, `flows` has the requests a second of every Pod that
    answers any, `system` what is folded of kube-system. It `lacks_measures` when there are some of other moments.
    """

    nodes: tuple[NodeCard, ...]
    pods: tuple[PodCard, ...]
    owners: tuple[OwnerCard, ...]
    services: tuple[ServiceCard, ...]
    writes: Mapping[str, int]
    is_connected: bool = True
    claims: tuple[ClaimCard, ...] = ()
    ingresses: tuple[IngressCard, ...] = ()
    system: tuple[SystemCard, ...] = ()
    flows: Flows = MappingProxyType({})
    focus: Focus = EVERYTHING
    lacks_measures: bool = False
