"""Which pod and which container a command line means: `web-1`, `deploy/web`, `-c NAME`, or the first there is.

Source    staging/src/k8s.io/kubectl/pkg/polymorphichelpers/{logsforobject,attachablepodforobject}.go;
          pkg/cmd/util/podcmd/podcmd.go; pkg/util/podutils/podutils.go (ByLogging, ActivePods)
Left out  the annotation that names a default container; ephemeral containers
"""

from __future__ import annotations

from typing import Any

from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.targets import slashed
from k8slab.objects import as_text, get_condition, parse_rfc3339

__all__ = ["chosen_container", "container_names", "most_telling_first", "pods_behind"]

PHASES = {"Running": 0, "Unknown": 1, "Pending": 2}


def pods_behind(session: Session, command: Command, word: str, patience_s: float) -> list[Obj]:
    """The pod of that name, or the pods of `deploy/web`, the most telling first. Raises UsageError, NotFound."""
    client, namespace = session.client, command.namespace
    if "/" not in word:
        return [client.get("Pod", word, namespace)]
    obj = client.get(*slashed(client, word, namespace).place)
    if obj["kind"] == "Pod":
        return [obj]
    labels = _selector(obj)
    found = client.list("Pod", namespace, labels=labels)
    if not found and session.wait(patience_s):
        found = client.list("Pod", namespace, labels=labels)
    if not found:
        raise UsageError("error: timed out waiting for the condition")
    return most_telling_first(found)


def _selector(obj: Obj) -> str:
    selector, kind = obj.get("spec", {}).get("selector"), obj["kind"]
    if kind == "Service":
        if not selector:
            name = obj["metadata"]["name"]
            raise UsageError(f"error: invalid service '{name}': Service is defined without a selector")
        selector = {"matchLabels": selector}
    if not isinstance(selector, dict) or not {"matchLabels", "matchExpressions"} & set(selector):
        raise UsageError(f"error: cannot get the logs from {kind}: selector for {kind} not implemented")
    return as_text(selector)


def most_telling_first(pods: list[Obj]) -> list[Obj]:
    """With a node, running, ready, for a long time, often restarted, old: such pods come first."""
    return sorted(pods, key=_rank)


def _rank(pod: Obj) -> tuple[Any, ...]:
    status = pod.get("status") or {}
    ready = get_condition(pod, "Ready") or {"status": "Unknown"}
    is_ready = ready["status"] == "True"
    since = parse_rfc3339(ready["lastTransitionTime"]) if is_ready else 0.0
    restarts = max((one["restartCount"] for one in status.get("containerStatuses") or ()), default=0)
    phase = PHASES.get(status.get("phase", ""), 0)
    return not pod["spec"].get("nodeName"), phase, not is_ready, since, -restarts, pod["metadata"]["creationTimestamp"]


def chosen_container(pod: Obj, wanted: str) -> tuple[str, str]:
    """The container to ask, and what is said about the choice. Raises UsageError."""
    names, first = container_names(pod), pod["spec"]["containers"][0]["name"]
    marked = (("containers", ""), ("initContainers", " (init)"))
    shown = ", ".join(one["name"] + mark for field, mark in marked for one in pod["spec"].get(field) or ())
    if wanted and wanted not in names:
        raise UsageError(f"error: container {wanted} is not valid for pod {pod['metadata']['name']} out of: {shown}")
    said = f'Defaulted container "{first}" out of: {shown}\n' if not wanted and len(names) > 1 else ""
    return wanted or first, said


def container_names(pod: Obj) -> list[str]:
    """All names, init containers first."""
    return [one["name"] for field in ("initContainers", "containers") for one in pod["spec"].get(field) or ()]
