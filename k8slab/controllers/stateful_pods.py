"""What makes a StatefulSet's Pod itself: its number, name, labels and volumes; and how the Pods stand in their order.

Source    pkg/controller/statefulset/stateful_set_utils.go
Left out  a Pod whose volumes are not those of its claims is left as it is
"""

from __future__ import annotations

from typing import Any

from k8slab.controllers.history import POD_REVISION, restored
from k8slab.controllers.pods import is_available
from k8slab.objects import is_leaving, is_ready, owner_reference

__all__ = [
    "Rollout",
    "claim_name",
    "has_ended",
    "is_wanted",
    "missing_labels",
    "new_stateful_pod",
    "ordinal_of",
    "revision_name",
]

Obj = dict[str, Any]

POD_NAME, POD_INDEX = "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"


class Rollout:
    """A StatefulSet at one moment: its Pods by number, and the revisions they have and should have.

    `replicas` are the wanted ones, None where one is missing; `condemned` those that are too many, the highest number
    first; `retired` those that the step has taken away for a newer revision.
    """

    def __init__(self, sts: Obj, pods: list[Obj], current: Obj, update: Obj, now: float) -> None:
        self.sts, self.pods, self.current, self.update, self._now = sts, pods, current, update, now
        self.start = _start(sts)
        by_number = {ordinal_of(pod, sts): pod for pod in pods}
        wanted = range(self.start, self.start + sts["spec"]["replicas"])
        self.replicas: list[Obj | None] = [by_number.get(number) for number in wanted]
        self.condemned = [by_number[number] for number in sorted(by_number, reverse=True) if number not in wanted]
        self.retired: list[Obj] = []

    @property
    def in_order(self) -> bool:
        """One Pod after the other, and none before its predecessors are available."""
        return bool(self.sts["spec"]["podManagementPolicy"] != "Parallel")

    def can_rely_on(self, pod: Obj) -> bool:
        """The Pod is available, and stays."""
        return not is_leaving(pod) and is_available(pod, self.sts["spec"].get("minReadySeconds", 0), self._now)

    def revision_for(self, ordinal: int) -> Obj:
        """The revision of which a Pod that is missing is made."""
        strategy = self.sts["spec"]["updateStrategy"]
        if strategy.get("rollingUpdate") is not None:
            stays = ordinal < self.start + self._partition
        else:
            count = (self.sts.get("status") or {}).get("currentReplicas", 0)
            stays = strategy["type"] == "RollingUpdate" and ordinal < self.start + count
        return self.current if stays else self.update

    def outdated(self) -> tuple[list[Obj], list[Obj]]:
        """The Pods that an update may take away now: those that nobody can rely on anyway, and others.

        Both from the highest number down to the partition; of the others as many as maxUnavailable leaves room for.
        """
        reachable = [pod for pod in reversed(self.replicas[self._partition :]) if pod is not None]
        old = [pod for pod in reachable if not (self._is_updated(pod) or is_leaving(pod) or has_ended(pod))]
        broken = [pod for pod in old if not self.can_rely_on(pod)]
        missed = sum(pod is None or not self.can_rely_on(pod) for pod in self.replicas)
        room = max(self._most_unavailable() - missed, 0)
        return broken, [pod for pod in old if pod not in broken][:room]

    def status(self) -> Obj:
        """The counts and revisions of the status; when all Pods are updated, the update is over."""
        staying = [pod for pod in self.pods if not is_leaving(pod)]
        wait_s, current = self.sts["spec"].get("minReadySeconds", 0), self.current["metadata"]["name"]
        status: Obj = {
            "replicas": len(self.pods),
            "readyReplicas": sum(map(_is_running_and_ready, self.pods)),
            "availableReplicas": sum(is_available(pod, wait_s, self._now) for pod in self.pods),
            "currentReplicas": sum(revision_name(pod) == current for pod in staying if pod not in self.retired),
            "updatedReplicas": sum(map(self._is_updated, staying)),
            "currentRevision": current,
            "updateRevision": self.update["metadata"]["name"],
        }
        numbers = [status[name] for name in ("updatedReplicas", "readyReplicas", "replicas")]
        is_rolling = self.sts["spec"]["updateStrategy"]["type"] == "RollingUpdate"
        if is_rolling and numbers == [self.sts["spec"]["replicas"]] * 3:
            status |= {"currentReplicas": status["updatedReplicas"], "currentRevision": status["updateRevision"]}
        return status

    @property
    def _partition(self) -> int:
        number: int = (self.sts["spec"]["updateStrategy"].get("rollingUpdate") or {}).get("partition", 0)
        return number

    def _most_unavailable(self) -> int:
        given = (self.sts["spec"]["updateStrategy"].get("rollingUpdate") or {}).get("maxUnavailable", 1)
        if isinstance(given, str):
            given = int(given.rstrip("%")) * len(self.replicas) // 100
        return max(int(given), 1)

    def _is_updated(self, pod: Obj) -> bool:
        return bool(revision_name(pod) == self.update["metadata"]["name"])


