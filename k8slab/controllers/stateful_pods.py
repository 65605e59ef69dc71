"""What makes a StatefulSet's Pod itself: its number, its name, its revision and its claims.

Source    pkg/controller/statefulset/stateful_set_utils.go
Left out  a Pod whose volumes are not those of its claims is left as it is
"""

from __future__ import annotations

from typing import Any

from k8slab.controllers.history import POD_REVISION, restored
from k8slab.objects import is_leaving, is_ready, owner_reference

__all__ = [
    "Rollout",
    "claims_of",
    "is_stale",
    "missing_labels",
    "new_stateful_pod",
    "ordinal_of",
    "retained",
    "revision_name",
]

Obj = dict[str, Any]

POD_NAME, POD_INDEX = "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"


def ordinal_of(pod: Obj, sts: Obj) -> int:
    """The number in a Pod's name; -1 when the name is not one that this StatefulSet gives."""
    parent, _, number = pod["metadata"]["name"].rpartition("-")
    is_number = number.isascii() and number.isdigit()
    return int(number) if is_number and parent == sts["metadata"]["name"] else -1


class Rollout:
    """A StatefulSet at one moment: its Pods by number, and the revisions they have and should have."""

    def __init__(self, sts: Obj, pods: list[Obj], current: Obj, update: Obj) -> None:
        self.sts, self.pods, self.current, self.update = sts, pods, current, update
        self.start: int = (sts["spec"].get("ordinals") or {}).get("start", 0)
        self.end: int = self.start + sts["spec"]["replicas"]
        by_number = {ordinal_of(pod, sts): pod for pod in pods}
        self.replicas: list[Obj | None] = [by_number.get(number) for number in range(self.start, self.end)]
        condemned = [number for number in by_number if not self.start <= number < self.end]
        self.condemned = [by_number[number] for number in sorted(condemned, reverse=True)]

    @property
    def in_order(self) -> bool:
        """One Pod after the other, and none before its predecessors are ready."""
        return bool(self.sts["spec"]["podManagementPolicy"] != "Parallel")

    @property
    def partition(self) -> int:
        """Pods with a number below this stay at the current revision."""
        number: int = (self.sts["spec"]["updateStrategy"].get("rollingUpdate") or {}).get("partition", 0)
        return number

    def revision_for(self, ordinal: int) -> Obj:
        """The revision of which a Pod that is missing is made."""
        strategy = self.sts["spec"]["updateStrategy"]
        if strategy.get("rollingUpdate") is not None:
            stays = ordinal < self.start + self.partition
        else:
            count = (self.sts.get("status") or {}).get("currentReplicas", 0)
            stays = strategy["type"] == "RollingUpdate" and ordinal < self.start + count
        return self.current if stays else self.update

    def is_updated(self, pod: Obj) -> bool:
        """The Pod is of the newest revision."""
        return bool(revision_name(pod) == self.update["metadata"]["name"])

    def counts(self, available: int) -> Obj:
        """The numbers of the status, given how many Pods are available."""
        staying = [pod for pod in self.pods if not is_leaving(pod)]
        return {
            "replicas": len(self.pods),
            "readyReplicas": sum(is_running_and_ready(pod) for pod in self.pods),
            "availableReplicas": available,
            "currentReplicas": sum(revision_name(pod) == self.current["metadata"]["name"] for pod in staying),
            "updatedReplicas": sum(map(self.is_updated, staying)),
        }


def revision_name(pod: Obj) -> str:
    """The revision a Pod says it is of."""
    name: str = (pod["metadata"].get("labels") or {}).get(POD_REVISION, "")
    return name


