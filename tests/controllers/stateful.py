"""StatefulSets and their Pods in any state, and what a step said that it did."""

from __future__ import annotations

from typing import Any

from bench import Bench, pod, replicaset

from k8slab.controllers.history import POD_REVISION

Obj = dict[str, Any]

CLAIM = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
STORAGE = {"resources": {"requests": {"storage": "1Gi"}}}


def statefulset(name: str = "db", replicas: int = 1, **spec: Any) -> Obj:
    """A StatefulSet of nginx."""
    return {**replicaset(name, replicas, **spec), "kind": "StatefulSet"}


def with_claims(**spec: Any) -> Obj:
    """The part of a spec that gives every Pod a claim called data."""
    return {**spec, "volumeClaimTemplates": [{**CLAIM, "spec": {**CLAIM["spec"], **STORAGE}}]}


def retention(deleted: str, scaled: str) -> Obj:
    """The part of a spec that says what becomes of claims."""
    return {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": deleted, "whenScaled": scaled}}


def given_set(bench: Bench, replicas: int, **spec: Any) -> Obj:
    """A StatefulSet that has its revision already, and not yet any Pods."""
    bench.given(statefulset(replicas=0, **spec))
    bench.reconcile("default/db")
    bench.client.scale("StatefulSet", "db", "default", replicas)
    return bench.client.get("StatefulSet", "db", "default")


def given_pods(bench: Bench, sts: Obj, states: dict[int, str]) -> None:
    """Pods by number: ready, unready, pending, failed, succeeded or leaving, and perhaps old before that."""
    for number, state in states.items():
        *old, state = state.split()
        revision = "db-old" if old else sts["status"]["updateRevision"]
        labels = {"statefulset.kubernetes.io/pod-name": f"db-{number}", POD_REVISION: revision}
        made = pod(f"db-{number}", owner=sts, ready=state in ("ready", "leaving"), **labels)
        made["metadata"]["finalizers"] = ["a.b/c"] if state == "leaving" else []
        if state in ("failed", "succeeded", "pending"):
            made["status"] = {"phase": state.title()}
        bench.given(made)
        if state == "leaving":
            bench.client.delete("Pod", f"db-{number}", "default")


def said(bench: Bench) -> list[str]:
    """What Events tell of the step: `create db-0`, `create Claim data-db-0`, `delete db-1 failed` …"""
    deeds = []
    for event in bench.client.list("Event"):
        words = event["message"].replace("Pod ", "", 1).split()
        thing = " ".join(words[: 3 if words[1] == "Claim" else 2])
        deeds.append(thing + (" failed" if event["reason"].startswith("Failed") else ""))
    return deeds
