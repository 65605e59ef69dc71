"""A DaemonSet's Pods on their nodes: where one should be, which are too many, and which an update renews.

Source    pkg/controller/daemon/daemon_controller.go (NodeShouldRunDaemonPod, podsShouldBeOnNode,
          updateDaemonSetStatus), update.go (rollingUpdate), util/daemonset_util.go
Left out  a Pod is never told to be new by its label pod-template-generation (upstream: not either, by mistake)
"""

from __future__ import annotations

from typing import Any, NamedTuple

from k8slab.controllers.history import POD_REVISION
from k8slab.controllers.pods import is_available, new_pod
from k8slab.objects import is_leaving, is_ready, matches_node_term, tolerates

__all__ = [
    "Daemons",
    "Place",
    "daemon_spec",
    "new_daemon_pod",
    "place_of",
]

Obj = dict[str, Any]

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
ON_HOST_NETWORK = ("node.kubernetes.io/network-unavailable", "NoSchedule")


class Place(NamedTuple):
    """Whether a Pod should come to a node, and whether one that is there may stay."""

    is_wanted: bool
    may_stay: bool


def daemon_spec(ds: Obj) -> Obj:
    """The template's spec, with the tolerations that every daemon has."""
    spec = ds["spec"]["template"]["spec"]
    tolerations = list(spec.get("tolerations") or ())
    for key, effect in (*TOLERATED, *((ON_HOST_NETWORK,) if spec.get("hostNetwork") else ())):
        ours = {"key": key, "operator": "Exists", "effect": effect}
        tolerations = [ours if _is_of(given, ours) else given for given in tolerations]
        if ours not in tolerations:
            tolerations.append(ours)
    return {**spec, "tolerations": tolerations}


def _is_of(toleration: Obj, other: Obj) -> bool:
    """The two differ only in how long they hold."""
    return {**toleration, "tolerationSeconds": None} == {**other, "tolerationSeconds": None}


def place_of(spec: Obj, node: Obj) -> Place:
    """What a node is to a DaemonSet, given its daemon_spec."""
    name, labels = node["metadata"]["name"], node["metadata"].get("labels") or {}
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(REQUIRED)
    terms = required["nodeSelectorTerms"] if required else None
    if (
        spec.get("nodeName", name) != name
        or not (spec.get("nodeSelector") or {}).items() <= labels.items()
        or (terms is not None and not any(matches_node_term(term, labels, name) for term in terms))
    ):
        return Place(False, False)
    taints = node["spec"].get("taints") or ()
    refused = {taint["effect"] for taint in taints if not tolerates(spec["tolerations"], taint)}
    return Place(not refused & {"NoSchedule", "NoExecute"}, "NoExecute" not in refused)


def new_daemon_pod(ds: Obj, spec: Obj, revision_hash: str, node_name: str) -> Obj:
    """A Pod that the scheduler can bind to no other node than this."""
    pod = new_pod(ds)
    labels = {**(pod["metadata"].get("labels") or {}), POD_REVISION: revision_hash}
    number = (ds["metadata"].get("annotations") or {}).get("deprecated.daemonset.template.generation")
    labels |= {"pod-template-generation": number} if number else {}
    affinity = spec.get("affinity") or {}
    named = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node_name]}]}
    pinned = {**(affinity.get("nodeAffinity") or {}), REQUIRED: {"nodeSelectorTerms": [named]}}
    pod["metadata"]["labels"] = labels
    pod["spec"] = {**spec, "affinity": {**affinity, "nodeAffinity": pinned}}
    return pod


def _node_of(pod: Obj) -> str:
    """The node a Pod is on, or may only come to; empty when that cannot be told."""
    if pod["spec"].get("nodeName"):
        return str(pod["spec"]["nodeName"])
    required = ((pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}).get(REQUIRED) or {}
    for term in required.get("nodeSelectorTerms") or ():
        for field in term.get("matchFields") or ():
            if field["key"] == "metadata.name" and field["operator"] == "In" and len(field["values"]) == 1:
                return str(field["values"][0])
    return ""


