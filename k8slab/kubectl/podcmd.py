"""Which pod and which container a command line means: `web-1`, `deploy/web`, `-c NAME`, or the first there is.

Source    staging/src/k8s.io/kubectl/pkg/polymorphichelpers/{logsforobject,attachablepodforobject}.go;
          pkg/cmd/util/podcmd/podcmd.go; pkg/util/podutils/podutils.go (ByLogging, ActivePods)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.targets import slashed
from k8slab.objects import as_text, get_condition, parse_rfc3339

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "chosen_container",
    "container_names",
    "most_telling_first",
    "pods_behind",
]

Obj = dict[str, Any]

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
PHASES = {"Running": 0, "Unknown": 1, "Pending": 2}


def pods_behind(session: Session, command: Command, word: str, patience_s: float) -> list[Obj]:
    """The pod of that name, or the pods of `deploy/web`, the most telling first. Raises UsageError, NotFound."""
    client = session.client
    if "/" not in word:
        return [client.get("Pod", word, command.namespace)]
    if word.count("/") > 1:
        raise UsageError("error: arguments in resource/name form may not have more than one slash")
    target = slashed(client, word)
    obj = client.get(target.resource.full_name, target.name, command.namespace)
    if obj["kind"] == "Pod":
        return [obj]
    labels = _selector(obj)
    found = client.list("Pod", command.namespace, labels=labels)
    if not found and session.wait(patience_s):
        found = client.list("Pod", command.namespace, labels=labels)
    if not found:
        raise UsageError("error: timed out waiting for the condition")
    return most_telling_first(found)


def most_telling_first(pods: list[Obj]) -> list[Obj]:
    """With a node, running, ready, for a long time, often restarted, old: such pods come first."""
    return sorted(pods, key=_rank)


def chosen_container(pod: Obj, wanted: str) -> tuple[str, str]:
    """The container to ask, and what is said about the choice. Raises UsageError."""
    names, said = container_names(pod), ""
    annotated = (pod["metadata"].get("annotations") or {}).get(DEFAULT_CONTAINER, "")
    if not wanted and annotated in names:
        wanted = annotated
    elif not wanted and annotated:
        said = f'Default container name "{annotated}" not found in pod {pod["metadata"]["name"]}\n'
    if wanted:
        if wanted not in names:
            text = f"error: container {wanted} is not valid for pod {pod['metadata']['name']} out of: {_shown(pod)}"
            raise UsageError(text)
        return wanted, said
    first: str = pod["spec"]["containers"][0]["name"]
    return first, said + (f'Defaulted container "{first}" out of: {_shown(pod)}\n' if len(names) > 1 else "")


def container_names(pod: Obj) -> list[str]:
    """All names, init containers first."""
    spec = pod["spec"]
    groups = (spec.get("initContainers"), spec["containers"], spec.get("ephemeralContainers"))
    return [container["name"] for group in groups for container in group or ()]


def _shown(pod: Obj) -> str:
    spec = pod["spec"]
    marked = (("containers", ""), ("ephemeralContainers", " (ephem)"), ("initContainers", " (init)"))
    return ", ".join(container["name"] + mark for field, mark in marked for container in spec.get(field) or ())


def _selector(obj: Obj) -> str:
    selector = obj.get("spec", {}).get("selector")
    if obj["kind"] == "Service":
        if not selector:
            raise UsageError(
                f"error: invalid service '{obj['metadata']['name']}': Service is defined without a selector"
            )
        return as_text({"matchLabels": selector})
    if obj["kind"] == "ReplicationController":
        return as_text({"matchLabels": selector or {}})
    if not isinstance(selector, dict) or not {"matchLabels", "matchExpressions"} & set(selector):
        raise UsageError(f"error: cannot get the logs from {obj['kind']}: selector for {obj['kind']} not implemented")
    return as_text(selector)


def _rank(pod: Obj) -> tuple[Any, ...]:
    status = pod.get("status") or {}
    ready = get_condition(pod, "Ready")
    is_ready = ready is not None and ready["status"] == "True"
    since = parse_rfc3339(ready["lastTransitionTime"]) if is_ready and ready is not None else 0.0
    restarts = max((one["restartCount"] for one in status.get("containerStatuses") or ()), default=0)
    phase = PHASES.get(status.get("phase", ""), 0)
    return not pod["spec"].get("nodeName"), phase, not is_ready, since, -restarts, pod["metadata"]["creationTimestamp"]
