"""Scale what an autoscaler points at so that its metrics come to their targets.

Watches   HorizontalPodAutoscalers, each looked at every 15 s, the first time 15 s after it is there.
Compares  what its metrics say of the target's Pods with what they should say; the highest number of replicas wins.
Writes    the target's Scale; its own status, with the conditions AbleToScale, ScalingActive and ScalingLimited; Events.
Source    pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler
Left out  scaling to zero and back (HPAScaleToZero is off by default); several workers
"""

from __future__ import annotations

from typing import Any, NamedTuple

from k8slab.client import After, Client, Controller, Informers, Resource, own_key
from k8slab.clock import Scheduling
from k8slab.controllers.horizontal_pod_autoscaler_behavior import History, limited, stabilized
from k8slab.controllers.horizontal_pod_autoscaler_metrics import MetricsClient
from k8slab.controllers.horizontal_pod_autoscaler_sources import Failed, Proposal, Scaled, propose, tolerances_of
from k8slab.controllers.horizontal_pod_autoscaler_status import Draft
from k8slab.objects import Key, LabelSelector, key_of, parse_label_selector
from k8slab.wire import ApiError, NotFound

__all__ = [
    "HorizontalPodAutoscalerController",
]

Obj = dict[str, Any]

SYNC_S = 15.0  # --horizontal-pod-autoscaler-sync-period
PATIENCE = 4  # looks at an autoscaler without metrics for which a cluster is not settled
NO_RESOURCE = "the server could not find the requested resource"


class Stuck(Exception):
    """Nothing more can be done for an autoscaler now; everything has been said."""


class Verdict(NamedTuple):
    """How many replicas there shall be, why, and the metrics that say so."""

    replicas: int
    reason: str = ""
    metrics: list[Obj] | None = None