class Daemons:
    """A DaemonSet at one moment: its Pods by node, and what each node is to it."""

    def __init__(self, ds: Obj, nodes: list[Obj], pods: list[Obj], revision_hash: str, now: float) -> None:
        self.ds, self.hash, self._now = ds, revision_hash, now
        self.spec = daemon_spec(ds)
        self.places = {node["metadata"]["name"]: place_of(self.spec, node) for node in nodes}
        self._by_node: dict[str, list[Obj]] = {name: [] for name in self.places}
        for pod in sorted(pods, key=_age):
            name = _node_of(pod)
            if name and not (is_leaving(pod) and phase(pod) in ("Failed", "Succeeded")):
                self._by_node.setdefault(name, []).append(pod)

    @property
    def _rolling(self) -> Obj:
        strategy = self.ds["spec"]["updateStrategy"]
        return (strategy.get("rollingUpdate") or {}) if strategy["type"] == "RollingUpdate" else {}

    @property
    def _desired(self) -> int:
        return sum(place.is_wanted for place in self.places.values())

    def needed(self) -> tuple[list[str], list[Obj], list[tuple[str, Obj]]]:
        """The nodes where a Pod is missing, the Pods that should not be, and (node, Pod) where one has ended."""
        missing, unwanted, ended = [], [], []
        for name, pods in self._by_node.items():
            place, staying = self.places.get(name), [pod for pod in pods if not is_leaving(pod)]
            if place is None:
                unwanted += [pod for pod in staying if not pod["spec"].get("nodeName")]
            elif not place.may_stay:
                unwanted += staying
            else:
                running = [pod for pod in staying if phase(pod) not in ("Failed", "Succeeded")]
                ended += [(name, pod) for pod in staying if pod not in running]
                unwanted += self._surplus(running)
                if place.is_wanted and (not pods or (self._may_surge and not running)):
                    missing.append(name)
        return missing, unwanted, ended

    def _surplus(self, running: list[Obj]) -> list[Obj]:
        """All but the first; in an update that surges a new Pod may stand beside an old one until it can take over."""
        if not self._may_surge or len(running) < 2:
            return running[1:]
        new = [pod for pod in running if self._is_updated(pod)]
        old = [pod for pod in running if pod not in new]
        is_over = bool(new and old) and (not is_ready(old[0]) or self._is_available(new[0]))
        return [*new[1:], *(old if is_over else old[1:])]

    def renewals(self) -> tuple[list[str], list[Obj]]:
        """What an update does next: the nodes that get a second Pod, and the Pods that go."""
        surge, unavailable = self._share("maxSurge"), self._share("maxUnavailable")
        pairs = {name: self._pair(pods) for name, pods in self._by_node.items() if pods}
        if surge:
            return self._surging(pairs, surge)
        return [], self._replacing(pairs, unavailable or min(self._desired, 1))

    def _replacing(self, pairs: dict[str, _Pair], most_unavailable: int) -> list[Obj]:
        """Old Pods that do not serve anyway, and others as far as there is room."""
        alone = [pair.new or pair.old for pair in pairs.values() if bool(pair.new) != bool(pair.old)]
        serving: list[Obj | None] = []
        broken: list[Obj | None] = []
        for pod in alone:
            (serving if pod and self._is_available(pod) else broken).append(pod)
        room = max(most_unavailable - (len(pairs) - len(serving)), 0)
        return [*self._outdated(broken), *self._outdated(serving)[:room]]

    def _outdated(self, pods: list[Obj | None]) -> list[Obj]:
        return [pod for pod in pods if pod and not self._is_updated(pod)]

    def _surging(self, pairs: dict[str, _Pair], most: int) -> tuple[list[str], list[Obj]]:
        """An old Pod goes when a new one serves beside it; from a node that is not meant, when enough others serve."""
        surging, serving = 0, 0
        at_once: list[str] = []
        in_turn: list[str] = []
        gone: list[Obj] = []
        leaving: list[Obj] = []
        for name, pair in pairs.items():
            first, place = pair.old or pair.new, self.places.get(name)
            is_serving = first is not None and self._is_available(first)
            serving += is_serving
            if pair.old is None:
                continue
            if pair.new is not None:
                is_over = self._is_available(pair.new)
                gone += [pair.old] if is_over else []
                surging += not is_over
            elif place is not None and place.is_wanted:
                (in_turn if is_serving else at_once).append(name)
            else:
                (leaving if is_serving else gone).append(pair.old)
        room = max(most - surging, 0)
        return at_once + in_turn[:room], gone + leaving[: max(serving - self._desired, 0)]

    def _pair(self, pods: list[Obj]) -> _Pair:
        """The new and the old Pod of a node that stay."""
        staying = [pod for pod in pods if not is_leaving(pod)]
        new = next((pod for pod in staying if self._is_updated(pod)), None)
        return _Pair(new, next((pod for pod in staying if not self._is_updated(pod)), None))

    def status(self) -> Obj:
        """The counts of the status; of several Pods on a node the first counts."""
        counts = dict.fromkeys(
            ("currentNumberScheduled", "numberReady", "numberAvailable", "updatedNumberScheduled"), 0
        )
        misplaced = 0
        for name, place in self.places.items():
            pod = next(iter(self._by_node[name]), None)
            if pod is not None and place.is_wanted:
                counts["currentNumberScheduled"] += 1
                counts["numberReady"] += is_ready(pod)
                counts["numberAvailable"] += self._is_available(pod)
                counts["updatedNumberScheduled"] += self._is_updated(pod)
            misplaced += pod is not None and not place.is_wanted
        counts |= {"desiredNumberScheduled": self._desired, "numberMisscheduled": misplaced}
        return {**counts, "numberUnavailable": self._desired - counts["numberAvailable"]}

    @property
    def _may_surge(self) -> bool:
        return str(self._rolling.get("maxSurge", 0)).rstrip("%") not in ("", "0")

    def _share(self, field: str) -> int:
        """maxSurge or maxUnavailable as a number; a percentage of the wanted Pods is rounded up."""
        given = self._rolling.get(field, 0)
        return -(-int(given.rstrip("%")) * self._desired // 100) if isinstance(given, str) else int(given)

    def _is_updated(self, pod: Obj) -> bool:
        return bool((pod["metadata"].get("labels") or {}).get(POD_REVISION) == self.hash)

    def _is_available(self, pod: Obj) -> bool:
        return is_available(pod, self.ds["spec"].get("minReadySeconds", 0), self._now)


class _Pair(NamedTuple):
    new: Obj | None
    old: Obj | None


def phase(pod: Obj) -> str:
    """The Pod's phase."""
    return str((pod.get("status") or {}).get("phase", ""))


def _age(pod: Obj) -> tuple[bool, str, str]:
    """Pods that have their node come first, then the older."""
    metadata = pod["metadata"]
    return not pod["spec"].get("nodeName"), metadata["creationTimestamp"], metadata["name"]
