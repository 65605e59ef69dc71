"""kubectl rollout: how far a Deployment is, what it was, and back.

Source    staging/src/k8s.io/kubectl/pkg/cmd/rollout, pkg/polymorphichelpers
Left out  DaemonSets and StatefulSets; -l, -f, and all Deployments at once; history --revision; undo --dry-run
"""

from __future__ import annotations

from collections.abc import Callable

from k8slab.client import LAST_APPLIED, Client
from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.printers import aligned
from k8slab.kubectl.report import said
from k8slab.kubectl.targets import Target, each_object, targets
from k8slab.objects import get_condition, owned_by, rfc3339

__all__ = ["PATHS", "replicasets_of", "rollout", "template_of"]

REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"
OWN_ANNOTATIONS = {
    LAST_APPLIED, REVISION, "deployment.kubernetes.io/revision-history", "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas", "deprecated.deployment.rollback.to",
}  # fmt: skip
RESTARTED = "kubectl.kubernetes.io/restartedAt"
HASH_LABEL = "pod-template-hash"
PATIENCE_S = 3600.0


def rollout(session: Session, command: Command) -> str:
    """kubectl rollout status|history|undo|pause|resume|restart deployment/NAME."""
    what, *words = command.words or [""]
    if what not in ACTIONS:
        raise command.misused(f'unknown command "{" ".join(command.words)}"')
    if not words:
        raise UsageError("error: required resource not specified")

    def act(target: Target, obj: Obj) -> str:
        if obj["kind"] != "Deployment":
            raise UsageError(f"error: this slab's kubectl has no rollout of a {obj['kind']}; the real kubectl may")
        return ACTIONS[what](session, command, target, obj)

    return each_object(session, targets(session, command, words), act)


def _status(session: Session, command: Command, target: Target, obj: Obj) -> str:
    """A line for every change of the Deployment until it is rolled out, as the change is seen."""
    client, (text, is_done) = session.client, _progress(obj)
    deadline = client.now + (command.duration("timeout", "0s") or PATIENCE_S)
    if command.flag("watch", "true") == "false":
        return text
    version, fields = obj["metadata"]["resourceVersion"], f"metadata.name={target.name}"
    stream = client.watch(target.resource.full_name, target.namespace, since=version, fields=fields)
    while not is_done:
        if client.now >= deadline or not session.wait(1.0):
            return text + "error: timed out waiting for the condition\n"
        for event in stream.pull():
            if not is_done:
                line, is_done = _progress(event.object)
                text += line
    stream.close()
    return text


def _progress(obj: Obj) -> tuple[str, bool]:
    """One line on how far a Deployment is, and whether that is the end of it."""
    name, wanted, status = obj["metadata"]["name"], obj["spec"]["replicas"], obj.get("status") or {}
    if obj["metadata"]["generation"] > status.get("observedGeneration", 0):
        return "Waiting for deployment spec update to be observed...\n", False
    if (get_condition(obj, "Progressing") or {}).get("reason") == "ProgressDeadlineExceeded":
        return f'error: deployment "{name}" exceeded its progress deadline\n', True
    counts = ("updatedReplicas", "replicas", "availableReplicas")
    updated, total, available = (status.get(count, 0) for count in counts)
    if updated < wanted:
        missing = f"{updated} out of {wanted} new replicas have been updated"
    elif total > updated:
        missing = f"{total - updated} old replicas are pending termination"
    elif available < updated:
        missing = f"{available} of {updated} updated replicas are available"
    else:
        return f'deployment "{name}" successfully rolled out\n', True
    return f'Waiting for deployment "{name}" rollout to finish: {missing}...\n', False


def _revisions(session: Session, obj: Obj) -> list[tuple[int, Obj]]:
    """The ReplicaSets of a Deployment with their revisions, the oldest first."""
    revisions = [(_annotations(rs).get(REVISION, ""), rs) for rs in replicasets_of(session.client, obj)]
    return sorted(((int(number), rs) for number, rs in revisions if number.isdecimal()), key=lambda pair: pair[0])


def replicasets_of(client: Client, obj: Obj) -> list[Obj]:
    """The ReplicaSets that a Deployment has made."""
    return [rs for rs in client.list("ReplicaSet.apps", obj["metadata"]["namespace"]) if owned_by(rs, obj)]


def template_of(rs: Obj) -> Obj:
    """The Deployment's template that a ReplicaSet was made from."""
    template: Obj = rs["spec"]["template"]
    own = {name: value for name, value in template["metadata"]["labels"].items() if name != HASH_LABEL}
    return {**template, "metadata": {**template["metadata"], "labels": own}}


def _annotations(obj: Obj) -> Obj:
    return obj["metadata"].get("annotations") or {}


def _history(session: Session, command: Command, target: Target, obj: Obj) -> str:
    causes = [(number, _annotations(rs).get(CHANGE_CAUSE)) for number, rs in _revisions(session, obj)]
    rows = [f"{number}\t{cause or '<none>'}" for number, cause in causes]
    shown = aligned("\n".join(["REVISION\tCHANGE-CAUSE", *rows]), gap=2) if rows else "No rollout history found."
    return f"{target} \n{shown}\n"


def _undo(session: Session, command: Command, target: Target, obj: Obj) -> str:
    if obj["spec"].get("paused"):
        hint = "resume it first with 'kubectl rollout resume' and try again"
        raise UsageError(f"error: you cannot rollback a paused deployment; {hint}")
    revisions, asked = dict(_revisions(session, obj)), command.number("to-revision", "0")
    revision = asked or max((known for known in revisions if known < max(revisions)), default=0)
    if revision not in revisions:
        if asked:
            raise UsageError(f"error: unable to find specified revision {asked} in history")
        raise UsageError(f'error: no rollout history found for deployment "{target.name}"')
    template = template_of(revisions[revision])
    if template == obj["spec"]["template"]:
        return f"{target} skipped rollback (current template already matches revision {revision})\n"
    own = {name: value for name, value in _annotations(obj).items() if name in OWN_ANNOTATIONS}
    old = {name: value for name, value in _annotations(revisions[revision]).items() if name not in OWN_ANNOTATIONS}
    operations = [
        {"op": "replace", "path": "/spec/template", "value": template},
        {"op": "replace", "path": "/metadata/annotations", "value": own | old},
    ]
    session.client.patch(*target.place, operations, type="json")
    return said(command, obj, "rolled back")


def _changed(session: Session, command: Command, target: Target, obj: Obj) -> str:
    """Pause, resume or restart."""
    is_paused, stamp = bool(obj["spec"].get("paused")), {RESTARTED: rfc3339(session.client.now)}
    is_refused, why, spec, word = {
        "pause": (is_paused, "is already paused", {"paused": True}, "paused"),
        "resume": (not is_paused, "is not paused", {"paused": None}, "resumed"),
        "restart": (is_paused, "can't restart paused deployment (run rollout resume first)",
                    {"template": {"metadata": {"annotations": stamp}}}, "restarted"),
    }[command.words[0]]  # fmt: skip
    if is_refused:
        raise UsageError(f'error: {target.resource.full_name} "{target.name}" {why}')
    return said(command, session.client.patch(*target.place, {"spec": spec}), word)


ACTIONS: dict[str, Callable[[Session, Command, Target, Obj], str]] = {
    "status": _status, "history": _history, "undo": _undo, "pause": _changed, "resume": _changed, "restart": _changed,
}  # fmt: skip
PATHS = [f"rollout {action}" for action in ACTIONS]
