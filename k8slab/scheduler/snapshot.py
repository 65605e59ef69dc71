"""What plugins see of the cluster beyond the pod and the node they are asked about.

Source    staging/src/k8s.io/kube-scheduler/framework/listers.go (SharedLister), the shared informers of a Handle
Left out  a copy per cycle: nothing else happens while a pod is decided on, so that the table itself is the snapshot
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from k8slab.objects import Key
from k8slab.scheduler.census import Census
from k8slab.scheduler.nodes import NodeInfo, PodInfo
from k8slab.scheduler.tallies import Domains, Selectors
from k8slab.scheduler.terms import StandingTerms

__all__ = [
    "EMPTY",
    "Snapshot",
]

Obj = dict[str, Any]


class _Cache(Protocol):
    """What the snapshot needs of an informer."""

    def get(self, key: Key) -> Obj | None: ...
    def list(self, namespace: str = "") -> Sequence[Obj]: ...


class Snapshot:
    """The whole cluster, to be read only.

    `nodes` are all nodes by name with their pods, those just decided for included. The other kinds are those that
    some plugin of the profile names in `reads`; asking for another one raises KeyError.
    """

    def __init__(
        self,
        nodes: Mapping[str, NodeInfo] | None = None,
        census: Census | None = None,
        caches: Mapping[str, _Cache] | None = None,
        now: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.nodes: Mapping[str, NodeInfo] = {} if nodes is None else nodes
        self._census = census or Census()
        self._caches: Mapping[str, _Cache] = _Given(()) if caches is None else caches
        self._now = now

    @property
    def now(self) -> float:
        """The moment, in seconds since 1970 of the scheduler's clock."""
        return self._now()

    @property
    def nodes_with_affinity(self) -> Mapping[str, NodeInfo]:
        """The nodes that have pods with podAffinity or podAntiAffinity, required or preferred."""
        return self._census.with_affinity

    @property
    def nodes_with_anti_affinity(self) -> Mapping[str, NodeInfo]:
        """The nodes that have pods with required podAntiAffinity."""
        return self._census.with_anti_affinity

    @property
    def terms(self) -> StandingTerms:
        """The terms of inter-pod affinity that the pods with a node have."""
        return self._census.terms

    @property
    def nodes_version(self) -> int:
        """Changes whenever a node comes, goes or changes its labels or its spec."""
        return self._census.version

    def labels(self, key: str) -> Sequence[str | None]:
        """The column of a label: its value (None: it is not there) on every node, by the node's `place`."""
        return self._census.labels(key)

    def tally(
        self, namespaces: frozenset[str] | None, selectors: Selectors, *, with_leaving: bool = False
    ) -> Mapping[str, int]:
        """How many of the pods of these namespaces (None: all) that all selectors select are on each node.

        Nodes without any are left out, and so are pods that are leaving unless they are asked for.
        """
        return self._tally(namespaces, selectors, with_leaving).counts

    def tally_by(
        self, key: str, namespaces: frozenset[str] | None, selectors: Selectors, *, with_leaving: bool = False
    ) -> Mapping[str, int]:
        """The same by the values that nodes have of a label, without the nodes that lack it."""
        return self._tally(namespaces, selectors, with_leaving).by(key, self.nodes)

    def _tally(self, namespaces: frozenset[str] | None, selectors: Selectors, with_leaving: bool) -> Domains:
        return self._census.tallies.of(self.nodes, namespaces, selectors, with_leaving=with_leaving).domains

    def list(self, kind: str, namespace: str = "") -> Sequence[Obj]:
        """The objects of a kind, of all namespaces or of one. Raises KeyError when no plugin reads the kind."""
        return self._caches[kind].list(namespace)

    def get(self, kind: str, namespace: str, name: str) -> Obj | None:
        """One object (namespace "" for kinds without), or None. Raises KeyError when no plugin reads the kind."""
        return self._caches[kind].get(Key(namespace, name))

    @classmethod
    def of(cls, nodes: Iterable[tuple[Obj, Iterable[PodInfo]]], objects: Iterable[Obj] = ()) -> Snapshot:
        """A snapshot for tests: nodes with their pods (uid or else name), and other objects."""
        census, table = Census(), dict[str, NodeInfo]()
        for node, pods in nodes:
            info = table[node["metadata"]["name"]] = NodeInfo(node, census)
            for pod in pods:
                info.add(pod.uid, pod)
        return cls(table, census, _Given(objects))


class _Given(dict[str, "_Given.Kind"]):
    """Objects by kind, also of kinds that there are none of."""

    class Kind:
        """The objects of one kind."""

        def __init__(self) -> None:
            self.objects: dict[Key, Obj] = {}

        def get(self, key: Key) -> Obj | None:
            """The object, or None."""
            return self.objects.get(key)

        def list(self, namespace: str = "") -> Sequence[Obj]:
            """All, or those of one namespace."""
            return [obj for key, obj in self.objects.items() if not namespace or key.namespace == namespace]

    def __init__(self, objects: Iterable[Obj]) -> None:
        super().__init__()
        for obj in objects:
            metadata = obj["metadata"]
            self[obj["kind"]].objects[Key(metadata.get("namespace", ""), metadata["name"])] = obj

    def __missing__(self, kind: str) -> _Given.Kind:
        self[kind] = _Given.Kind()
        return self[kind]


EMPTY = Snapshot()
