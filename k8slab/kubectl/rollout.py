"""kubectl rollout: how far a Deployment is, what it was, and back.

Source    staging/src/k8s.io/kubectl/pkg/cmd/rollout, pkg/polymorphichelpers
Left out  DaemonSets and StatefulSets
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from k8slab.client import LAST_APPLIED, Client
from k8slab.kubectl.command import Command, UsageError, duration, number
from k8slab.kubectl.describe import pod_template
from k8slab.kubectl.printers import aligned
from k8slab.kubectl.report import Report, said
from k8slab.kubectl.targets import Target, named, targets
from k8slab.objects import get_condition, owned_by, rfc3339

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "ACTIONS",
    "rollout",
]

Obj = dict[str, Any]

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
    if not words and not command.flag("selector"):
        raise UsageError("error: required resource not specified")
    action, refusal = ACTIONS[what]
    report = Report()
    for target in _targets(session.client, words, command):
        with report:
            obj = session.client.get(target.resource.full_name, target.name, command.namespace)
            if obj["kind"] in ("DaemonSet", "StatefulSet"):
                raise UsageError(f"error: this slab's kubectl has no rollout of a {obj['kind']}; the real kubectl does")
            if obj["kind"] != "Deployment":
                name = f'{target.resource.full_name} "{target.name}"'
                raise UsageError("error: " + refusal.format(kind=obj["kind"], name=name))
            report.say(action(session, command, target, obj))
    return str(report)


def _targets(client: Client, words: list[str], command: Command) -> list[Target]:
    """What the words name; a kind without a name stands for all of the kind."""
    if len(words) != 1 or "/" in words[0]:
        return targets(client, words, command)
    resource = named(client, words[0])
    found = client.list(resource.full_name, command.namespace, labels=command.flag("selector"))
    return [Target(resource, obj["metadata"]["name"]) for obj in found]


def _status(session: Session, command: Command, target: Target, obj: Obj) -> str:
    """A line for every change of the Deployment until it is rolled out, as the change is seen."""
    deadline = session.client.now + (duration(command, "timeout", "0s") or PATIENCE_S)
    text, is_done = _progress(obj)
    if command.flag("watch", "true") == "false":
        return text
    version, fields = obj["metadata"]["resourceVersion"], f"metadata.name={target.name}"
    stream = session.client.watch(target.resource.full_name, command.namespace, since=version, fields=fields)
    lines = [text]
    while not is_done:
        if session.client.now >= deadline or not session.wait(1.0):
            return "".join(lines) + "error: timed out waiting for the condition\n"
        for event in stream.pull():
            text, is_done = _progress(event.object)
            lines.append(text)
            if is_done:
                break
    stream.close()
    return "".join(lines)


def _progress(obj: Obj) -> tuple[str, bool]:
    """One line on how far a Deployment is, and whether that is the end of it."""
    name, wanted, status = obj["metadata"]["name"], obj["spec"]["replicas"], obj.get("status") or {}
    if obj["metadata"]["generation"] > status.get("observedGeneration", 0):
        return "Waiting for deployment spec update to be observed...\n", False
    progress = get_condition(obj, "Progressing")
    if progress is not None and progress.get("reason") == "ProgressDeadlineExceeded":
        return f'error: deployment "{name}" exceeded its progress deadline\n', True
    updated, total = status.get("updatedReplicas", 0), status.get("replicas", 0)
    waiting = f'Waiting for deployment "{name}" rollout to finish: '
    if updated < wanted:
        return f"{waiting}{updated} out of {wanted} new replicas have been updated...\n", False
    if total > updated:
        return f"{waiting}{total - updated} old replicas are pending termination...\n", False
    if status.get("availableReplicas", 0) < updated:
        return f"{waiting}{status.get('availableReplicas', 0)} of {updated} updated replicas are available...\n", False
    return f'deployment "{name}" successfully rolled out\n', True


def _revisions(session: Session, obj: Obj) -> dict[int, Obj]:
    """The ReplicaSets of a Deployment by revision, the oldest first."""
    sets = session.client.list("ReplicaSet.apps", obj["metadata"]["namespace"])
    found = {}
    for rs in sets:
        revision = (rs["metadata"].get("annotations") or {}).get(REVISION, "")
        if owned_by(rs, obj) and revision.isdecimal():
            found[int(revision)] = rs
    return dict(sorted(found.items()))


def _cause(rs: Obj) -> str:
    cause: str = (rs["metadata"].get("annotations") or {}).get(CHANGE_CAUSE, "")
    return cause


def _history(session: Session, command: Command, target: Target, obj: Obj) -> str:
    revisions = _revisions(session, obj)
    asked = number(command, "revision", "0")
    if asked:
        if asked not in revisions:
            raise UsageError("error: unable to find the specified revision")
        template, cause = revisions[asked]["spec"]["template"], _cause(revisions[asked])
        if cause:
            noted = {**(template["metadata"].get("annotations") or {}), CHANGE_CAUSE: cause}
            template = {**template, "metadata": {**template["metadata"], "annotations": noted}}
        return f"{target} with revision #{asked}\n" + "".join(f"{line}\n" for line in pod_template(template)) + "\n"
    if not revisions:
        return f"{target} \nNo rollout history found.\n"
    rows = ["REVISION\tCHANGE-CAUSE", *(f"{revision}\t{_cause(rs) or '<none>'}" for revision, rs in revisions.items())]
    return f"{target} \n{aligned(chr(10).join(rows), gap=2)}\n"


def _undo(session: Session, command: Command, target: Target, obj: Obj) -> str:
    if obj["spec"].get("paused"):
        raise UsageError(
            "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' "
            "and try again"
        )
    revisions, asked = _revisions(session, obj), number(command, "to-revision", "0")
    revision = asked or max((known for known in revisions if known < max(revisions)), default=0)
    if revision not in revisions:
        if asked:
            raise UsageError(f"error: unable to find specified revision {asked} in history")
        raise UsageError(f'error: no rollout history found for deployment "{target.name}"')
    template = revisions[revision]["spec"]["template"]
    labels = {k: v for k, v in template["metadata"]["labels"].items() if k != HASH_LABEL}
    template = {**template, "metadata": {**template["metadata"], "labels": labels}}
    if template == obj["spec"]["template"]:
        return f"{target} skipped rollback (current template already matches revision {revision})\n"
    operations = [
        {"op": "replace", "path": "/spec/template", "value": template},
        {"op": "replace", "path": "/metadata/annotations", "value": _annotations(obj, revisions[revision])},
    ]
    session.client.patch(
        target.resource.full_name, target.name, command.namespace, operations, type="json", dry_run=command.is_dry_run
    )
    return said(command, obj, "rolled back")


def _annotations(obj: Obj, rs: Obj) -> Obj:
    """The annotations of the revision, beside those that are the Deployment's own."""
    own, old = (o["metadata"].get("annotations") or {} for o in (obj, rs))
    kept = {name: value for name, value in own.items() if name in OWN_ANNOTATIONS}
    return kept | {name: value for name, value in old.items() if name not in OWN_ANNOTATIONS}