def _start(sts: Obj) -> int:
    number: int = (sts["spec"].get("ordinals") or {}).get("start", 0)
    return number


def ordinal_of(pod: Obj, sts: Obj) -> int:
    """The number in a Pod's name; -1 when the name is not one that this StatefulSet gives."""
    parent, _, number = pod["metadata"]["name"].rpartition("-")
    is_number = number.isascii() and number.isdigit()
    return int(number) if is_number and parent == sts["metadata"]["name"] else -1


def is_wanted(pod: Obj, sts: Obj) -> bool:
    """The Pod's number is one of those that the StatefulSet asks for."""
    return 0 <= ordinal_of(pod, sts) - _start(sts) < int(sts["spec"]["replicas"])


def revision_name(pod: Obj) -> str:
    """The revision a Pod says it is of."""
    name: str = (pod["metadata"].get("labels") or {}).get(POD_REVISION, "")
    return name


def has_ended(pod: Obj) -> bool:
    """The Pod's containers have run to their end, well or not."""
    return (pod.get("status") or {}).get("phase") in ("Failed", "Succeeded")


def _is_running_and_ready(pod: Obj) -> bool:
    return (pod.get("status") or {}).get("phase") == "Running" and is_ready(pod)


def new_stateful_pod(sts: Obj, revision: Obj, ordinal: int) -> Obj:
    """The Pod with this number, of this revision; it finds its claims under their names."""
    name, template = f"{sts['metadata']['name']}-{ordinal}", restored(revision)
    given = template.get("metadata") or {}
    labels = {**(given.get("labels") or {}), POD_NAME: name, POD_INDEX: str(ordinal)}
    metadata: Obj = {
        "name": name,
        "generateName": f"{sts['metadata']['name']}-",
        "namespace": sts["metadata"]["namespace"],
        "labels": {**labels, POD_REVISION: revision["metadata"]["name"]},
        "ownerReferences": [owner_reference(sts)],
    }
    metadata |= {field: given[field] for field in ("annotations", "finalizers") if given.get(field)}
    spec = {**template["spec"], "hostname": name, "subdomain": sts["spec"].get("serviceName") or None}
    templates = sts["spec"].get("volumeClaimTemplates") or []
    if templates:
        claimed = {template["metadata"]["name"]: claim_name(template, sts, ordinal) for template in templates}
        others = [volume for volume in spec.get("volumes") or [] if volume["name"] not in claimed]
        mine = [{"name": key, "persistentVolumeClaim": {"claimName": claim}} for key, claim in claimed.items()]
        spec["volumes"] = [*mine, *others]
    spec = {field: value for field, value in spec.items() if value is not None}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def claim_name(template: Obj, sts: Obj, ordinal: int) -> str:
    """What the claim made from a template for the Pod with this number is called."""
    return f"{template['metadata']['name']}-{sts['metadata']['name']}-{ordinal}"


def missing_labels(pod: Obj, sts: Obj) -> Obj:
    """The labels that a Pod should have by its name, and has not."""
    name, labels = pod["metadata"]["name"], pod["metadata"].get("labels") or {}
    if labels.get(POD_NAME) == name:
        return {}
    return {POD_NAME: name, POD_INDEX: str(ordinal_of(pod, sts))}
