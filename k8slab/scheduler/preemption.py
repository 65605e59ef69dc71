"""DefaultPreemption: when no node will do for an important pod, find less important ones that could make room.

On each node that could be helped all pods of a lower priority are thought away; if the pod fits then, as many of them
as possible are thought back, those first whose PodDisruptionBudget would be violated, the most important first. Of the
nodes that would do one is chosen, and what is left of its pods are the victims.

Source    pkg/scheduler/framework/preemption/{preemption,executor}.go;
          pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go; pkg/scheduler/util/utils.go
Left out  extenders; pod groups; victims are deleted at once and one after the other, not beside the next cycles
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from k8slab.client import Client, Recorder
from k8slab.objects import get_condition, is_leaving, matches, rfc3339
from k8slab.scheduler.codes import Codes, last_zero
from k8slab.scheduler.columns import at, where
from k8slab.scheduler.cycle import Cycle
from k8slab.scheduler.decision import Candidate, Rescue
from k8slab.scheduler.framework import Plugin
from k8slab.scheduler.memory import UNKNOWN, Trials
from k8slab.scheduler.nodes import NodeInfo, PodInfo
from k8slab.scheduler.nominated import Nominated
from k8slab.scheduler.refusals import Refusals, Refused, Verdict, changed, counted, unschedulable_text
from k8slab.scheduler.search import search
from k8slab.scheduler.verdicts import Trial
from k8slab.wire import ApiError

__all__ = ["DefaultPreemption", "chosen", "evict", "weighed"]

Obj = dict[str, Any]

NOT_HELPFUL = Verdict(("Preemption is not helpful for scheduling",), can_change=False)
NO_VICTIMS = Verdict(("No preemption victims found for incoming pod",), can_change=False)
BY_SCHEDULER = "PreemptionByScheduler"
PERCENTAGE, ABSOLUTE = 10, 100  # defaults of minCandidateNodesPercentage and minCandidateNodesAbsolute
LEAST_PRIORITY = 2**31  # what makes every priority positive, so that fewer victims have the smaller sum
NEVER = "not eligible due to preemptionPolicy=Never."
TERMINATING = "not eligible due to a terminating pod on the nominated node."


class DefaultPreemption(Plugin):
    """Proposes victims; `args` are minCandidateNodesPercentage and minCandidateNodesAbsolute."""

    name = "DefaultPreemption"
    reads = ("PodDisruptionBudget",)
    events = {}

    def __init__(self) -> None:
        self._hopeless: tuple[Refusals, Rescue | None, bool] = {}, None, False  # the newest answer without a trial

    def post_filter(self, cycle: Cycle, refused: Refusals) -> Rescue | None:
        """The best node with its victims, or why there is none."""
        problem = self._problem(cycle.pod, refused)
        if problem:
            return Rescue(None, message=f"preemption: {problem}")
        known_refused, known, is_for_all = self._hopeless
        if known_refused is refused and (is_for_all or not self._has_lower(cycle)):
            return known
        candidates, useless = self._candidates(cycle, refused)
        if not candidates:
            rescue = Rescue("", message=f"preemption: {unschedulable_text(useless)}", refused=useless)
            is_for_all = not any(verdict.can_change for (_, verdict), _ in counted(refused))
            if is_for_all or not self._has_lower(cycle):
                self._hopeless = refused, rescue, is_for_all
            return rescue
        best = chosen(candidates, rfc3339(self.cluster.now), cycle.thinking.pick)
        return Rescue(best.node, best.victims, "", tuple(candidates), useless)

    def hint(self, event: Any, pod: Obj) -> bool:
        """What the pod waits for is for the plugins to know that refused it."""
        return False

    def _problem(self, pod: PodInfo, refused: Refusals) -> str:
        """Why the pod may not preempt (again), if so."""
        if pod.spec.get("preemptionPolicy") == "Never":
            return NEVER
        nominee = (pod.pod.get("status") or {}).get("nominatedNodeName", "")
        if nominee not in self.cluster.nodes or (nominee in refused and not refused[nominee][1].can_change):
            return ""
        others = self.cluster.nodes[nominee].pods.values()
        is_waiting = any(other.priority < pod.priority and _is_victim(other.pod) for other in others)
        return TERMINATING if is_waiting else ""

    def _candidates(self, cycle: Cycle, refused: Refusals) -> tuple[list[Candidate], Refusals]:
        """Nodes that would do without some pods, enough of them, and why others would not (all, when none would)."""
        places = _that_can_change(refused, self.cluster.nodes)
        if not places or not self._has_lower(cycle):
            return [], changed(refused, lambda verdict: ("", NO_VICTIMS if verdict.can_change else NOT_HELPFUL))
        trials = self._trials(cycle, places)
        wanted = self._wanted(len(places))
        start = cycle.thinking.offset(len(places)) if wanted < len(places) else 0
        useless, found = _search(trials, places, start, wanted)
        if not found:
            none = {name: useless.get(name, ("", NOT_HELPFUL)) for name in self.cluster.nodes}
            return [], none
        return found, useless

    def _trials(self, cycle: Cycle, places: Sequence[int]) -> Asked:
        """What is known of trials, and who can make those that are missing."""
        budgets = self.cluster.list("PodDisruptionBudget")
        trials = cycle.memory.trials if cycle.is_plain else Trials(cycle.thinking.table.census)
        trials.catch_up([one["metadata"]["resourceVersion"] for one in budgets])
        return Asked(cycle, trials, budgets, rfc3339(self.cluster.now))

    def _has_lower(self, cycle: Cycle) -> bool:
        """There is a pod of a lower priority on some node."""
        priorities = cycle.thinking.table.census.priorities
        return any(count > 0 and priority < cycle.pod.priority for priority, count in priorities.items())

    def _wanted(self, nodes: int) -> int:
        percentage: int = self.args.get("minCandidateNodesPercentage", PERCENTAGE)
        least: int = self.args.get("minCandidateNodesAbsolute", ABSOLUTE)
        return min(max(nodes * percentage // 100, least), nodes)


class Asked:
    """Trials of one attempt; one need not be done again for a pod that asks for the same, as long as nothing has
    changed: the node, its pods and promises, and the budgets.
    """

    def __init__(self, cycle: Cycle, trials: Trials, budgets: Sequence[Obj], now: str) -> None:
        self._cycle, self._trials, self._budgets, self._now = cycle, trials, budgets, now

    def of(self, places: Sequence[int]) -> Codes:
        """The codes of the nodes at these places, which are tried where that is not known."""
        for i in where(self._at(places), UNKNOWN):
            node = self._cycle.thinking.table.census.order[places[i]]
            self._trials.remember(places[i], _without(self._cycle, node, self._budgets, self._now))
        return self._at(places)

    def _at(self, places: Sequence[int]) -> Codes:
        """0 for candidates, else why a node is none."""
        codes = at(self._trials.codes, places)
        return codes if isinstance(codes, bytearray | bytes | list) else bytes(codes)

    def candidates(self, places: Sequence[int]) -> list[Candidate]:
        """The candidates among these nodes, all of which have been tried."""
        return list(filter(None, at(self._trials.candidates, places)))

    def refused(self, places: Sequence[int], codes: Codes) -> Refused:
        """The nodes at these places that are none."""
        return Refused(self._cycle.thinking.table.census.names, places, codes, self._trials.table)


def _search(trials: Asked, places: Sequence[int], start: int, wanted: int) -> tuple[Refused, list[Candidate]]:
    """Why nodes that were tried are of no use, and the candidates among them: enough, one without violations if so."""
    while True:
        found = search(lambda first, last: trials.of(places[first:last]), len(places), start, wanted)
        candidates = trials.candidates(at(places, found.looked_at))
        if len(candidates) < wanted or not all(one.violations for one in candidates):
            break
        wanted += 1
    tried, codes = found.looked_at, found.codes
    if len(candidates) == wanted:
        end = last_zero(codes) + 1
        tried, codes = tried[:end], codes[:end]
    return trials.refused(at(places, tried), codes), candidates


def _that_can_change(refused: Refusals, nodes: Mapping[str, NodeInfo]) -> Sequence[int]:
    """The places of the nodes that could fit without some pods, in their order."""
    if isinstance(refused, Refused):
        return refused.that_can_change()
    return [nodes[name].place for name, (_, verdict) in refused.items() if verdict.can_change]


def _without(cycle: Cycle, node: NodeInfo, budgets: Iterable[Obj], now: str) -> Candidate | Verdict:
    """The node without as few pods as possible, or why the pod would not fit even without all that may go."""
    lower = [other for other in node.pods.values() if other.priority < cycle.pod.priority]
    if not lower:
        return NO_VICTIMS
    trial = Trial(cycle, node)
    for other in lower:
        trial.remove(other)
    verdict = trial.refusal()
    if verdict is not None:
        return verdict[1]
    lower.sort(key=lambda other: importance(other.pod, now))
    protected, others = by_budget(lower, budgets)
    victims = []
    for other in (*protected, *others):
        trial.add(other)
        if trial.refusal() is not None:
            trial.remove(other)
            victims.append(other)
    violations = sum(victim in protected for victim in victims) if protected else 0
    victims.sort(key=lambda other: importance(other.pod, now))
    return weighed(node.name, [victim.pod for victim in victims], violations)


def weighed(node: str, victims: Sequence[Obj], violations: int) -> Candidate:
    """A candidate with what it is chosen by: violations, highest priority, their sum, how many, and since when.

    The victims are sorted by importance.
    """
    priorities = [pod["spec"].get("priority") or 0 for pod in victims]
    badness = violations, priorities[0], sum(each + LEAST_PRIORITY for each in priorities), len(priorities)
    highest = [pod for pod, priority in zip(victims, priorities, strict=True) if priority == priorities[0]]
    starts = [(pod.get("status") or {}).get("startTime") for pod in highest]
    return Candidate(node, tuple(victims), violations, badness, min((start for start in starts if start), default=""))


def importance(pod: Obj, now: str) -> tuple[int, str, str]:
    """Sorts the most important pod first: by priority, then by how long it has run; equal ones by name.

    Source: pkg/scheduler/util/utils.go, MoreImportantPod
    """
    return -(pod["spec"].get("priority") or 0), _start(pod, now), pod["metadata"]["name"]


def by_budget(pods: Iterable[PodInfo], budgets: Iterable[Obj]) -> tuple[list[PodInfo], list[PodInfo]]:
    """The pods whose eviction would violate a PodDisruptionBudget, and the others, both in their order.

    Source: default_preemption.go, filterPodsWithPDBViolation
    """
    allowed = [[budget, (budget.get("status") or {}).get("disruptionsAllowed", 0)] for budget in budgets]
    protected: list[PodInfo] = []
    others: list[PodInfo] = []
    for pod in pods:
        is_protected = False
        for entry in allowed:
            if _guards(entry[0], pod):
                entry[1] -= 1
                is_protected = is_protected or entry[1] < 0
        (protected if is_protected else others).append(pod)
    return protected, others


def _guards(budget: Obj, pod: PodInfo) -> bool:
    selector = budget["spec"].get("selector") or {}
    if budget["metadata"]["namespace"] != pod.namespace or not pod.labels or not any(selector.values()):
        return False
    disrupted = (budget.get("status") or {}).get("disruptedPods") or {}
    return matches(selector, pod.labels) and pod.pod["metadata"]["name"] not in disrupted


def chosen(candidates: list[Candidate], now: str, pick: Callable[[list[Candidate]], Candidate]) -> Candidate:
    """The best of several: fewest violations, lowest highest priority, smallest sum, fewest victims, latest start.

    Source: preemption.go, pickOneNodeForPreemption; among equals upstream takes any.
    """

    found = {one.badness for one in candidates}
    least = min(found)
    best = candidates if len(found) == 1 else [one for one in candidates if one.badness == least]
    starts = {one.since for one in best}
    if len(starts) > 1:
        last = max(start or now for start in starts)
        best = [one for one in best if (one.since or now) == last]
    return best[0] if len(best) == 1 else pick(best)


def _start(pod: Obj, now: str) -> str:
    """When the pod started; one that has not started yet, now."""
    start: str = (pod.get("status") or {}).get("startTime") or now
    return start


def _is_victim(pod: Obj) -> bool:
    condition = get_condition(pod, "DisruptionTarget") if is_leaving(pod) else None
    return condition is not None and condition["status"] == "True" and condition.get("reason") == BY_SCHEDULER


class _Handle(Protocol):
    nominated: Nominated

    def waiting(self) -> dict[str, tuple[str, ...]]: ...
    def reject(self, uid: str, plugin: str, reason: str = "") -> None: ...


def evict(scheduler: _Handle, client: Client, recorder: Recorder, pod: Obj, rescue: Rescue, now: str) -> None:
    """Take back promises to less important pods, and have the victims go.

    Source: preemption.go, prepareCandidate
    """
    name, priority = rescue.node or "", pod["spec"].get("priority") or 0
    for other in [one for one in scheduler.nominated.on(name) if one.priority < priority]:
        scheduler.nominated.drop(other.uid)
        if (other.pod.get("status") or {}).get("nominatedNodeName"):
            _try(lambda other=other: client.patch_status(other.pod, {"nominatedNodeName": None}))  # type: ignore[misc]
    for victim in rescue.victims:
        if is_leaving(victim):
            continue
        if victim["metadata"]["uid"] in scheduler.waiting():
            scheduler.reject(victim["metadata"]["uid"], DefaultPreemption.name, "preempted")
        elif not _try(lambda victim=victim: _delete(client, pod, victim, now)):  # type: ignore[misc]
            continue
        text = f"Preempted by pod {pod['metadata']['uid']} on node {name}"
        recorder.event(victim, "Normal", "Preempted", text)


def _delete(client: Client, pod: Obj, victim: Obj, now: str) -> None:
    scheduler = pod["spec"].get("schedulerName", "")
    message = f"{scheduler}: preempting to accommodate a higher priority pod"
    condition = {"type": "DisruptionTarget", "status": "True", "reason": BY_SCHEDULER, "message": message}
    metadata = victim["metadata"]
    had = get_condition(victim, "DisruptionTarget") or {}
    if any(had.get(key) != value for key, value in condition.items()):
        status = {"status": {"conditions": [{**condition, "lastTransitionTime": now}]}}
        client.patch("Pod", metadata["name"], metadata["namespace"], status, subresource="status")
    client.delete("Pod", metadata["name"], metadata["namespace"], uid=metadata["uid"])


def _try(act: Callable[[], object]) -> bool:
    """False when it has failed; the pod is tried again, and so is this."""
    try:
        act()
    except ApiError:
        return False
    return True