def _pause(session: Session, command: Command, target: Target, obj: Obj) -> str:
    if obj["spec"].get("paused"):
        raise UsageError(f'error: {target.resource.full_name} "{target.name}" is already paused')
    return _changed(session, command, target, {"spec": {"paused": True}}, "paused")


def _resume(session: Session, command: Command, target: Target, obj: Obj) -> str:
    if not obj["spec"].get("paused"):
        raise UsageError(f'error: {target.resource.full_name} "{target.name}" is not paused')
    return _changed(session, command, target, {"spec": {"paused": None}}, "resumed")


def _restart(session: Session, command: Command, target: Target, obj: Obj) -> str:
    if obj["spec"].get("paused"):
        name = f'{target.resource.full_name} "{target.name}"'
        raise UsageError(f"error: {name} can't restart paused deployment (run rollout resume first)")
    stamp = {RESTARTED: rfc3339(session.client.now)}
    return _changed(session, command, target, {"spec": {"template": {"metadata": {"annotations": stamp}}}}, "restarted")


def _changed(session: Session, command: Command, target: Target, patch: Obj, word: str) -> str:
    return said(command, session.client.patch(target.resource.full_name, target.name, command.namespace, patch), word)


Action = Callable[["Session", Command, Target, Obj], str]

ACTIONS: dict[str, tuple[Action, str]] = {
    "status": (_status, "no status viewer has been implemented for {kind}"),
    "history": (_history, 'error retrieving history for "{kind}", no visitor method exists for {{ {kind}}}'),
    "undo": (_undo, 'error retrieving rollbacker for "{kind}", no visitor method exists for {{ {kind}}}'),
    "pause": (_pause, "{name} pausing is not supported"),
    "resume": (_resume, "{name} resuming is not supported"),
    "restart": (_restart, "{name} restarting is not supported"),
}
