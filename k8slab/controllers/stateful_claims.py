"""The PersistentVolumeClaims of a StatefulSet's Pods: what they are called, when they are made, with whom they go.

Source    pkg/controller/statefulset/stateful_pod_control.go (createPersistentVolumeClaims, PodClaimIsStale,
          UpdatePodClaimForRetentionPolicy), stateful_set_utils.go (isClaimOwnerUpToDate)
Left out  the Event ConflictingController; a claim is not brought up to date with a changed template (upstream: neither)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.client import Client, Informer, Recorder
from k8slab.controllers.stateful_pods import claim_name, is_wanted, ordinal_of
from k8slab.objects import Key, is_leaving, owner_reference
from k8slab.wire import ApiError, Conflict

__all__ = [
    "VolumeClaims",
    "sets_of_claim",
]

Obj = dict[str, Any]


def sets_of_claim(claim: Obj) -> Iterable[Key]:
    """The StatefulSet to whose Pod the claim belongs, when it goes with the Pod."""
    names = [reference["name"] for reference in _owners(claim) if reference["kind"] == "Pod"]
    return (Key(claim["metadata"]["namespace"], name.rpartition("-")[0]) for name in names)


class VolumeClaims:
    """The claims of all StatefulSets."""

    def __init__(self, client: Client, claims: Informer, recorder: Recorder) -> None:
        self._client = client
        self._claims = claims
        self._recorder = recorder

    def are_stale(self, sts: Obj, ordinal: int) -> bool:
        """A claim goes with an earlier Pod of this name: a new Pod must wait for a new claim."""
        policy, pod_name = sts["spec"].get("persistentVolumeClaimRetentionPolicy") or {}, _pod_name(sts, ordinal)
        claims = self._of(sts, ordinal) if policy.get("whenScaled") == "Delete" else ()
        return any((ref["kind"], ref["name"]) == ("Pod", pod_name) for claim in claims for ref in _owners(claim))

    def make(self, sts: Obj, ordinal: int) -> None:
        """Make what is missing of the claims of the Pod with this number. Raises ApiError."""
        for template in sts["spec"].get("volumeClaimTemplates") or ():
            wanted = _claim(template, sts, ordinal)
            claim, name = self._get(wanted), wanted["metadata"]["name"]
            if claim is None:
                self._create(wanted, sts, _pod_name(sts, ordinal))
            elif is_leaving(claim):
                raise Conflict(f"pvc {name} is being deleted")

    def set_owners(self, sts: Obj, pod: Obj) -> bool:
        """Let the Pod's claims go with whom the retention policy says; True when one was changed. Raises ApiError."""
        changed = False
        for claim in self._of(sts, ordinal_of(pod, sts)):
            owners = _retained(claim, sts, pod)
            if _essence(owners) != _essence(_owners(claim)):
                self._client.update({**claim, "metadata": {**claim["metadata"], "ownerReferences": owners}})
                changed = True
        return changed

    def _of(self, sts: Obj, ordinal: int) -> list[Obj]:
        templates = sts["spec"].get("volumeClaimTemplates") or ()
        found = [self._get(_claim(template, sts, ordinal)) for template in templates]
        return [claim for claim in found if claim is not None]

    def _get(self, wanted: Obj) -> Obj | None:
        return self._claims.get(Key(wanted["metadata"]["namespace"], wanted["metadata"]["name"]))

    def _create(self, wanted: Obj, sts: Obj, pod_name: str) -> None:
        name, place = wanted["metadata"]["name"], f"Pod {pod_name} in StatefulSet {sts['metadata']['name']}"
        try:
            self._client.create(wanted)
        except ApiError as error:
            text = f"create Claim {name} for {place} failed error: {error.message}"
            self._recorder.event(sts, "Warning", "FailedCreate", text)
            raise type(error)(f"failed to create PVC {name}: {error.message}", error.details) from error
        self._recorder.event(sts, "Normal", "SuccessfulCreate", f"create Claim {name} {place} success")


def _claim(template: Obj, sts: Obj, ordinal: int) -> Obj:
    """The claim of the Pod with this number, as a template wants it."""
    given = template["metadata"]
    labels = {**(given.get("labels") or {}), **(sts["spec"]["selector"].get("matchLabels") or {})}
    name, namespace = claim_name(template, sts, ordinal), sts["metadata"]["namespace"]
    metadata = {**given, "name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": template["spec"]}


def _retained(claim: Obj, sts: Obj, pod: Obj) -> list[Obj]:
    """The owners with whom the claim should go.

    It goes with its Pod when that is scaled away (whenScaled: Delete), else with the StatefulSet (whenDeleted: Delete),
    else with nobody. A claim that somebody else controls gets no owner of ours; one that is left from before is not
    touched.
    """
    have, policy = _owners(claim), sts["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
    uids = {(obj["kind"], obj["metadata"]["name"]): obj["metadata"]["uid"] for obj in (sts, pod)}
    named = [ref for ref in have if (ref["kind"], ref["name"]) in uids]
    if any(ref["uid"] != uids[ref["kind"], ref["name"]] for ref in named):
        return have
    others = [ref for ref in have if ref not in named]
    if any(ref.get("controller") for ref in others):
        return others
    if policy.get("whenScaled") == "Delete" and not is_wanted(pod, sts):
        return [*others, owner_reference(pod)]
    return [*others, owner_reference(sts)] if policy.get("whenDeleted") == "Delete" else others


def _essence(references: list[Obj]) -> set[tuple[str, bool]]:
    return {(reference["uid"], bool(reference.get("controller"))) for reference in references}


def _owners(claim: Obj) -> list[Obj]:
    return claim["metadata"].get("ownerReferences") or []


def _pod_name(sts: Obj, ordinal: int) -> str:
    return f"{sts['metadata']['name']}-{ordinal}"