def is_running_and_ready(pod: Obj) -> bool:
    """The Pod runs and is ready."""
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
    spec = {**template["spec"], "hostname": name}
    if sts["spec"].get("serviceName"):
        spec["subdomain"] = sts["spec"]["serviceName"]
    claimed = {claim["metadata"]["name"]: _claim_name(claim, sts, ordinal) for claim in _templates(sts)}
    if claimed:
        others = [volume for volume in spec.get("volumes") or [] if volume["name"] not in claimed]
        mine = [{"name": key, "persistentVolumeClaim": {"claimName": claim}} for key, claim in claimed.items()]
        spec["volumes"] = [*mine, *others]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def missing_labels(pod: Obj, sts: Obj) -> Obj:
    """The labels that a Pod should have by its name, and has not."""
    name, labels = pod["metadata"]["name"], pod["metadata"].get("labels") or {}
    if labels.get(POD_NAME) == name:
        return {}
    return {POD_NAME: name, POD_INDEX: str(ordinal_of(pod, sts))}


def claims_of(sts: Obj, ordinal: int) -> list[Obj]:
    """The claims of the Pod with this number, as the templates want them."""
    chosen = sts["spec"]["selector"].get("matchLabels") or {}
    claims = []
    for template in _templates(sts):
        given = template["metadata"]
        place = {"name": _claim_name(template, sts, ordinal), "namespace": sts["metadata"]["namespace"]}
        metadata = {**given, **place, "labels": {**(given.get("labels") or {}), **chosen}}
        kind = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
        claims.append({**kind, "metadata": metadata, "spec": template["spec"]})
    return claims


def _templates(sts: Obj) -> list[Obj]:
    return sts["spec"].get("volumeClaimTemplates") or []


def _claim_name(template: Obj, sts: Obj, ordinal: int) -> str:
    return f"{template['metadata']['name']}-{sts['metadata']['name']}-{ordinal}"


def is_stale(claim: Obj, pod_name: str) -> bool:
    """The claim goes with an earlier Pod of this name: a new one must wait for a new claim."""
    return any(_is_of(reference, "v1", "Pod", pod_name) for reference in _owners(claim))


def retained(claim: Obj, sts: Obj, pod: Obj) -> list[Obj] | None:
    """The owners with whom the claim should go, by the retention policy; None when they are that already.

    A claim goes with its Pod when that is scaled away (whenScaled: Delete), else with the StatefulSet (whenDeleted:
    Delete), else with nobody. A claim that somebody else controls, or that is left from before, is not touched.
    """
    have, policy = _owners(claim), sts["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
    names = {"StatefulSet": ("apps/v1", sts), "Pod": ("v1", pod)}
    ours: dict[str, str] = {}
    for kind, (version, obj) in names.items():
        uids = [ref["uid"] for ref in have if _is_of(ref, version, kind, obj["metadata"]["name"])]
        if uids and uids[0] != obj["metadata"]["uid"]:
            return None
        ours |= dict.fromkeys(uids, kind)
    wanted = [ref for ref in have if ref["uid"] not in ours]
    is_foreign = "Delete" in policy.values() and any(ref.get("controller") for ref in wanted)
    owner = None if is_foreign else _goes_with(sts, pod, policy)
    if owner is not None:
        wanted.append(owner_reference(owner))
    return None if _essence(wanted) == _essence(have) else wanted


def _goes_with(sts: Obj, pod: Obj, policy: Obj) -> Obj | None:
    start = (sts["spec"].get("ordinals") or {}).get("start", 0)
    is_needed = start <= ordinal_of(pod, sts) < start + sts["spec"]["replicas"]
    if policy.get("whenScaled") == "Delete" and not is_needed:
        return pod
    return sts if policy.get("whenDeleted") == "Delete" else None


def _essence(references: list[Obj]) -> set[tuple[str, bool]]:
    return {(reference["uid"], bool(reference.get("controller"))) for reference in references}


def _owners(claim: Obj) -> list[Obj]:
    return claim["metadata"].get("ownerReferences") or []


def _is_of(reference: Obj, version: str, kind: str, name: str) -> bool:
    return bool((reference["apiVersion"], reference["kind"], reference["name"]) == (version, kind, name))