class HorizontalPodAutoscalerController(Controller):
    """Looks in the background; a cluster is settled when an autoscaler has nothing more to change."""

    name = "horizontal-pod-autoscaler"
    watches = {"HorizontalPodAutoscaler": own_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        self._histories: dict[Key, History] = {}
        self._selectors: dict[Key, LabelSelector] = {}
        self._failed_looks: dict[Key, int] = {}
        self.metrics = MetricsClient(client)
        super().__init__(client, informers, loop)
        self.autoscalers = self.informer("HorizontalPodAutoscaler")
        self.autoscalers.on_change(self._wish_changed)
        self.pods = self.informer("Pod")

    def reconcile(self, key: Key) -> After | None:
        """Look at an autoscaler once, and again in 15 s whatever happens."""
        hpa = self.autoscalers.get(key)
        if hpa is None:
            for known in (self._histories, self._selectors, self._failed_looks):
                known.pop(key, None)
            return None
        draft = Draft(hpa, self.loop.now)
        try:
            has_changed = self._sync(key, hpa, draft)
        except Stuck:
            has_changed = False
        self._write(hpa, draft)
        return After(SYNC_S, background=not has_changed and not self._is_patient(key, draft))

    def enqueue(self, key: Key, after_s: float = 0.0) -> None:
        """Nothing that happens to an autoscaler has it looked at sooner."""
        self.queue.add_after(key, SYNC_S)

    def _wish_changed(self, old: Obj | None, new: Obj | None) -> None:
        """A cluster is not settled before the next look at a changed spec."""
        if old is not None and new is not None and old["spec"] != new["spec"]:
            self._failed_looks.pop(key_of(new), None)
            self.loop.call_later(SYNC_S, _look_is_due)

    def _is_patient(self, key: Key, draft: Draft) -> bool:
        """Metrics may still come: Pods have just started, or somebody is about to measure."""
        looks = 0 if draft.is_active else self._failed_looks.get(key, 0) + 1
        self._failed_looks[key] = looks
        return 0 < looks <= PATIENCE

    def _sync(self, key: Key, hpa: Obj, draft: Draft) -> bool:
        """Bring the target to the replicas that it should have; the answer is whether that was a change."""
        resource, scale = self._scale(hpa, draft)
        current, now = scale["spec"].get("replicas", 0), self.loop.now
        history = self._histories.setdefault(key, History())
        history.begin(current, now)
        verdict = self._verdict(key, hpa, draft, scale, history)
        is_change = bool(verdict.replicas != current)
        if is_change:
            self._rescale(hpa, draft, resource, scale, verdict)
            history.note_step(hpa["spec"].get("behavior"), current, verdict.replicas, now)
        draft.count(current, verdict.replicas, verdict.metrics, is_rescaled=is_change)
        return is_change

    def _scale(self, hpa: Obj, draft: Draft) -> tuple[Resource, Obj]:
        """The target's resource and Scale. Raises Stuck."""
        target, namespace = hpa["spec"]["scaleTargetRef"], hpa["metadata"]["namespace"]
        try:
            resource = self._resource(target)
            scale = self.client.get(resource.full_name, target["name"], namespace, subresource="scale")
        except ApiError as error:
            self.recorder.event(hpa, "Warning", "FailedGetScale", error.message)
            draft.set("AbleToScale", "False", "FailedGetScale", error.message)
            raise Stuck from None
        draft.set("AbleToScale", "True", "SucceededGetScale")
        return resource, scale

    def _resource(self, target: Obj) -> Resource:
        """What is served of the target's group and kind. Raises NotFound."""
        api_version, kind = target.get("apiVersion", ""), target["kind"]
        if api_version.count("/") > 1:
            raise NotFound(f"unexpected GroupVersion string: {api_version}")
        group = api_version.rpartition("/")[0]
        for _ in range(2):
            found = [one for one in self.client.resources() if (one.group, one.kind) == (group, kind)]
            if found and "scale" not in found[0].subresources:
                raise NotFound(NO_RESOURCE)
            if found:
                return found[0]
            self.client.mapper.refresh()
        raise NotFound(f'no matches for kind "{kind}" in group "{group}"')

    def _verdict(self, key: Key, hpa: Obj, draft: Draft, scale: Obj, history: History) -> Verdict:
        """How many replicas there shall be. Raises Stuck."""
        current = scale["spec"].get("replicas", 0)
        least, most = hpa["spec"].get("minReplicas", 1), hpa["spec"]["maxReplicas"]
        if not current and least:
            draft.set("ScalingActive", "False", "ScalingDisabled")
            return Verdict(0)
        if current > most:
            return Verdict(most, "Current number of replicas above Spec.MaxReplicas")
        if current < least:
            return Verdict(least, "Current number of replicas below Spec.MinReplicas")
        best, metrics = self._proposal(key, hpa, draft, scale)
        reason = f"{best.name} above target" if best.replicas > current else "All metrics below target"
        return Verdict(self._normal(hpa, draft, history, current, best.replicas), reason, metrics)

    def _proposal(self, key: Key, hpa: Obj, draft: Draft, scale: Obj) -> tuple[Proposal, list[Obj]]:
        """The highest number of replicas that a metric asks for, and all their statuses. Raises Stuck.

        With some metrics missing it may only grow.
        """
        current = scale["spec"].get("replicas", 0)
        scaled = self._scaled(key, hpa, draft, scale)
        best, statuses, failures = Proposal(0, "", {}), [], []
        for metric in hpa["spec"].get("metrics") or ():
            try:
                found = propose(self.metrics, metric, scaled)
            except Failed as failure:
                self.recorder.event(hpa, "Warning", failure.reason, failure.told)
                failures.append(failure)
                found = Proposal(0, "", {"type": ""})
            else:
                best = found if not best.replicas or found.replicas > best.replicas else best
            statuses.append(found.status)
        if failures and (len(failures) == len(statuses) or best.replicas < current):
            draft.fail_metric(failures[0].reason, failures[0].told)
            text = f"invalid metrics ({len(failures)} invalid out of {len(statuses)}), first error is: {failures[0]}"
            raise self._given_up(hpa, draft, current, statuses, text)
        draft.set("ScalingActive", "True", "ValidMetricFound", best.name)
        return best, statuses

    def _scaled(self, key: Key, hpa: Obj, draft: Draft, scale: Obj) -> Scaled:
        """What is scaled, once it is clear which Pods that are. Raises Stuck."""
        namespace, text = hpa["metadata"]["namespace"], (scale.get("status") or {}).get("selector", "")
        selector = self._selector(hpa, draft, scale, text)
        self._selectors[key] = selector
        pods = [pod for pod in self.pods.list(namespace) if selector.matches(pod["metadata"].get("labels") or {})]
        others = self._controllers_of(namespace, pods)
        if len(others) > 1:
            told = f"pods by selector {text} are controlled by multiple HPAs: [{' '.join(others)}]"
            self.recorder.event(hpa, "Warning", "AmbiguousSelector", told)
            draft.say("ScalingActive", "False", "AmbiguousSelector", told)
            raise self._given_up(hpa, draft, scale["spec"].get("replicas", 0), None, told)
        wanted, actual = scale["spec"].get("replicas", 0), (scale.get("status") or {}).get("replicas", 0)
        return Scaled(namespace, wanted, actual, text, pods, tolerances_of(hpa["spec"]), self.loop.now)

    def _selector(self, hpa: Obj, draft: Draft, scale: Obj, text: str) -> LabelSelector:
        """The target's selector. Raises Stuck."""
        try:
            if text:
                return parse_label_selector(text)
            reason, told = "SelectorRequired", "selector is required"
            draft.say("ScalingActive", "False", "InvalidSelector", "the HPA target's scale is missing a selector")
        except ValueError as error:
            reason = "InvalidSelector"
            told = f"couldn't convert selector into a corresponding internal selector object: {error}"
            draft.say("ScalingActive", "False", reason, told)
        self.recorder.event(hpa, "Warning", reason, told)
        raise self._given_up(hpa, draft, scale["spec"].get("replicas", 0), None, told)

    def _controllers_of(self, namespace: str, pods: list[Obj]) -> list[str]:
        """The autoscalers whose targets have some of these Pods."""
        labels = [pod["metadata"].get("labels") or {} for pod in pods]
        return sorted(
            f"{key.namespace}/{key.name}"
            for key, selector in self._selectors.items()
            if key.namespace == namespace and any(map(selector.matches, labels))
        )

    def _given_up(self, hpa: Obj, draft: Draft, current: int, metrics: list[Obj] | None, text: str) -> Stuck:
        """Say that no number could be worked out."""
        draft.count(current, None, metrics)
        self.recorder.event(hpa, "Warning", "FailedComputeMetricsReplicas", text)
        return Stuck()

    def _normal(self, hpa: Obj, draft: Draft, history: History, current: int, proposed: int) -> int:
        """The proposal after windows, policies and limits."""
        now, behavior = self.loop.now, hpa["spec"].get("behavior")
        held = stabilized(history, behavior, current, proposed, now)
        if held.replicas != proposed:
            draft.say("AbleToScale", "True", held.reason, held.message)
        else:
            draft.set("AbleToScale", "True", "ReadyForNewScale")
        within = limited(history, hpa["spec"], current, held.replicas, now)
        is_limited = "False" if within.replicas == held.replicas else "True"
        draft.say("ScalingLimited", is_limited, within.reason, within.message)
        return within.replicas

    def _rescale(self, hpa: Obj, draft: Draft, resource: Resource, scale: Obj, verdict: Verdict) -> None:
        """Write the Scale. Raises Stuck."""
        told = f"New size: {verdict.replicas}; reason: {verdict.reason}"
        try:
            wanted = {**scale, "spec": {**scale["spec"], "replicas": verdict.replicas}}
            self.client.update_scale(resource.full_name, wanted)
        except ApiError as error:
            self.recorder.event(hpa, "Warning", "FailedRescale", f"{told}; error: {error.message}")
            draft.set("AbleToScale", "False", "FailedUpdateScale", error.message)
            draft.count(scale["spec"].get("replicas", 0), None, verdict.metrics)
            raise Stuck from None
        draft.set("AbleToScale", "True", "SucceededRescale", verdict.replicas)
        self.recorder.event(hpa, "Normal", "SuccessfulRescale", told)

    def _write(self, hpa: Obj, draft: Draft) -> None:
        if draft.status == (hpa.get("status") or {}):
            return
        try:
            self.client.update_status({**hpa, "status": draft.status})
        except ApiError as error:  # the next look decides
            self.recorder.event(hpa, "Warning", "FailedUpdateStatus", error.message)


def _look_is_due() -> None:
    """Something to wait for."""
